//! The two programs, built once a run by the cargo that runs the tests.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::{Command, Stdio},
    sync::OnceLock,
};

use conformance::{
    failure::{Failure, Outcome},
    up::package_variables,
};
use serde_json::Value;

/// Where a program is.
pub(crate) fn path(name: &str) -> Outcome<PathBuf> {
    static BUILT: OnceLock<Result<BTreeMap<String, PathBuf>, String>> = OnceLock::new();
    let built = BUILT.get_or_init(build).as_ref().map_err(|fault| Failure::new(fault.as_str()))?;
    built.get(name).cloned().ok_or_else(|| Failure::new(format!("cargo built no program {name}: {built:?}")))
}

fn build() -> Result<BTreeMap<String, PathBuf>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    for name in package_variables() {
        command.env_remove(name);
    }
    let output = command
        // With the features `cargo up` chooses, so that nothing is built twice.
        .args(["build", "-p", "auth-server", "-p", "mcp-server", "-p", "conformance"])
        .args(["--bin", "auth-server", "--bin", "mcp-server"])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .output()
        .map_err(|fault| format!("cargo does not start: {fault}"))?;
    if !output.status.success() {
        return Err(format!("the programs do not build:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let programs = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let path = message["executable"].as_str()?;
        Some((message["target"]["name"].as_str()?.to_owned(), PathBuf::from(path)))
    });
    Ok(programs.collect())
}
