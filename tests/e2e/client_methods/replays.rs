//! An assertion is good once (RFC 7523 §3 no. 7).

use conformance::{assertion::Algorithm, failure::Outcome, world::World};
use futures_util::future::join_all;

use super::{Signing, introspect_request, signed};
use crate::negative::check::{refused, seconds};

const CLIENT: (u16, &str) = (401, "invalid_client");

#[tokio::test]
async fn over_restarts_and_until_it_has_expired() -> Outcome {
    let mut world = World::start().await?;
    let mut signing = Signing::register(&world, Algorithm::Es256).await?;
    let claims = signing.claims(&world).with("jti", "once").with("exp", world.clock().now().seconds() + 600);
    let assertion = signing.signer.sign(&claims)?;
    let look = || introspect_request(&signing.actor, "unknown");
    let (first, again) = (signed(look(), &assertion), signed(look(), &assertion));
    assert_eq!(signing.actor.send(first).await?.status, 200);
    refused("a second time", &signing.actor.send(again.clone()).await?, CLIENT);
    // The same `jti` in another assertion is the same to us, and not to another client.
    let resigned = signing.signer.sign(&claims.clone().with("iat", world.clock().now().seconds() - 1))?;
    let look = introspect_request(&signing.actor, "unknown");
    refused("its jti", &signing.send(look, &resigned).await?, CLIENT);
    let mut other = Signing::register(&world, Algorithm::Es256).await?;
    let of_other = other.signer.sign(&other.claims(&world).with("jti", "once"))?;
    let look = introspect_request(&other.actor, "unknown");
    assert_eq!(other.send(look, &of_other).await?.status, 200);
    world.restart_auth().await?;
    refused("after a restart", &signing.actor.send(again.clone()).await?, CLIENT);
    // Others come and clear away what has expired, but not this.
    for _ in 0..3 {
        world.advance(seconds(209));
        let (look, fresh) = (introspect_request(&other.actor, "unknown"), other.assertion(&world)?);
        assert_eq!(other.send(look, &fresh).await?.status, 200);
        refused("later", &signing.actor.send(again.clone()).await?, CLIENT);
    }
    world.advance(seconds(4));
    refused("when it has expired", &signing.actor.send(again).await?, CLIENT);
    Ok(())
}

#[tokio::test]
async fn one_of_many_at_once_wins() -> Outcome {
    let world = World::start().await?;
    let signing = Signing::register(&world, Algorithm::Rs256).await?;
    let assertion = signing.assertion(&world)?;
    let tries = (0..16).map(|_| {
        let (mut actor, look) = (signing.actor.clone(), introspect_request(&signing.actor, "unknown"));
        let request = signed(look, &assertion);
        async move { actor.send(request).await }
    });
    let mut won = 0;
    for reply in join_all(tries).await {
        let reply = reply?;
        match reply.status {
            200 => won += 1,
            _ => refused("a loser", &reply, CLIENT),
        }
    }
    assert_eq!(won, 1);
    Ok(())
}

/// What does not hold uses nothing up: else anybody could use up the `jti` of somebody else.
#[tokio::test]
async fn a_stranger_uses_nothing_up() -> Outcome {
    let world = World::start().await?;
    let mut signing = Signing::register(&world, Algorithm::EdDsa).await?;
    let stranger = Signing::register(&world, Algorithm::EdDsa).await?;
    let claims = signing.claims(&world);
    let forged = stranger.signer.sign(&claims.clone().with_header("kid", signing.signer.kid()))?;
    let meant_for_another = signing.signer.sign(&claims.clone().with("aud", "https://evil.example"))?;
    for (what, assertion) in [("a forged one", forged), ("one for another server", meant_for_another)] {
        let look = introspect_request(&signing.actor, "unknown");
        refused(what, &signing.send(look, &assertion).await?, CLIENT);
    }
    let good = signing.signer.sign(&claims)?;
    let look = introspect_request(&signing.actor, "unknown");
    assert_eq!(signing.send(look, &good).await?.status, 200);
    Ok(())
}
