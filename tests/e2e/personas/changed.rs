//! Settings that shut a client out, or let one more in: what is told, and to whom.

use conformance::{failure::Outcome, run::run, violation::Violation, world::World};

use super::stage::Stage;

/// What stops this persona.
async fn violation(stage: &Stage, name: &str) -> Outcome<Option<Violation>> {
    let agent = stage.cast(stage.persona(name)?);
    let report = run(stage.world.mcp_url(), &agent, &mut ()).await?;
    Ok(report.steps.last().and_then(|step| step.violation.clone()))
}

#[tokio::test]
async fn without_a_grace_those_who_refresh_in_parallel_are_stopped_and_the_others_are_not() -> Outcome {
    let stage = Stage::around(World::builder().auth("REFRESH_GRACE", "0").start().await?).await?;
    for name in ["copilot-cli", "claude-code"] {
        let found = violation(&stage, name).await?;
        assert_eq!(found.as_ref().map(|found| found.id.as_str()), Some("S6.race"), "{name}");
        assert!(found.is_some_and(|found| found.change.contains("just replaced")), "{name}");
    }
    assert_eq!(violation(&stage, "codex").await?, None);
    Ok(())
}

#[tokio::test]
async fn an_older_cursor_gets_in_where_its_custom_scheme_is_allowed() -> Outcome {
    const OLDER: &str = "cursor://anysphere.cursor-mcp/oauth/callback";
    for (allowed, rule) in [("", Some("S3.status")), (OLDER, None)] {
        let world = World::builder().auth("REDIRECT_URIS", allowed).start().await?;
        let stage = Stage::around(world).await?;
        let mut persona = stage.persona("cursor")?;
        persona.redirect_uris.push(OLDER.to_owned());
        let report = run(stage.world.mcp_url(), &stage.cast(persona), &mut ()).await?;
        let found = report.steps.last().and_then(|step| step.violation.as_ref());
        assert_eq!(found.map(|found| found.id.as_str()), rule, "{allowed}");
        assert!(found.is_none_or(|found| found.change.contains("REDIRECT_URIS")));
    }
    Ok(())
}
