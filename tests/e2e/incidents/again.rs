//! A page that is shown again because of what was sent shows a reference as well, and what was wrong is kept under it.

use auth_server::flow::links;
use conformance::{
    actor::{Actor, Request, expect},
    exchange::Reply,
    failure::Outcome,
    world::World,
};

use super::explained;
use crate::{account, negative::check::seconds};

/// The page says no, and the operator is told why.
async fn is_told(world: &World, reply: &Reply, (status, rule): (u16, &str)) -> Outcome {
    assert_eq!(reply.status, status, "{}", reply.text());
    let document = explained(world, reply).await?.noted.document;
    let reason = document.reason.unwrap_or_default();
    assert!(reason.contains(rule), "{rule}: {reason}");
    assert_eq!(document.error, "page");
    // Few are kept of one second.
    world.advance(seconds(1));
    Ok(())
}

/// Presses a button of a page after a field was filled otherwise than a person would.
fn pressed(actor: &Actor, shown: &Reply, (label, name, value): (&str, &str, &str)) -> Outcome<Request> {
    Ok(account::press(actor, shown, label)?.with(name, value))
}

#[tokio::test]
async fn whoever_signs_in_wrongly_is_given_one() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let shown = actor.open(actor.authorize_request()).await?;
    let wrong = actor.decision_request(&shown, "allow")?.with("password", "wrong");
    is_told(&world, &actor.send(wrong).await?, (403, "password is not right")).await?;
    let shown = account::open(&mut actor).await?;
    let wrong = pressed(&actor, &shown, ("Sign in", "password", "wrong"))?;
    is_told(&world, &actor.send(wrong).await?, (403, "password is not right")).await
}

#[tokio::test]
async fn whoever_is_signed_in_and_refused_is_given_one() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    let shown = account::sign_in(&mut actor).await?;
    let wrong = pressed(&actor, &shown, ("Change password", "password", "wrong"))?;
    let new = "entirely different words";
    let wrong = wrong.with("new_password", new).with("repeated", new);
    is_told(&world, &actor.send(wrong).await?, (403, "present password is not right")).await?;
    let removal = Request::form(format!("{}/account/passkeys/removal", actor.issuer)).by_human();
    let removal = removal.with_header("origin", &actor.issuer).with("removal", "x");
    world.advance(seconds(601));
    is_told(&world, &actor.send(removal).await?, (403, "more than ten minutes ago")).await
}

#[tokio::test]
async fn whoever_follows_a_link_and_mistypes_is_given_one() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    let link = links::invite(world.auth_app()?, account::EVE.0, seconds(3600)).await?;
    let shown = expect(actor.send(Request::get(&link).by_human()).await?, 200)?;
    actor.password = "a password of her own".to_owned();
    let wrong = pressed(&actor, &shown, ("Save and sign in", "repeated", "another"))?;
    is_told(&world, &actor.send(wrong).await?, (422, "not typed the same twice")).await
}
