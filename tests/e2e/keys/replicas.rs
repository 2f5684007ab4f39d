//! Several auth-servers on one database: one makes the next key, all publish it, none signs with another.

use auth_server::flow::keys;
use conformance::{actor::TokenSet, exchange::Reply, failure::Outcome};
use futures_util::future::join_all;

use super::{AHEAD, DAY, call, kid, kids, published_at, replica::Common, signed_in};
use crate::negative::check::seconds;

#[tokio::test]
async fn of_all_that_find_one_due_one_makes_it() -> Outcome {
    let common = Common::new()?;
    let world = common.world().start().await?;
    let replicas = [common.replica(&world).await?, common.replica(&world).await?];
    let (mut actor, _) = signed_in(&world).await?;
    for _ in 0..3 {
        world.advance(seconds(DAY - AHEAD));
        let origins = [world.issuer(), &replicas[0].origin, &replicas[1].origin];
        let asking = origins.iter().flat_map(|origin| [origin; 4]).map(|origin| {
            let mut actor = actor.clone();
            async move { published_at(&mut actor, origin).await.map(drop) }
        });
        join_all(asking).await.into_iter().collect::<Outcome<Vec<()>>>()?;
        let stored = keys::list(world.auth_app()?).await?;
        assert_eq!(stored.len(), 2, "the one that signs, and one that does so next");
        world.advance(seconds(1));
        for origin in origins {
            let seen = published_at(&mut actor, origin).await?;
            assert_eq!(seen.kids, [stored[0].kid.clone(), stored[1].kid.clone()], "{origin}");
        }
        world.advance(seconds(AHEAD));
    }
    Ok(())
}

#[tokio::test]
async fn every_server_changes_at_the_same_instant_and_what_each_signs_is_good() -> Outcome {
    let common = Common::new()?;
    let world = common.world().start().await?;
    let replica = common.replica(&world).await?;
    let (mut actor, mut tokens) = signed_in(&world).await?;
    let first = kid(&tokens.access)?;
    // By command at one: the other publishes it a second later, and signs with it from the same instant on.
    let next = keys::rotate(world.auth_app()?).await?.kid;
    world.advance(seconds(1));
    assert_eq!(published_at(&mut actor, &replica.origin).await?.kids, [first.clone(), next.clone()]);
    for (wait, signer) in [(AHEAD - 2, &first), (1, &next)] {
        world.advance(seconds(wait));
        for origin in [&replica.origin, world.issuer()] {
            let request = actor.refresh_request(&tokens.refresh).to(format!("{origin}/oauth/token"));
            let reply: Reply = actor.send(request).await?;
            tokens = TokenSet::of(&reply)?;
            assert_eq!(&kid(&tokens.access)?, signer, "{origin}");
            assert_eq!(call(&mut actor, &tokens.access).await?, 200);
        }
    }
    Ok(())
}

#[tokio::test]
async fn one_that_was_idle_for_days_signs_with_what_the_others_publish() -> Outcome {
    let common = Common::new()?;
    let world = common.world().start().await?;
    let replica = common.replica(&world).await?;
    let (mut actor, mut tokens) = signed_in(&world).await?;
    for _ in 0..3 {
        for wait in [DAY - AHEAD, AHEAD] {
            world.advance(seconds(wait));
            tokens = actor.refresh(&tokens.refresh).await?;
        }
    }
    let request = actor.refresh_request(&tokens.refresh).to(format!("{}/oauth/token", replica.origin));
    let late = TokenSet::of(&actor.send(request).await?)?;
    assert_eq!(kid(&late.access)?, kid(&tokens.access)?);
    assert!(kids(&mut actor).await?.contains(&kid(&late.access)?));
    assert_eq!(call(&mut actor, &late.access).await?, 200);
    Ok(())
}

#[tokio::test]
async fn a_key_that_is_retired_at_one_is_retired_at_all() -> Outcome {
    let common = Common::new()?;
    let world = common.world().start().await?;
    let replica = common.replica(&world).await?;
    let (mut actor, tokens) = signed_in(&world).await?;
    let leaked = kid(&tokens.access)?;
    assert_eq!(keys::retire(world.auth_app()?, &leaked, true).await?, keys::Retirement::AtOnce);
    world.advance(seconds(1));
    let seen = published_at(&mut actor, &replica.origin).await?.kids;
    assert_eq!((seen.len(), seen.contains(&leaked)), (1, false));
    let request = actor.refresh_request(&tokens.refresh).to(format!("{}/oauth/token", replica.origin));
    let fresh = TokenSet::of(&actor.send(request).await?)?;
    assert_eq!(kid(&fresh.access)?, seen[0]);
    assert_eq!(call(&mut actor, &fresh.access).await?, 200, "its key was looked for");
    Ok(())
}
