//! The end of something, and what was on its way to it.

use auth_server::{App, flow::accounts};
use conformance::{
    actor::{Actor, Request, TokenSet},
    exchange::Reply,
    failure::{Failure, Outcome},
    world::{Builder, EMAIL, PASSWORD, World},
};

use super::super::{
    authenticator::{Authenticator, new_request},
    look, reset,
};
use crate::negative::check::{refused, seconds};

const ROUNDS: usize = 40;

/// A world in which a password takes long enough for something to come between.
fn slow() -> Builder {
    World::builder().auth("ARGON2_MEMORY_KIB", "65536").auth("ARGON2_ITERATIONS", "8")
}

/// Sends a request and goes on as soon as its password is being looked at.
async fn send_slowly(
    world: &World,
    actor: &Actor,
    request: Request,
) -> Outcome<tokio::task::JoinHandle<Result<(Reply, Actor), String>>> {
    let app = world.auth_app()?;
    let before = app.passwords.computed();
    let sent = tokio::spawn({
        let mut actor = actor.clone();
        async move {
            let reply = actor.send(request).await.map_err(|failure| failure.to_string())?;
            Ok((reply, actor))
        }
    });
    while app.passwords.computed() == before {
        tokio::task::yield_now().await;
    }
    world.advance(seconds(1));
    Ok(sent)
}

async fn is_signed_in(actor: &mut Actor) -> Outcome<bool> {
    Ok(look(actor, "/account").await?.text().contains("Sign out"))
}

#[tokio::test]
async fn what_began_with_a_password_does_not_outlive_it() -> Outcome {
    for is_reset in [true, false] {
        let world = slow().start().await?;
        let app = world.auth_app()?;
        let mut thief = world.actor().await?;
        let shown = thief.open(thief.authorize_request()).await?;
        let request = thief.decision_request(&shown, "allow")?;
        let sent = send_slowly(&world, &thief, request).await?;
        if is_reset {
            reset(app, EMAIL).await?;
        } else {
            let account = accounts::find(app, EMAIL).await?;
            accounts::disable(app, account.clone()).await?;
            accounts::enable(app, account).await?;
        }
        let (reply, mut thief) = sent.await?.map_err(Failure::new)?;
        assert_eq!((reply.status, reply.header("location")), (403, None), "{}", reply.text());
        assert!(!is_signed_in(&mut thief).await?, "reset: {is_reset}");
    }
    Ok(())
}

/// The owner's own change counts as well: what a thief has on the way with the old password ends with it.
#[tokio::test]
async fn what_began_with_a_password_does_not_outlive_its_change() -> Outcome {
    let world = slow().start().await?;
    let app = world.auth_app()?;
    let mut owner = world.actor().await?;
    owner.sign_in().await?;
    let (mut thief, mut listed) = (world.stranger()?, Vec::new());
    thief.client = owner.client.clone();
    let shown = thief.open(thief.authorize_request()).await?;
    let request = thief.decision_request(&shown, "allow")?;
    let sent = send_slowly(&world, &thief, request).await?;
    let account = accounts::find(app, EMAIL).await?;
    let signed_in = app.store.sign_ins_of(&account.id, app.clock.now()).await?;
    listed.extend(signed_in.into_iter().map(|own| own.id));
    // What the form does once both passwords are computed.
    let own = (account.id.clone(), listed.remove(0));
    let hash = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$c29tZWhhc2g".to_owned();
    assert!(app.store.change_password(own, hash, app.clock.milliseconds()).await?);
    let (reply, mut thief) = sent.await?.map_err(Failure::new)?;
    assert_eq!((reply.status, reply.header("location")), (403, None), "{}", reply.text());
    assert!(!is_signed_in(&mut thief).await?);
    assert!(is_signed_in(&mut owner).await?);
    Ok(())
}

/// A passkey would outlive a password for good.
#[tokio::test]
async fn a_passkey_on_the_way_does_not_outlive_a_reset() -> Outcome {
    let world = World::start().await?;
    let app = world.auth_app()?;
    for round in 0..ROUNDS {
        let email = format!("{round}@example.com");
        world.add_user(&email, PASSWORD).await?;
        let mut thief = world.actor().await?;
        email.clone_into(&mut thief.email);
        thief.sign_in().await?;
        let mut passkey = Authenticator::fresh(&thief.issuer)?;
        let request = new_request(&mut thief, &mut passkey, "").await?;
        world.advance(seconds(1));
        let (added, ended) = tokio::join!(thief.send(request), reset(app, &email));
        added?;
        ended?;
        let account = accounts::find(app, &email).await?;
        let left = app.store.passkeys_of(&account.id).await?;
        assert!(left.is_empty(), "round {round}");
    }
    Ok(())
}

/// What may end a grant.
#[derive(Clone, Copy, Debug)]
enum End {
    Disable,
    Connection,
    Connections,
    Client,
}

impl End {
    async fn come(self, app: &App, (email, client): (&str, &str)) -> Outcome {
        let account = accounts::find(app, email).await?;
        let (client, now) = (client.to_owned(), app.clock.milliseconds());
        match self {
            End::Disable => drop(accounts::disable(app, account).await?),
            End::Connection => assert!(app.store.end_connection(account.id, client, now).await?),
            End::Connections => drop(app.store.end_connections(account.id, now).await?),
            End::Client => drop(app.clients.block(&client, app.clock.now()).await?),
        }
        Ok(())
    }
}

/// One redemption, one refresh and one end at the same time, often: whichever is first, nothing is left.
async fn race(end: End) -> Outcome {
    let world = World::start().await?;
    let app = world.auth_app()?;
    for round in 0..ROUNDS {
        let email = format!("{round}@example.com");
        world.add_user(&email, PASSWORD).await?;
        let mut actor = world.actor().await?;
        email.clone_into(&mut actor.email);
        let first = actor.sign_in().await?;
        let code = actor.fresh().approve().await?;
        world.advance(seconds(1));
        let (redeem, refresh) = (actor.token_request(&code), actor.refresh_request(&first.refresh));
        let (mut one, mut other) = (actor.clone(), actor.clone());
        let client = actor.client.id.clone();
        let (redeemed, refreshed, ended) =
            tokio::join!(one.send(redeem), other.send(refresh), end.come(app, (&email, &client)));
        ended?;
        let mut tokens = vec![first.refresh];
        for reply in [redeemed?, refreshed?] {
            if reply.status == 200 {
                tokens.push(TokenSet::of(&reply)?.refresh);
            }
        }
        if let End::Client = end {
            app.clients.unblock(&client, app.clock.now()).await?;
        }
        for token in tokens {
            let reply = actor.send(actor.refresh_request(&token)).await?;
            refused(&format!("{end:?}, round {round}"), &reply, (400, "invalid_grant"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn nothing_on_the_way_outlives_an_account() -> Outcome {
    race(End::Disable).await
}

#[tokio::test]
async fn nothing_on_the_way_outlives_the_end_of_an_access() -> Outcome {
    race(End::Connection).await?;
    race(End::Connections).await
}

#[tokio::test]
async fn nothing_on_the_way_outlives_a_client() -> Outcome {
    race(End::Client).await
}
