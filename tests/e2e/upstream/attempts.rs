//! Who comes back: once, in time, in the browser that left, after having allowed.

use std::time::Duration;

use conformance::{actor::Landing, failure::Outcome, world::World};
use diesel::{Connection, RunQueryDsl, SqliteConnection, sql_query, sql_types::BigInt};

use super::{FIRST, come_back, depart, fake::Fake, return_request};
use crate::negative::check::page;

#[tokio::test]
async fn what_is_sent_there_is_random_and_says_nothing_of_the_client() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let mut actor = world.actor().await?;
    let (one, two) = (depart(&mut actor, FIRST).await?, depart(&mut actor, FIRST).await?);
    for name in ["state", "nonce", "code_challenge"] {
        assert!(one.get(name).is_some_and(|value| value.len() == 43), "{name} in {}", one.url);
        assert_ne!(one.get(name), two.get(name), "{name}");
    }
    assert_eq!(one.get("code_challenge_method"), Some("S256"));
    assert_eq!(one.get("scope"), Some("openid email profile"));
    assert_eq!(one.get("redirect_uri"), Some(format!("{}/signin/callback", world.issuer()).as_str()));
    assert_eq!((one.get("resource"), one.get("client_id")), (None, Some("gatehouse")));
    assert!(!one.url.contains(&actor.state) && !one.url.contains(&actor.client.id), "{}", one.url);
    Ok(())
}

#[tokio::test]
async fn nothing_is_sent_before_the_person_allowed() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let mut actor = world.actor().await?;
    let authorize = actor.authorize_request();
    let shown = actor.open(authorize).await?;
    assert!(shown.text().contains("Continue with Example ID and allow"), "{}", shown.text());
    assert_eq!(fake.asked("/.well-known/openid-configuration"), 0);
    // A form of another site's allows nothing.
    let foreign = actor.decision_request(&shown, FIRST)?.with_header("origin", "https://evil.example");
    page("a foreign form", &actor.send(foreign).await?, 400);
    let unknown = actor.decision_request(&shown, FIRST)?.with("decision", "provider:7");
    page("an unknown provider", &actor.send(unknown).await?, 400);
    let denied = actor.decision_request(&shown, "deny")?;
    assert_eq!(Landing::of(&actor.send(denied).await?)?.get("error"), Some("access_denied"));
    assert_eq!(fake.asked("/.well-known/openid-configuration"), 0);
    Ok(())
}

#[tokio::test]
async fn a_state_is_good_once() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let mut actor = world.actor().await?;
    let departure = depart(&mut actor, FIRST).await?;
    fake.meet(&departure, &world);
    let before = actor.clone();
    Landing::of(&come_back(&mut actor, &departure).await?)?.code()?;
    page("replayed", &come_back(&mut actor, &departure).await?, 400);
    page("replayed with the old cookie", &come_back(&mut before.clone(), &departure).await?, 400);
    assert_eq!(fake.asked("/token"), 1);
    Ok(())
}

#[tokio::test]
async fn another_browser_neither_comes_back_nor_keeps_the_first_from_it() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let (mut victim, mut attacker) = (world.actor().await?, world.actor().await?);
    let departure = depart(&mut attacker, FIRST).await?;
    fake.meet(&departure, &world);
    depart(&mut victim, FIRST).await?;
    page("a victim lured to the callback", &come_back(&mut victim, &departure).await?, 400);
    victim.jar.clear();
    page("a browser without a cookie", &come_back(&mut victim, &departure).await?, 400);
    let unknown = return_request(&attacker, "never-made");
    page("an unknown state", &attacker.send(unknown).await?, 400);
    let stateless = return_request(&attacker, "x").without("state");
    page("no state", &attacker.send(stateless).await?, 400);
    let twice = return_request(&attacker, departure.get("state").unwrap_or_default());
    page("two codes", &attacker.send(twice.with_another("code", "b")).await?, 400);
    Landing::of(&come_back(&mut attacker, &departure).await?)?.code()?;
    Ok(())
}

#[tokio::test]
async fn ten_minutes_are_enough() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    for (seconds, status) in [(599, 303), (600, 400)] {
        let mut actor = world.actor().await?;
        let departure = depart(&mut actor, FIRST).await?;
        world.advance(Duration::from_secs(seconds));
        fake.meet(&departure, &world);
        assert_eq!(come_back(&mut actor, &departure).await?.status, status, "after {seconds} s");
    }
    Ok(())
}

#[tokio::test]
async fn errors_of_the_provider_are_told_to_whom_they_concern() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let mut actor = world.actor().await?;
    for error in ["access_denied", "temporarily_unavailable"] {
        let departure = depart(&mut actor, FIRST).await?;
        let request = return_request(&actor, departure.get("state").unwrap_or_default());
        let reply = actor.send(request.without("code").with("error", error)).await?;
        match error {
            "access_denied" => {
                let landing = Landing::of(&reply)?;
                assert_eq!(landing.get("error"), Some(error));
                assert_eq!(landing.get("state"), Some(actor.state.as_str()));
            }
            _ => page(error, &reply, 400),
        }
    }
    Ok(())
}

#[tokio::test]
async fn one_provider_s_state_is_not_another_s() -> Outcome {
    let (first, second) = (Fake::start().await?, Fake::start().await?);
    let builder = first.settings(World::builder(), "UPSTREAM");
    let world = second.settings(builder, "UPSTREAM_2").start().await?;
    let mut actor = world.actor().await?;
    let departure = depart(&mut actor, FIRST).await?;
    assert!(departure.url.starts_with(&first.issuer));
    first.meet(&departure, &world);
    // The second one answers in the place of the first.
    let request = return_request(&actor, departure.get("state").unwrap_or_default());
    page("a mix-up", &actor.send(request.with("iss", second.issuer.as_str())).await?, 502);
    assert_eq!((first.asked("/token"), second.asked("/token")), (0, 0), "no code is given to anybody");
    Ok(())
}

/// A row count.
#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

#[tokio::test]
async fn nothing_is_stored_before_the_person_allowed_and_little_after() -> Outcome {
    let fake = Fake::start().await?;
    let folder = tempfile::TempDir::new()?;
    let file = folder.path().join("auth.db");
    // On SQLite whichever database the others use: the rows are what is looked at.
    let url = format!("sqlite:{}", file.display());
    let world = fake.settings(World::builder(), "UPSTREAM").auth("DATABASE_URL", &url).start().await?;
    let mut database = SqliteConnection::establish(&file.display().to_string())?;
    let mut rows = move || -> Outcome<i64> {
        Ok(sql_query("SELECT count(*) AS rows FROM upstream_attempts")
            .get_result::<Count>(&mut database)?
            .rows)
    };
    let mut actor = world.actor().await?;
    let authorize = actor.authorize_request();
    actor.open(authorize).await?;
    assert_eq!(rows()?, 0);
    let departure = depart(&mut actor, FIRST).await?;
    assert_eq!(rows()?, 1);
    fake.meet(&departure, &world);
    come_back(&mut actor, &departure).await?;
    assert_eq!(rows()?, 0);
    depart(&mut actor, FIRST).await.ok();
    world.advance(Duration::from_secs(601));
    actor.jar.clear();
    depart(&mut actor, FIRST).await?;
    assert_eq!(rows()?, 1, "those that have expired are forgotten");
    Ok(())
}
