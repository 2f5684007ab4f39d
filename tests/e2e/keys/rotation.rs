//! One key after the other: published, signing, published still, gone.

use auth_server::flow::keys;
use conformance::{
    actor::{Request, TokenSet},
    failure::Outcome,
    world::World,
};
use shared::clock::Timestamp;

use super::{AHEAD, DAY, OVERLAP, call, daily, kid, kids, published, signed_in};
use crate::negative::check::seconds;

#[tokio::test]
async fn each_key_is_published_before_it_signs_and_until_its_last_token_has_ended() -> Outcome {
    let world = daily().start().await?;
    let (mut actor, mut tokens) = signed_in(&world).await?;
    let first = kid(&tokens.access)?;
    assert_eq!(kids(&mut actor).await?, std::slice::from_ref(&first));
    world.advance(seconds(DAY - AHEAD - 1));
    let before = published(&mut actor).await?;
    assert_eq!((before.kids, before.max_age), (vec![first.clone()], 1), "a change is near");

    world.advance(seconds(1));
    let both = kids(&mut actor).await?;
    assert_eq!((both.len(), &both[0]), (2, &first), "the next one, a cache lifetime and more ahead");
    let second = both[1].clone();
    world.advance(seconds(AHEAD - 1));
    tokens = actor.refresh(&tokens.refresh).await?;
    assert_eq!(kid(&tokens.access)?, first, "a second early");

    let last_of_first = tokens.clone();
    world.advance(seconds(1));
    tokens = actor.refresh(&tokens.refresh).await?;
    assert_eq!(kid(&tokens.access)?, second);
    assert_eq!(kids(&mut actor).await?, [second.clone(), first.clone()]);
    for token in [&tokens.access, &last_of_first.access] {
        assert_eq!(call(&mut actor, token).await?, 200);
    }

    world.advance(seconds(3600 + OVERLAP - 1));
    let kept = published(&mut actor).await?;
    assert_eq!((kept.kids, kept.max_age), (vec![second.clone(), first], 1));
    world.advance(seconds(1));
    assert_eq!(kids(&mut actor).await?, [second], "its last token has ended");
    assert_eq!(keys::list(world.auth_app()?).await?.len(), 1, "nor is it stored any more");
    Ok(())
}

/// A verifier that keeps the keys as long as it may and never looks for one it misses.
#[derive(Default)]
struct Verifier {
    kids: Vec<String>,
    until: Timestamp,
}

#[tokio::test]
async fn nobody_who_keeps_the_keys_as_long_as_allowed_refuses_a_good_token() -> Outcome {
    let world = daily().start().await?;
    let (mut actor, mut tokens) = signed_in(&world).await?;
    let mut verifier = Verifier::default();
    let mut signers = Vec::new();
    let mut last: Option<TokenSet> = None;
    world.advance(seconds(DAY - 1500));
    // Steps that fit no period, over the whole change.
    for _ in 0..130 {
        tokens = actor.refresh(&tokens.refresh).await?;
        let now = world.clock().now();
        if now >= verifier.until {
            let seen = published(&mut actor).await?;
            verifier = Verifier { kids: seen.kids, until: now + seconds(seen.max_age) };
        }
        for token in [Some(&tokens), last.as_ref()].into_iter().flatten() {
            assert!(verifier.kids.contains(&kid(&token.access)?), "at {now:?}");
            assert_eq!(call(&mut actor, &token.access).await?, 200, "at {now:?}");
        }
        signers.push(kid(&tokens.access)?);
        last = Some(tokens.clone());
        world.advance(seconds(61));
    }
    signers.dedup();
    assert_eq!(signers.len(), 2, "one change was seen");
    Ok(())
}

/// Nobody asked for keys when the next one was due: it is made when somebody does, and is published as long as any other.
#[tokio::test]
async fn a_change_that_nobody_saw_due_is_late_and_not_hasty() -> Outcome {
    let world = daily().start().await?;
    let (mut actor, mut tokens) = signed_in(&world).await?;
    let first = kid(&tokens.access)?;
    world.advance(seconds(10 * DAY));
    tokens = actor.refresh(&tokens.refresh).await?;
    assert_eq!(kid(&tokens.access)?, first);
    let second = kids(&mut actor).await?.pop().unwrap_or_default();
    assert_ne!(second, first);
    for (wait, signer) in [(AHEAD - 1, &first), (1, &second)] {
        world.advance(seconds(wait));
        tokens = actor.refresh(&tokens.refresh).await?;
        assert_eq!(&kid(&tokens.access)?, signer);
        assert_eq!(call(&mut actor, &tokens.access).await?, 200);
    }
    Ok(())
}

#[tokio::test]
async fn an_operator_alone_changes_keys_where_that_is_set() -> Outcome {
    let world =
        World::builder().auth("KEY_ROTATION", "off").auth("KEY_PUBLISHED_AHEAD", "60").start().await?;
    let (mut actor, _) = signed_in(&world).await?;
    let first = kids(&mut actor).await?;
    world.advance(seconds(400 * DAY));
    let seen = published(&mut actor).await?;
    assert_eq!((&seen.kids, seen.max_age), (&first, 30), "half the time a key is published ahead");
    let next = keys::rotate(world.auth_app()?).await?;
    assert_eq!(kids(&mut actor).await?, [first[0].clone(), next.kid.clone()]);
    assert_eq!(keys::rotate(world.auth_app()?).await?, next, "it waits already");
    world.advance(seconds(60));
    assert_eq!(kid(&actor.sign_in().await?.access)?, next.kid);
    Ok(())
}

#[tokio::test]
async fn the_etag_is_that_of_the_keys() -> Outcome {
    let world = daily().start().await?;
    let (mut actor, _) = signed_in(&world).await?;
    let before = published(&mut actor).await?;
    assert_eq!(before.max_age, 300);
    let conditional = Request::get(format!("{}/.well-known/jwks.json", world.issuer()))
        .with_header("if-none-match", &before.etag);
    world.advance(seconds(60));
    let unchanged = actor.send(conditional.clone()).await?;
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
    assert_eq!(unchanged.header("etag"), Some(before.etag.as_str()));
    keys::rotate(world.auth_app()?).await?;
    let changed = actor.send(conditional).await?;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), Some(before.etag.as_str()));
    Ok(())
}

/// A restart finds the keys as they were.
#[tokio::test]
async fn a_restart_changes_nothing() -> Outcome {
    let mut world = daily().start().await?;
    let (mut actor, tokens) = signed_in(&world).await?;
    world.advance(seconds(DAY - AHEAD));
    let before = kids(&mut actor).await?;
    world.restart_auth().await?;
    assert_eq!(kids(&mut actor).await?, before);
    world.advance(seconds(AHEAD));
    world.restart_auth().await?;
    assert_eq!(kid(&actor.refresh(&tokens.refresh).await?.access)?, before[1]);
    Ok(())
}
