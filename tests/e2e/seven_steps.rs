//! The happy path, taken by the conformance client.

use std::time::Duration;

use conformance::{
    failure::Outcome,
    report::StepReport,
    run::{Watch, run},
    world::{PASSWORD, World},
};

use crate::negative::check::holds_token;

#[tokio::test]
async fn all_seven_hold() -> Outcome {
    let world = World::start().await?;
    let agent = world.agent()?;
    let report = run(world.mcp_url(), &agent, &mut ()).await?;
    let lines: Vec<String> = report.steps.iter().map(StepReport::text).collect();
    assert!(report.conformant, "{}", lines.join("\n"));
    assert_eq!(report.steps.len(), 7);
    for step in &report.steps {
        assert!(step.notes.is_empty(), "ours leaves nothing to remark: {}", step.text());
    }
    Ok(())
}

#[tokio::test]
async fn they_hold_again_after_a_year() -> Outcome {
    let world = World::start().await?;
    world.advance(Duration::from_secs(365 * 24 * 3600));
    let report = run(world.mcp_url(), &world.agent()?, &mut ()).await?;
    assert!(report.conformant, "{:?}", report.steps.last());
    Ok(())
}

/// Collects everything that would be printed.
#[derive(Default)]
struct Printed(String);

impl Watch for Printed {
    fn begun(&mut self, _: u8, _: &'static str) {}

    fn ended(&mut self, step: &StepReport) {
        self.0.push_str(&step.text());
    }
}

#[tokio::test]
async fn nothing_printed_is_secret() -> Outcome {
    let world = World::start().await?;
    let agent = world.agent()?;
    let mut printed = Printed::default();
    let report = run(world.mcp_url(), &agent, &mut printed).await?;
    let all = format!("{}{}", printed.0, serde_json::to_string(&report)?);
    assert!(!all.contains(PASSWORD));
    assert!(!holds_token(&all), "a token or a part of one");
    assert_eq!(agent.wire.secrets().scrub(&all), all, "what the wire saw and knows as secret");
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_stops_at_step_four_and_says_so() -> Outcome {
    let world = World::start().await?;
    let mut agent = world.agent()?;
    agent.human = conformance::human::Human::Played(conformance::human::Credentials {
        email: conformance::world::EMAIL.to_owned(),
        password: "not the password".to_owned(),
    });
    let report = run(world.mcp_url(), &agent, &mut ()).await?;
    assert!(!report.conformant);
    let last = report.steps.last().and_then(|step| step.violation.as_ref());
    let violation = last.ok_or_else(|| conformance::failure::Failure::new("no violation"))?;
    assert_eq!((report.steps.len(), violation.id.as_str()), (4, "S4.callback"));
    assert!(violation.seen.contains("refused") && violation.change.contains("password"), "{violation}");
    Ok(())
}

#[tokio::test]
async fn many_worlds_do_not_disturb_each_other() -> Outcome {
    let worlds = futures_util::future::join_all((0..4).map(|_| World::start())).await;
    for world in worlds {
        let world = world?;
        assert!(run(world.mcp_url(), &world.agent()?, &mut ()).await?.conformant);
    }
    Ok(())
}
