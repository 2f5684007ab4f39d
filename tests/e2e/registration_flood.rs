//! Many registrations: nothing is stored, and none is forgotten.

use conformance::{actor::expect, failure::Outcome, world::World};
use futures_util::future::try_join_all;

const REGISTRATIONS: usize = 2_000;
const AT_ONCE: usize = 20;

#[tokio::test]
async fn a_flood_leaves_no_row() -> Outcome {
    let world = World::start().await?;
    let mut before = world.actor().await?;
    for _ in 0..REGISTRATIONS / AT_ONCE {
        let registrations = (0..AT_ONCE).map(|_| {
            let mut actor = before.clone();
            async move { actor.register().await.map(|client| client.id) }
        });
        let ids = try_join_all(registrations).await?;
        assert!(ids.iter().all(|id| id.starts_with("dcr_")), "{ids:?}");
    }
    assert!(world.auth_app()?.clients.list().await?.is_empty(), "a registration was stored");
    let mut last = world.actor().await?;
    for actor in [&mut before, &mut last] {
        actor.sign_in().await?;
    }
    Ok(())
}

#[tokio::test]
async fn ten_restarts_forget_nobody() -> Outcome {
    let mut world = World::start().await?;
    let mut actor = world.actor().await?;
    let mut tokens = actor.sign_in().await?;
    for _ in 0..10 {
        world.restart_auth().await?;
        tokens = actor.refresh(&tokens.refresh).await?;
    }
    actor.sign_in().await?;
    let revoke = actor.revoke_request(&tokens.refresh);
    expect(actor.send(revoke).await?, 200)?;
    Ok(())
}
