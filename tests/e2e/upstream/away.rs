//! A provider that is down, slow or no provider: a clear page, and soon.

use std::time::{Duration, Instant};

use conformance::{actor::Landing, failure::Outcome};
use serde_json::json;

use super::{FIRST, come_back, depart, fake::Fake};
use crate::negative::check::page;

/// The answer to the button, whatever it is.
async fn press(actor: &mut conformance::actor::Actor) -> Outcome<conformance::exchange::Reply> {
    let authorize = actor.authorize_request();
    let shown = actor.open(authorize).await?;
    let request = actor.decision_request(&shown, FIRST)?;
    actor.send(request).await
}

#[tokio::test]
async fn a_provider_that_is_down_is_named() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let mut actor = world.actor().await?;
    fake.with(|acts| acts.status = Some(503));
    let reply = press(&mut actor).await?;
    page("down", &reply, 503);
    assert!(reply.text().contains("Example ID cannot be reached at the moment"), "{}", reply.text());
    // It is left alone for a moment, and asked again then.
    page("still down", &press(&mut actor).await?, 503);
    assert_eq!(fake.asked("/.well-known/openid-configuration"), 1);
    fake.with(|acts| acts.status = None);
    world.advance(Duration::from_secs(10));
    assert_eq!(press(&mut actor).await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn a_slow_one_is_not_waited_for() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let mut actor = world.actor().await?;
    fake.with(|acts| acts.pause = Duration::from_secs(60));
    let start = Instant::now();
    page("slow", &press(&mut actor).await?, 503);
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    Ok(())
}

#[tokio::test]
async fn what_is_known_of_it_outlives_its_absence() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let mut actor = world.actor().await?;
    for _ in 0..3 {
        assert_eq!(press(&mut actor).await?.status, 303);
    }
    assert_eq!(fake.asked("/.well-known/openid-configuration"), 1, "it is kept");
    world.advance(Duration::from_secs(3600));
    assert_eq!(press(&mut actor).await?.status, 303);
    assert_eq!(fake.asked("/.well-known/openid-configuration"), 2, "and not for ever");
    fake.with(|acts| acts.status = Some(503));
    world.advance(Duration::from_secs(3600));
    assert_eq!(press(&mut actor).await?.status, 303, "while it is away what was known will do");
    world.advance(Duration::from_secs(24 * 3600));
    page("a day later", &press(&mut actor).await?, 503);
    Ok(())
}

#[tokio::test]
async fn down_after_the_sign_in_is_a_page_too() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let mut actor = world.actor().await?;
    let departure: Landing = depart(&mut actor, FIRST).await?;
    fake.meet(&departure, &world);
    fake.with(|acts| acts.status = Some(502));
    page("down", &come_back(&mut actor, &departure).await?, 503);
    Ok(())
}

#[tokio::test]
async fn no_provider_is_told_from_one_that_is_away() -> Outcome {
    for (what, status, metadata) in [
        ("nothing there", Some(404), json!({})),
        ("a redirect", Some(302), json!({})),
        ("another issuer", None, json!({"issuer": "https://id.example.com"})),
        ("an endpoint elsewhere", None, json!({"authorization_endpoint": "https://evil.example/authorize"})),
        ("keys elsewhere", None, json!({"jwks_uri": "https://evil.example/jwks"})),
        ("no endpoint", None, json!({"authorization_endpoint": null})),
    ] {
        let fake = Fake::start().await?;
        fake.with(|acts| (acts.status, acts.metadata) = (status, metadata));
        let world = fake.world().await?;
        let mut actor = world.actor().await?;
        page(what, &press(&mut actor).await?, 502);
        assert_eq!(fake.asked("/elsewhere"), 0, "{what}");
    }
    Ok(())
}
