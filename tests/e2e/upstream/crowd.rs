//! How many may be on the way to a provider: few from one browser, many in all, and then nobody.

use std::time::Duration;

use auth_server::store::upstream_attempts::{Attempt, Room};
use conformance::{actor::Landing, failure::Outcome, world::World};
use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use shared::clock::Timestamp;

use super::{FIRST, come_back, depart, fake::Fake};
use crate::{
    account::{open, press},
    negative::check::page,
};

#[tokio::test]
async fn of_nine_from_one_browser_the_oldest_leads_nowhere() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let (mut actor, mut other) = (world.actor().await?, world.actor().await?);
    let others = depart(&mut other, FIRST).await?;
    let mut departures: Vec<Landing> = Vec::new();
    for _ in 0..9 {
        world.advance(Duration::from_secs(1));
        departures.push(depart(&mut actor, FIRST).await?);
    }
    for (place, departure) in departures.iter().enumerate() {
        fake.meet(departure, &world);
        let mut twin = actor.clone();
        let status = come_back(&mut twin, departure).await?.status;
        assert_eq!(status, if place == 0 { 400 } else { 303 }, "number {place}");
    }
    fake.meet(&others, &world);
    Landing::of(&come_back(&mut other, &others).await?)?.code()?;
    Ok(())
}

fn attempt(id: &str, browser: &str, expires_at: i64) -> Attempt {
    let (id, browser) = (id.to_owned(), browser.to_owned());
    Attempt { id, browser, sealed: String::new(), expires_at: Timestamp(expires_at) }
}

#[tokio::test]
async fn where_there_is_no_room_nobody_is_added_until_there_is() -> Outcome {
    let world = World::start().await?;
    let store = &world.auth_app()?.store;
    let room = Room { of_browser: 2, of_all: 3 };
    let now = Timestamp(1000);
    for (id, browser, expires_at, is_added) in [
        ("a1", "a", 1001, true),
        ("a2", "a", 1600, true),
        ("b1", "b", 1601, true),
        ("c1", "c", 1602, false),
        // Whoever makes way for themselves takes nobody's place.
        ("a3", "a", 1602, true),
        ("b2", "b", 1602, false),
    ] {
        assert_eq!(
            store.add_upstream_attempt(attempt(id, browser, expires_at), room, now).await?,
            is_added,
            "{id}"
        );
    }
    let mut kept = Vec::new();
    for (id, browser) in [("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("b2", "b"), ("c1", "c")] {
        if store.take_upstream_attempt(id.to_owned(), browser.to_owned(), now).await?.is_some() {
            kept.push(id);
        }
    }
    assert_eq!(kept, ["a2", "a3", "b1"]);
    for (id, browser) in [("d1", "d"), ("e1", "e"), ("f1", "f")] {
        assert!(store.add_upstream_attempt(attempt(id, browser, 1010), room, now).await?, "{id}");
    }
    assert!(!store.add_upstream_attempt(attempt("g1", "g", 1610), room, now).await?);
    let later = Timestamp(1010);
    assert!(store.add_upstream_attempt(attempt("g1", "g", 1610), room, later).await?, "they have expired");
    Ok(())
}

#[tokio::test]
async fn a_hundred_thousand_are_enough() -> Outcome {
    let fake = Fake::start().await?;
    let folder = tempfile::TempDir::new()?;
    let file = folder.path().join("auth.db");
    // On SQLite whichever database the others use: the rows are put there by hand.
    let url = format!("sqlite:{}", file.display());
    let world = fake.settings(World::builder(), "UPSTREAM").auth("DATABASE_URL", &url).start().await?;
    let mut actor = world.actor().await?;
    let expires_at = world.clock().now().seconds() + 600;
    SqliteConnection::establish(&file.display().to_string())?.batch_execute(&format!(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000)
         INSERT INTO upstream_attempts SELECT 'id' || n, 'browser' || n, '', {expires_at} FROM numbers"
    ))?;
    let authorize = actor.authorize_request();
    let shown = actor.open(authorize).await?;
    let request = actor.decision_request(&shown, FIRST)?;
    let reply = actor.send(request.clone()).await?;
    page("too many", &reply, 503);
    assert!(reply.text().contains("Too many people are signing in at the moment."), "{}", reply.text());
    assert_eq!(reply.header("retry-after"), Some("60"));
    let shown = open(&mut actor).await?;
    let own = press(&actor, &shown, "Continue with Example ID")?.with("decision", FIRST);
    let reply = actor.send(own).await?;
    page("too many at the account page", &reply, 503);
    assert!(reply.text().contains("Too many people are signing in at the moment."), "{}", reply.text());
    assert_eq!(reply.header("retry-after"), Some("60"));
    // A password needs no place there.
    let authorize = actor.authorize_request();
    let shown = actor.open(authorize).await?;
    let by_password = actor.decision_request(&shown, "allow")?;
    Landing::of(&actor.send(by_password).await?)?.code()?;
    world.advance(Duration::from_secs(600));
    let mut late = world.actor().await?;
    depart(&mut late, FIRST).await?;
    Ok(())
}
