//! What ends with an account, and what does not.

use std::time::Duration;

use auth_server::{
    App,
    flow::accounts::{self, Account},
    login::local::Passwords,
    store::users::{NewUser, User},
};
use conformance::{
    actor::{Actor, TokenSet},
    failure::Outcome,
    world::{EMAIL, PASSWORD, World},
};

use super::{NEW_PASSWORD, open, reset, somebody};
use crate::negative::check::{page, refused, seconds};

async fn found(app: &App) -> Outcome<Account> {
    Ok(accounts::find(app, EMAIL).await?)
}

/// Somebody who is signed in, with what their client holds: tokens, and a code.
async fn connected(world: &World) -> Outcome<(Actor, TokenSet, String)> {
    let mut actor = world.actor().await?;
    let tokens = actor.sign_in().await?;
    let code = actor.fresh().approve().await?;
    world.advance(seconds(1));
    Ok((actor, tokens, code))
}

/// Nothing of it makes anything more, but the access token lives to its end.
async fn is_over(world: &World, (actor, tokens, code): (&mut Actor, &TokenSet, &str), what: &str) -> Outcome {
    let request = actor.refresh_request(&tokens.refresh);
    refused(what, &actor.send(request).await?, (400, "invalid_grant"));
    let request = actor.token_request(code);
    refused(what, &actor.send(request).await?, (400, "invalid_grant"));
    let shown = actor.open(actor.authorize_request()).await?;
    assert!(shown.text().contains("type=\"password\""), "{what}: still signed in");
    assert_eq!(actor.call_tool(&tokens.access, "list_notes").await?.status, 200, "{what}");
    // Its hour, and the minute that clocks may differ.
    world.advance(Duration::from_secs(3660));
    assert_eq!(actor.call_tool(&tokens.access, "list_notes").await?.status, 401, "{what}");
    Ok(())
}

#[tokio::test]
async fn disabling_ends_everything_and_enabling_brings_nothing_back() -> Outcome {
    let world = World::start().await?;
    let app = world.auth_app()?;
    let (mut actor, tokens, code) = connected(&world).await?;
    assert_eq!(accounts::disable(app, found(app).await?).await?, 1);
    assert!(accounts::disable(app, found(app).await?).await.is_err(), "twice");
    assert!(reset(app, EMAIL).await.is_err(), "no link lets a disabled account in");
    is_over(&world, (&mut actor, &tokens, &code), "disabled").await?;
    // Who knows the password learns why it does not help; who does not learns nothing.
    actor.jar.clear();
    let shown = actor.open(actor.authorize_request()).await?;
    let right = actor.decision_request(&shown, "allow")?;
    let told = actor.send(right.clone()).await?;
    page("the right password", &told, 403);
    assert!(told.text().contains("This account is disabled."), "{}", told.text());
    let told = actor.send(right.with("password", "a wrong password")).await?;
    assert!(told.text().contains("not right") && !told.text().contains("disabled"), "{}", told.text());
    accounts::enable(app, found(app).await?).await?;
    assert!(accounts::enable(app, found(app).await?).await.is_err(), "twice");
    let request = actor.refresh_request(&tokens.refresh);
    refused("enabled again", &actor.send(request).await?, (400, "invalid_grant"));
    actor.fresh().sign_in().await?;
    Ok(())
}

#[tokio::test]
async fn another_password_ends_everything_that_was_had_with_the_old_one() -> Outcome {
    let world = World::start().await?;
    let app = world.auth_app()?;
    let (mut actor, tokens, code) = connected(&world).await?;
    let bad = accounts::set_password(app, found(app).await?, "short").await;
    assert!(bad.is_err());
    actor.refresh(&tokens.refresh).await?;
    let (mut other, other_tokens, other_code) = connected(&world).await?;
    let ended = accounts::set_password(app, found(app).await?, NEW_PASSWORD).await?;
    assert_eq!((ended.grants, ended.passkeys), (2, 0));
    let request = actor.token_request(&code);
    refused("a code from before", &actor.send(request).await?, (400, "invalid_grant"));
    is_over(&world, (&mut other, &other_tokens, &other_code), "another password").await?;
    somebody(&world, EMAIL, NEW_PASSWORD).await?.sign_in().await?;
    Ok(())
}

#[tokio::test]
async fn a_link_to_a_new_password_ends_it_too() -> Outcome {
    let world = World::start().await?;
    let (mut actor, tokens, code) = connected(&world).await?;
    reset(world.auth_app()?, EMAIL).await?;
    is_over(&world, (&mut actor, &tokens, &code), "reset").await
}

#[tokio::test]
async fn removing_leaves_nothing() -> Outcome {
    let world = World::start().await?;
    let app = world.auth_app()?;
    let (mut actor, tokens, code) = connected(&world).await?;
    let (account, link) = (found(app).await?, reset(app, EMAIL).await?);
    accounts::remove(app, account.clone()).await?;
    page("the link of a removed account", &open(&mut actor, &link).await?, 404);
    assert!(accounts::remove(app, account).await.is_err(), "twice");
    is_over(&world, (&mut actor, &tokens, &code), "removed").await?;
    // Another account of that address is another person's.
    world.add_user(EMAIL, PASSWORD).await?;
    let request = actor.refresh_request(&tokens.refresh);
    refused("made again", &actor.send(request).await?, (400, "invalid_grant"));
    assert!(accounts::list(app).await?.iter().all(|listed| listed.grants == 0));
    Ok(())
}

#[tokio::test]
async fn the_list_counts_what_lives() -> Outcome {
    let world = World::builder().auth("REFRESH_TOKEN_LIFETIME", "7200").start().await?;
    let app = world.auth_app()?;
    world.advance(seconds(1));
    world.add_user("eve@example.com", "a password of her own").await?;
    let (mut actor, _, _) = connected(&world).await?;
    let tokens = actor.fresh().sign_in().await?;
    let counted = || async {
        let all = accounts::list(app).await?;
        Outcome::Ok(all.into_iter().map(|listed| (listed.email, listed.grants)).collect::<Vec<_>>())
    };
    let (own, hers) = (EMAIL.to_owned(), "eve@example.com".to_owned());
    assert_eq!(counted().await?, [(own.clone(), 2), (hers.clone(), 0)]);
    world.advance(seconds(7199));
    actor.refresh(&tokens.refresh).await?;
    world.advance(seconds(1));
    assert_eq!(counted().await?, [(own, 1), (hers, 0)]);
    Ok(())
}

/// A provider's people may share an address with a local account, or have none here.
#[tokio::test]
async fn an_account_is_named_without_doubt() -> Outcome {
    let world = World::start().await?;
    let app = world.auth_app()?;
    let user = User { id: "user_upstream".to_owned(), email: EMAIL.to_owned(), email_verified: true };
    let (login, password_hash) = (user.id.clone(), String::new());
    app.store.add_user(NewUser { user, login, password_hash }, app.clock.now()).await?;
    let told = accounts::find(app, EMAIL).await.map(drop).map_err(|fault| fault.to_string());
    assert!(told.is_err_and(|told| told.contains("user_upstream") && told.contains("more than one")));
    let account = accounts::find(app, " user_upstream").await?;
    assert!(!account.is_local());
    assert!(accounts::set_password(app, account.clone(), NEW_PASSWORD).await.is_err());
    assert!(auth_server::flow::links::reset(app, account).await.is_err());
    assert!(accounts::find(app, "nobody@example.com").await.is_err());
    assert!(accounts::find(app, "\0").await.is_err());
    // It has no password, and none fits.
    for password in ["", "user_upstream", "a password"] {
        let mut actor = somebody(&world, "user_upstream", password).await?;
        let shown = actor.open(actor.authorize_request()).await?;
        page("no password", &actor.send(actor.decision_request(&shown, "allow")?).await?, 403);
    }
    Ok(())
}

/// Stronger parameters reach everybody who signs in.
#[tokio::test]
async fn an_old_hash_is_made_anew_at_the_next_sign_in() -> Outcome {
    let world = World::start().await?;
    let app = world.auth_app()?;
    let (email, password) = ("old@example.com", "a password from long ago");
    let old = Passwords::new(32, 1)?.hash(password.to_owned()).await?;
    let user = User { id: "user_old".to_owned(), email: email.to_owned(), email_verified: true };
    let new = NewUser { user, login: email.to_owned(), password_hash: old.clone() };
    app.store.add_user(new, app.clock.now()).await?;
    let stored = || async {
        let credentials = app.store.credentials(email).await?;
        Outcome::Ok(credentials.map(|credentials| credentials.password_hash).unwrap_or_default())
    };
    let mut actor = somebody(&world, email, "a wrong password").await?;
    let shown = actor.open(actor.authorize_request()).await?;
    page("a wrong password", &actor.send(actor.decision_request(&shown, "allow")?).await?, 403);
    assert_eq!(stored().await?, old, "only who knows it can hash it");
    actor.password = password.to_owned();
    actor.sign_in().await?;
    let renewed = stored().await?;
    assert!(renewed != old && renewed.contains("m=64,t=1"), "{renewed}");
    actor.jar.clear();
    actor.fresh().sign_in().await?;
    assert_eq!(stored().await?, renewed, "made anew once");
    Ok(())
}
