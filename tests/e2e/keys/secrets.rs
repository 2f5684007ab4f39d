//! A new master secret in front of an old one: what clients hold stays good, what is stored moves, and then the old one
//! can go.

use std::{fs, path::Path};

use auth_server::{
    flow::secrets::{Count, count, reseal},
    keys::secrets::Secrets,
    oauth::refresh_token::{PURPOSE, RefreshToken},
    store::upstream_attempts::{Attempt, Room},
};
use conformance::{
    actor::{Actor, TokenSet},
    failure::Outcome,
    world::World,
};
use tempfile::NamedTempFile;

use super::kids;
use crate::negative::check::refused;

/// A world that reads its secrets from this file at each start.
async fn world(file: &Path) -> Outcome<World> {
    let path = file.display().to_string();
    World::builder().auth("SECRET_KEYS", "").auth("SECRET_KEYS_FILE", &path).start().await
}

/// Starts again with these secrets.
async fn restart(world: &mut World, file: &Path, secrets: &[&str]) -> Outcome {
    fs::write(file, secrets.join("\n"))?;
    world.restart_auth().await
}

/// A client with a derived secret that registered itself, and what it was given.
async fn registered(world: &World) -> Outcome<(Actor, TokenSet)> {
    let mut actor = world.stranger()?;
    let request = actor.register_request().with("token_endpoint_auth_method", "client_secret_post");
    actor.register_with(request).await?;
    assert!(actor.client.id.starts_with("dcr_") && actor.client.secret.is_some());
    let tokens = actor.sign_in().await?;
    Ok((actor, tokens))
}

fn is_of(secret: &str, refresh_token: &str) -> Outcome<bool> {
    let claimed = RefreshToken::claimed(refresh_token);
    let secrets = Secrets::parse(secret)?;
    Ok(claimed.is_some_and(|(token, mac)| secrets.verify_mac(PURPOSE, &token.body(), &mac)))
}

#[tokio::test]
async fn what_clients_hold_stays_good_and_what_follows_is_of_the_new_secret() -> Outcome {
    let (file, old, new) = (NamedTempFile::new()?, Secrets::fresh(), Secrets::fresh());
    fs::write(file.path(), &old)?;
    let mut world = world(file.path()).await?;
    let (mut actor, tokens) = registered(&world).await?;
    let code = actor.approve().await?;
    assert!(is_of(&old, &tokens.refresh)? && !is_of(&new, &tokens.refresh)?);
    // Where it only opens, nothing is made with it: for the time in which servers start again one by one.
    restart(&mut world, file.path(), &[&old, &new]).await?;
    let between = actor.refresh(&tokens.refresh).await?;
    assert!(is_of(&old, &between.refresh)?);
    restart(&mut world, file.path(), &[&new, &old]).await?;
    // The sealed client_id, the derived secret, the refresh token and the code are all of the old one.
    let after = actor.refresh(&between.refresh).await?;
    assert!(is_of(&new, &after.refresh)? && !is_of(&old, &after.refresh)?);
    actor.redeem(&code).await?;
    assert_eq!(actor.call_tool(&tokens.access, "list_notes").await?.status, 200);
    actor.sign_in().await?;
    Ok(())
}

#[tokio::test]
async fn the_old_secret_can_go_once_the_rows_are_sealed_anew() -> Outcome {
    let (file, old, new) = (NamedTempFile::new()?, Secrets::fresh(), Secrets::fresh());
    fs::write(file.path(), &old)?;
    let mut world = world(file.path()).await?;
    let (mut before, tokens) = registered(&world).await?;
    let published = kids(&mut before).await?;
    for number in 0..230 {
        wait_at_provider(&world, &number.to_string()).await?;
    }
    restart(&mut world, file.path(), &[&new, &old]).await?;
    let counted = |counts: Vec<Count>| {
        let each = counts.into_iter().map(|count| (count.by_secret, count.unreadable, count.resealed));
        each.collect::<Vec<_>>()
    };
    let app = world.auth_app()?;
    assert_eq!(counted(count(app).await?), [(vec![0, 1], 0, 0), (vec![0, 230], 0, 0)]);
    assert_eq!(counted(reseal(app).await?), [(vec![1, 0], 0, 1), (vec![230, 0], 0, 230)]);
    assert_eq!(counted(reseal(app).await?), [(vec![1, 0], 0, 0), (vec![230, 0], 0, 0)], "once more");
    assert_eq!(kids(&mut before).await?, published);

    let (mut actor, fresh) = registered(&world).await?;
    restart(&mut world, file.path(), &[&new]).await?;
    assert_eq!(kids(&mut actor).await?, published, "the key is the same");
    let fresh = actor.refresh(&fresh.refresh).await?;
    assert_eq!(actor.call_tool(&tokens.access, "list_notes").await?.status, 200, "its key did not change");
    // What the command says must be given up: clients that registered under the old secret.
    let late = before.refresh_request(&tokens.refresh);
    refused("a client of the old secret", &before.send(late).await?, (401, "invalid_client"));
    before.register().await?;
    before.sign_in().await?;
    actor.refresh(&fresh.refresh).await?;
    Ok(())
}

#[tokio::test]
async fn without_the_secret_that_seals_the_keys_it_does_not_start() -> Outcome {
    let (file, old, new) = (NamedTempFile::new()?, Secrets::fresh(), Secrets::fresh());
    fs::write(file.path(), &old)?;
    let mut world = world(file.path()).await?;
    let (mut actor, tokens) = registered(&world).await?;
    let without = restart(&mut world, file.path(), &[&new]).await.map_err(|fault| fault.to_string());
    assert!(without.is_err_and(|fault| fault.contains("another master secret")));
    restart(&mut world, file.path(), &[&new, &old]).await?;
    actor.refresh(&tokens.refresh).await?;
    Ok(())
}

/// Somebody who was sent to a provider.
async fn wait_at_provider(world: &World, id: &str) -> Outcome {
    let (app, now) = (world.auth_app()?, world.clock().now());
    let attempt = Attempt {
        id: id.to_owned(),
        browser: id.to_owned(),
        sealed: app.secrets.seal("upstream", b"{}"),
        expires_at: now + std::time::Duration::from_secs(600),
    };
    app.store.add_upstream_attempt(attempt, Room { of_browser: 8, of_all: 1000 }, now).await?;
    Ok(())
}
