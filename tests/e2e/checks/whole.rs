//! All checks against both services.

use conformance::{
    checks::{Verdict, run},
    failure::Outcome,
    world::{PASSWORD, World},
};

use super::ids;

/// Checks that do not apply to the usual settings, each for a reason that is told.
const SKIPPED: [&str; 2] = ["A6", "H2.2"];

#[tokio::test]
async fn ours_hold_or_are_skipped_for_a_reason() -> Outcome {
    let world = World::start().await?;
    let checked = run(world.mcp_url(), &world.agent()?, &mut ()).await?;
    assert!(checked.is_sound(), "{}", checked.text());
    assert_eq!(
        ids(&checked, |verdict| matches!(verdict, Verdict::Skipped(_))),
        SKIPPED,
        "{}",
        checked.text()
    );
    Ok(())
}

#[tokio::test]
async fn nothing_told_is_secret() -> Outcome {
    let world = World::start().await?;
    let agent = world.agent()?;
    let checked = run(world.mcp_url(), &agent, &mut ()).await?;
    let told = format!("{}{}", checked.text(), serde_json::to_string(&checked)?);
    assert!(!told.contains(PASSWORD) && !told.contains("eyJ"), "a password or a token");
    for line in told.lines() {
        assert_eq!(agent.wire.secrets().scrub(line), line, "what the wire saw and knows as secret");
    }
    Ok(())
}
