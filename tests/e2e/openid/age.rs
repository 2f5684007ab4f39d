//! `max_age`: how old a sign-in may be (OpenID Connect Core §3.1.2.1).

use conformance::{actor::Landing, failure::Outcome, world::World};

use super::{asks_for_a_password, auth_time, settled};
use crate::negative::check::{page, seconds, sent_back};

#[tokio::test]
async fn a_sign_in_may_be_as_old_as_that_and_no_older() -> Outcome {
    let world = World::start().await?;
    let (mut actor, happy, _) = settled(&world).await?;
    let limited = happy.with("max_age", "600");
    world.advance(seconds(600));
    Landing::of(&actor.send(limited.clone()).await?)?.code()?;
    world.advance(seconds(1));
    let shown = actor.send(limited.clone()).await?;
    page("too old", &shown, 200);
    assert!(asks_for_a_password(&shown));
    let silent = limited.clone().with("prompt", "none");
    sent_back(
        "too old, and nothing may be shown",
        &actor.send(silent.clone()).await?,
        (&actor, "login_required"),
    )?;
    let decision = actor.decision_request(&shown, "allow")?;
    let landing = Landing::of(&actor.send(decision).await?)?;
    let now = world.clock().now().seconds();
    assert_eq!(auth_time(&world, &mut actor, &landing).await?, now);
    Landing::of(&actor.send(silent).await?)?.code()?;
    Ok(())
}

#[tokio::test]
async fn zero_is_a_sign_in_every_time() -> Outcome {
    let world = World::start().await?;
    let (mut actor, happy, _) = settled(&world).await?;
    let now = happy.with("max_age", "0");
    for _ in 0..2 {
        let shown = actor.send(now.clone()).await?;
        page("zero", &shown, 200);
        assert!(asks_for_a_password(&shown));
        let decision = actor.decision_request(&shown, "allow")?;
        Landing::of(&actor.send(decision).await?)?.code()?;
    }
    sent_back("none", &actor.send(now.with("prompt", "none")).await?, (&actor, "login_required"))?;
    Ok(())
}

/// The page was open while the sign-in grew too old.
#[tokio::test]
async fn a_decision_is_judged_when_it_comes() -> Outcome {
    let world = World::start().await?;
    let (mut actor, happy, _) = settled(&world).await?;
    let shown = actor.open(happy.with("max_age", "60").with("prompt", "consent")).await?;
    assert!(!asks_for_a_password(&shown));
    let decision = actor.decision_request(&shown, "allow")?;
    world.advance(seconds(60));
    Landing::of(&actor.send(decision.clone()).await?)?.code()?;
    world.advance(seconds(1));
    let again = actor.send(decision).await?;
    page("too old by now", &again, 403);
    assert!(asks_for_a_password(&again));
    let decision = actor.decision_request(&again, "allow")?;
    Landing::of(&actor.send(decision).await?)?.code()?;
    Ok(())
}

#[tokio::test]
async fn what_is_no_age_is_refused() -> Outcome {
    let world = World::start().await?;
    let (mut actor, happy, _) = settled(&world).await?;
    for text in ["-1", "+1", "1.5", "1h", " 1", "99999999999999999999"] {
        let reply = actor.send(happy.clone().with("max_age", text)).await?;
        sent_back(text, &reply, (&actor, "invalid_request"))?;
    }
    for text in ["", "18446744073709551615", "0060"] {
        Landing::of(&actor.send(happy.clone().with("max_age", text)).await?)?.code()?;
    }
    Ok(())
}
