//! Guessing passwords from where the count might not reach, and what an attack leaves to the owner.

use conformance::{
    actor::{Actor, Request},
    failure::Outcome,
    world::World,
};

use super::{
    EMAIL, NEW_PASSWORD,
    authenticator::{add, sign_in_request},
    form, look,
};
use crate::negative::check::{page, seconds};

const FREE: usize = 10;

async fn limited() -> Outcome<World> {
    World::builder().auth("RATE_LIMITS", "on").start().await
}

/// The decision of a page in a browser that was never seen, with a wrong password.
async fn guess(world: &World) -> Outcome<(Actor, Request)> {
    let mut guesser = world.actor().await?;
    let shown = guesser.open(guesser.authorize_request()).await?;
    let request = guesser.decision_request(&shown, "allow")?.with("password", "a wrong password");
    Ok((guesser, request))
}

/// An address that anybody can write into a header is nobody's.
#[tokio::test]
async fn a_header_moves_nobody_to_another_place() -> Outcome {
    let world = limited().await?;
    let (mut guesser, request) = guess(&world).await?;
    for number in 0..301 {
        let address = format!("198.51.100.{}", number % 256);
        let attempt = request.clone().with("email", format!("{number}@example.com"));
        let attempt = attempt.with_header("x-forwarded-for", &address).with_header("x-real-ip", &address);
        let attempt = attempt.with_header("forwarded", &format!("for={address}"));
        let expected = if number < 300 { 403 } else { 429 };
        assert_eq!(guesser.send(attempt).await?.status, expected, "{number}");
    }
    Ok(())
}

/// However an address is spelled, it is one account that is guessed at; and a new browser for each guess is no help.
#[tokio::test]
async fn spelling_and_new_browsers_start_no_new_count() -> Outcome {
    let world = limited().await?;
    let spelled = [
        EMAIL.to_owned(),
        EMAIL.to_uppercase(),
        format!(" {EMAIL} "),
        format!("\t{EMAIL}\n"),
        "Demo@example.com".to_owned(),
    ];
    for number in 0..FREE {
        let (mut guesser, request) = guess(&world).await?;
        let reply = guesser.send(request.with("email", spelled[number % spelled.len()].as_str())).await?;
        page("a guess", &reply, 403);
    }
    for email in spelled {
        let (mut guesser, request) = guess(&world).await?;
        page("one more", &guesser.send(request.with("email", email.as_str())).await?, 429);
    }
    // The other form counts the same.
    let mut guesser = world.stranger()?;
    let shown = look(&mut guesser, "/account").await?;
    let request = form(&guesser, &shown, "ticket")?.with("password", "a wrong password");
    page("on the account page", &guesser.send(request).await?, 429);
    Ok(())
}

/// Whoever holds a stolen cookie does not get to guess the password that would change it.
#[tokio::test]
async fn a_stolen_sign_in_guesses_the_present_password_only_so_often() -> Outcome {
    let world = limited().await?;
    let mut owner = world.actor().await?;
    owner.sign_in().await?;
    let mut thief = world.stranger()?;
    let session = format!("gatehouse={}", owner.jar.value("gatehouse").unwrap_or_default());
    let shown = thief
        .send(Request::get(format!("{}/account", thief.issuer)).by_human().with_header("cookie", &session))
        .await?;
    let request = form(&thief, &shown, "new_password")?.with_header("cookie", &session);
    let request = request.with("new_password", NEW_PASSWORD).with("repeated", NEW_PASSWORD);
    for number in 0..FREE {
        thief.jar.clear();
        let guess = request.clone().with("password", format!("guess {number}"));
        page("a guess", &thief.send(guess).await?, 403);
    }
    thief.jar.clear();
    page("one more", &thief.send(request.clone().with("password", "one more")).await?, 429);
    // Even the right one has to wait there, and the owner does not, in a browser that is known.
    thief.jar.clear();
    page("the right one", &thief.send(request).await?, 429);
    let shown = look(&mut owner, "/account").await?;
    let change = form(&owner, &shown, "new_password")?;
    let change = change.with("new_password", NEW_PASSWORD).with("repeated", NEW_PASSWORD);
    assert_eq!(owner.send(change).await?.status, 303);
    Ok(())
}

/// While somebody guesses, the owner gets in without a password even where they have never been.
#[tokio::test]
async fn a_passkey_is_not_locked_out() -> Outcome {
    let world = limited().await?;
    let mut owner = world.actor().await?;
    owner.sign_in().await?;
    let mut passkey = add(&mut owner, "").await?;
    for _ in 0..FREE {
        let (mut guesser, request) = guess(&world).await?;
        page("a guess", &guesser.send(request).await?, 403);
    }
    owner.jar.clear();
    let shown = owner.open(owner.authorize_request()).await?;
    let request = owner.decision_request(&shown, "allow")?;
    page("the right password in a new browser", &owner.send(request).await?, 429);
    world.advance(seconds(1));
    let request = sign_in_request(&mut owner, &mut passkey).await?;
    assert_eq!(owner.send(request).await?.status, 200);
    Ok(())
}
