//! What is over is forgotten, and nobody notices.

use std::time::Duration;

use auth_server::flow::sweep::{Swept, sweep};
use conformance::{
    actor::{Actor, expect},
    failure::Outcome,
    world::World,
};
use serde_json::Value;

use crate::negative::check::seconds;

const DAY: u64 = 24 * 3600;

async fn swept(world: &World) -> Outcome<Swept> {
    Ok(sweep(world.auth_app()?, Duration::ZERO).await?)
}

/// How many rows of a table a sweep forgot.
fn rows(swept: &Swept, table: &str) -> usize {
    swept.tables.iter().find(|(name, _)| *name == table).map_or(0, |(_, rows)| *rows)
}

/// A client whose registration does not fit into its own `client_id`.
async fn large(world: &World) -> Outcome<Actor> {
    let mut actor = world.actor().await?;
    let uris: Vec<Value> = (0..20)
        .map(|number| format!("http://127.0.0.1/{}/{number}", "callback".repeat(20)).into())
        .chain([actor.redirect_uri().into()])
        .collect();
    let request = actor.register_request().with("redirect_uris", uris);
    let registered = actor.register_with(request).await?;
    assert_eq!(world.auth_app()?.clients.list().await?.len(), 1, "{} is not stored", registered.id);
    Ok(actor)
}

#[tokio::test]
async fn a_grant_that_is_over_is_forgotten_and_one_that_lives_is_not() -> Outcome {
    let world = World::start().await?;
    let (mut idle, mut used) = (world.actor().await?, world.actor().await?);
    let forgotten = idle.sign_in().await?;
    let mut tokens = used.sign_in().await?;
    for _ in 0..2 {
        world.advance(seconds(29 * DAY));
        tokens = used.refresh(&tokens.refresh).await?;
    }
    let first = swept(&world).await?;
    assert_eq!((rows(&first, "grants"), rows(&first, "sign_ins")), (1, 2), "{first:?}");
    assert_eq!(swept(&world).await?.rows(), 0);
    let refused = idle.refresh_request(&forgotten.refresh);
    expect(idle.send(refused).await?, 400)?;
    used.refresh(&tokens.refresh).await?;
    Ok(())
}

/// A code that was redeemed, presented again after its grant was ended: still the second time.
#[tokio::test]
async fn a_redeemed_code_is_known_for_as_long_as_it_lives() -> Outcome {
    let world = World::builder().auth("REFRESH_TOKEN_LIFETIME", "1").start().await?;
    let mut actor = world.actor().await?;
    let tokens = actor.sign_in().await?;
    world.advance(seconds(599));
    let revoke = actor.revoke_request(&tokens.refresh);
    expect(actor.send(revoke).await?, 200)?;
    assert_eq!(rows(&swept(&world).await?, "grants"), 0);
    // Nor before its access token ends, which others ask us about.
    world.advance(seconds(3600));
    assert_eq!(rows(&swept(&world).await?, "grants"), 0);
    world.advance(seconds(3600));
    assert_eq!(rows(&swept(&world).await?, "grants"), 1);
    Ok(())
}

#[tokio::test]
async fn a_stored_registration_nobody_uses_is_forgotten_after_a_year() -> Outcome {
    let world = World::start().await?;
    let mut actor = large(&world).await?;
    let mut tokens = actor.sign_in().await?;
    for _ in 0..14 {
        world.advance(seconds(28 * DAY));
        tokens = actor.refresh(&tokens.refresh).await?;
        assert_eq!(rows(&swept(&world).await?, "clients"), 0);
    }
    // A year begins when its last grant is forgotten.
    world.advance(seconds(31 * DAY));
    assert_eq!(rows(&swept(&world).await?, "grants"), 1);
    world.advance(seconds(364 * DAY));
    assert_eq!(rows(&swept(&world).await?, "clients"), 0);
    world.advance(seconds(DAY));
    assert_eq!(rows(&swept(&world).await?, "clients"), 1);
    assert!(world.auth_app()?.clients.list().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn registrations_can_be_kept_for_ever() -> Outcome {
    let world = World::builder().auth("CLIENT_RETENTION", "off").start().await?;
    let mut actor = large(&world).await?;
    world.advance(seconds(3650 * DAY));
    assert_eq!(rows(&swept(&world).await?, "clients"), 0);
    actor.sign_in().await?;
    Ok(())
}
