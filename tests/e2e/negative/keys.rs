//! The issuer's keys: fetched once, looked for again once in a while, and not missed while the issuer is away.

use conformance::{actor::Actor, exchange::Reply, failure::Outcome, world::World};
use futures_util::future::join_all;
use serde_json::json;

use super::{
    check::{bad_token, seconds},
    issuer::{Issuer, header, sign, with},
};

async fn call(actor: &mut Actor, token: &str) -> Outcome<Reply> {
    actor.call_tool(token, "list_notes").await
}

#[tokio::test]
async fn many_first_requests_make_one_fetch() -> Outcome {
    let issuer = Issuer::start()?;
    let world = issuer.world().await?;
    let actor = world.stranger()?;
    let token = issuer.token(&world)?;
    let calls = (0..64).map(|_| {
        let (mut actor, token) = (actor.clone(), token.clone());
        async move { call(&mut actor, &token).await }
    });
    for reply in join_all(calls).await {
        assert_eq!(reply?.status, 200);
    }
    assert_eq!(issuer.fetches(), 1);
    Ok(())
}

/// Anybody can write an unknown key into a token: that must not become a flood at the issuer.
#[tokio::test]
async fn unknown_keys_are_looked_for_once_in_a_while() -> Outcome {
    let issuer = Issuer::start()?;
    let world = issuer.world().await?;
    let mut actor = world.stranger()?;
    let good = issuer.token(&world)?;
    assert_eq!(call(&mut actor, &good).await?.status, 200);
    for round in 2..5 {
        let forged = (0..32).map(|number| {
            let header = with(header(0), "kid", json!(format!("unknown-{round}-{number}")));
            (sign(1, &header, &issuer.claims(&world)), actor.clone())
        });
        let calls = forged.map(|(token, mut actor)| async move { call(&mut actor, &token?).await });
        for reply in join_all(calls).await {
            bad_token("an unknown key", &reply?, &actor)?;
        }
        assert_eq!(issuer.fetches(), round, "one more look");
        assert_eq!(call(&mut actor, &good).await?.status, 200);
        world.advance(seconds(10));
    }
    // A key that has been added is found by the next look.
    issuer.publish(&[0, 1])?;
    let rotated = sign(1, &header(1), &issuer.claims(&world))?;
    assert_eq!(call(&mut actor, &rotated).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_withdrawn_key_opens_nothing_once_the_keys_have_aged() -> Outcome {
    let issuer = Issuer::start()?;
    let world = issuer.world().await?;
    let mut actor = world.stranger()?;
    let token = issuer.token(&world)?;
    assert_eq!(call(&mut actor, &token).await?.status, 200);
    issuer.publish(&[1])?;
    world.advance(seconds(299));
    assert_eq!(call(&mut actor, &token).await?.status, 200, "the keys are still fresh");
    world.advance(seconds(1));
    bad_token("a withdrawn key", &call(&mut actor, &token).await?, &actor)?;
    let fresh = sign(1, &header(1), &issuer.claims(&world))?;
    assert_eq!(call(&mut actor, &fresh).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn the_issuer_is_not_missed_while_it_is_away() -> Outcome {
    let mut world = World::start().await?;
    let mut actor = world.actor().await?;
    let (used, unused) = (actor.sign_in().await?, actor.sign_in().await?);
    assert_eq!(call(&mut actor, &used.access).await?.status, 200);
    world.stop_auth().await?;
    assert!(actor.refresh(&used.refresh).await.is_err(), "the issuer is away");
    for _ in 0..3 {
        for token in [&used.access, &unused.access] {
            assert_eq!(call(&mut actor, token).await?.status, 200);
        }
        bad_token("garbage", &call(&mut actor, "a.b.c").await?, &actor)?;
        let unknown = sign(1, &header(1), &json!({}))?;
        bad_token("an unknown key", &call(&mut actor, &unknown).await?, &actor)?;
        world.advance(seconds(600));
    }
    Ok(())
}

/// Without keys a token is neither good nor bad: the caller is told to come back, and nothing breaks.
#[tokio::test]
async fn an_issuer_that_was_never_reached_is_not_the_callers_fault() -> Outcome {
    let issuer = Issuer::start()?;
    let world = issuer.world().await?;
    let mut actor = world.stranger()?;
    let token = issuer.token(&world)?;
    let (name, keys) = (issuer.name.clone(), format!("{}/jwks", issuer.name));
    for (issued_by, keys_at) in [
        ("https://evil.com", keys.as_str()),
        (&format!("{name}/"), keys.as_str()),
        (&name, "http://evil.example/jwks"),
        (&name, "file:///etc/passwd"),
        (&name, "/jwks"),
        (&name, &format!("{name}/nothing")),
    ] {
        issuer.rename(issued_by);
        issuer.move_keys(keys_at);
        let reply = call(&mut actor, &token).await?;
        assert_eq!((reply.status, reply.header("retry-after")), (503, Some("5")), "{issued_by} {keys_at}");
        bad_token("garbage", &call(&mut actor, "garbage").await?, &actor)?;
    }
    assert_eq!(issuer.fetches(), 0, "keys of a document that is not the issuer's are not fetched");
    issuer.rename(&name);
    issuer.move_keys(&keys);
    assert_eq!(call(&mut actor, &token).await?.status, 200, "as soon as there are keys");
    issuer.stop().await;
    Ok(())
}
