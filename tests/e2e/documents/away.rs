//! A host that is away keeps nobody out who was let in before; a host that has taken the client away does.

use conformance::{
    actor::Actor,
    failure::Outcome,
    host::{Host, Served},
    world::World,
};
use serde_json::json;

use super::{PATH, ask, document, published, stage, told, with};
use crate::negative::check::{page, refused, seconds};

/// Long enough for any document to be asked for again.
const A_DAY: u64 = 24 * 3600;

#[tokio::test]
async fn whoever_was_let_in_stays_in_while_the_host_is_away() -> Outcome {
    let (mut world, host) = stage().await?;
    let mut actor = published(&world, &host)?;
    let tokens = actor.sign_in().await?;
    drop(host);
    world.restart_auth().await?;
    let tokens = actor.refresh(&tokens.refresh).await?;
    actor.fresh().sign_in().await?;
    world.advance(seconds(A_DAY));
    world.restart_auth().await?;
    actor.refresh(&tokens.refresh).await?;
    actor.fresh().sign_in().await?;
    Ok(())
}

#[tokio::test]
async fn a_client_nobody_let_in_is_not_kept() -> Outcome {
    let (mut world, host) = stage().await?;
    let mut actor = published(&world, &host)?;
    page("the first time", &ask(&mut actor).await?, 200);
    let code = actor.approve().await?;
    drop(host);
    // In memory it is, as long as the process lives.
    world.advance(seconds(A_DAY));
    page("while the process lives", &ask(&mut actor).await?, 200);
    world.restart_auth().await?;
    told("after a restart", &mut actor, "host cannot be reached").await?;
    let request = actor.token_request(&code);
    refused("at the token endpoint", &actor.send(request).await?, (401, "invalid_client"));
    Ok(())
}

/// Every answer that is none: a data centre's address is refused by some hosts.
#[tokio::test]
async fn an_answer_that_is_none_is_a_host_that_is_away() -> Outcome {
    let (mut world, host) = stage().await?;
    let mut actor = published(&world, &host)?;
    actor.sign_in().await?;
    let elsewhere = host.url("/elsewhere");
    for served in [
        Served::text("forbidden").status(403),
        Served::text("slow down").status(429),
        Served::text("oops").status(500),
        Served::redirect(302, &elsewhere),
        Served::json(&document(&host)).status(203),
    ] {
        host.publish(PATH, served.clone());
        for restart in [true, false] {
            if restart {
                world.restart_auth().await?;
            }
            world.advance(seconds(A_DAY));
            let before = host.requests(PATH);
            page(&format!("{served:?}"), &ask(&mut actor).await?, 200);
            page(&format!("{served:?}, again"), &ask(&mut actor).await?, 200);
            assert_eq!(host.requests(PATH) - before, 1);
        }
    }
    assert_eq!(host.requests("/elsewhere"), 0);
    Ok(())
}

/// A client that its publisher has taken away does not come back when the host is away later.
#[tokio::test]
async fn a_client_that_is_gone_stays_gone() -> Outcome {
    let (mut world, host) = stage().await?;
    let nameless = with(&document(&host), "client_name", json!(null));
    for (what, served) in [
        ("not found", Served::text("no").status(404)),
        ("gone", Served::text("no").status(410)),
        ("no longer in order", Served::json(&nameless)),
        ("a page", Served::bytes("text/html", "<p>Welcome")),
    ] {
        let mut actor = published(&world, &host)?;
        world.advance(seconds(A_DAY));
        let tokens = actor.fresh().sign_in().await?;
        host.publish(PATH, served);
        world.advance(seconds(A_DAY));
        page(what, &ask(&mut actor).await?, 400);
        let request = actor.refresh_request(&tokens.refresh);
        refused(what, &actor.send(request).await?, (401, "invalid_client"));
        host.publish(PATH, Served::text("away").status(503));
        for restart in [false, true] {
            if restart {
                world.restart_auth().await?;
            }
            world.advance(seconds(60));
            page(what, &ask(&mut actor).await?, 400);
        }
    }
    Ok(())
}

/// One that never was there is left alone for a while.
#[tokio::test]
async fn a_host_that_cannot_be_reached_is_left_alone_and_then_asked_again() -> Outcome {
    let (world, host) = stage().await?;
    let (port, mut actor) = (host.port(), published(&world, &host)?);
    drop(host);
    told("away", &mut actor, "host cannot be reached").await?;
    let host = Host::start_on(world.authority(), port).await?;
    let mut other = other_client(&world, &host)?;
    for actor in [&mut actor, &mut other] {
        told("left alone", actor, "host cannot be reached").await?;
    }
    let mut actor = published(&world, &host)?;
    world.advance(seconds(30));
    actor.sign_in().await?;
    other.sign_in().await?;
    Ok(())
}

fn other_client(world: &World, host: &Host) -> Outcome<Actor> {
    let mut actor = published(world, host)?;
    actor.client.id = host.url("/other.json");
    let document = with(&document(host), "client_id", json!(actor.client.id));
    host.publish("/other.json", Served::json(&document));
    Ok(actor)
}
