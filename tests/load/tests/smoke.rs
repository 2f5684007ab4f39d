//! The driver still knows how to ask: every scenario for a moment, against both servers as they are built here. What it measures is
//! not looked at.

use std::process::Command;

#[test]
fn every_scenario_is_answered_as_it_must_be() {
    let plan = ["--scenarios", "--rounds", "1", "--seconds", "0.2", "--callers", "2"];
    let run = Command::new(env!("CARGO_BIN_EXE_load")).args(plan).output().unwrap();
    let (told, faults) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{told}{faults}");
    for scenario in [
        "refresh",
        "code",
        "register",
        "authorize",
        "metadata",
        "jwks",
        "resource metadata",
        "introspect",
        "tools/list",
        "tools/list, new tokens",
        "tools/call",
        "challenge",
    ] {
        assert!(
            told.lines().any(|line| line.starts_with(&format!("{scenario:<24}"))),
            "{scenario} is missing: {told}"
        );
    }
}
