//! A provider's button on the way to a page of one's own: the same way there and back, and no client that is told anything.

use std::time::Duration;

use conformance::{
    actor::{Actor, Landing, Request},
    exchange::Reply,
    failure::Outcome,
    world::{EMAIL, PASSWORD, World},
};
use serde_json::json;

use super::{
    FIRST, come_back,
    fake::Fake,
    provider::{self, Provider},
    return_request,
};
use crate::{
    account::{open, press},
    negative::check::{page, page_headers, seconds},
};

const BUTTON: &str = "Continue with Example ID";

/// The way to a provider from a page that asks to sign in.
async fn leave(actor: &mut Actor, shown: &Reply) -> Outcome<Landing> {
    let request = press(actor, shown, BUTTON)?.with("decision", FIRST);
    Landing::of(&actor.send(request).await?)
}

async fn page_at(actor: &mut Actor, path: &str) -> Outcome<Reply> {
    let shown = actor.send(Request::get(format!("{}{path}", actor.issuer)).by_human()).await?;
    page_headers(path, &shown);
    Ok(shown)
}

fn is_asked_to_sign_in(shown: &Reply) -> bool {
    shown.text().contains("Sign in to your account")
}

#[tokio::test]
async fn every_way_is_offered_and_nothing_is_sent_before_one_is_chosen() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let mut actor = world.stranger()?;
    let shown = open(&mut actor).await?;
    for part in ["type=\"password\"", BUTTON, "data-next=\"/account\"", "<script src=\"/passkeys.js\" defer>"]
    {
        assert!(shown.text().contains(part), "{part} is missing in {}", shown.text());
    }
    assert!(!shown.text().contains("and allow"), "there is nothing to allow: {}", shown.text());
    let policy = shown.header("content-security-policy").unwrap_or_default();
    assert!(policy.ends_with("; script-src 'self'; connect-src 'self'"), "{policy}");
    let happy = press(&actor, &shown, BUTTON)?.with("decision", FIRST);
    for (what, request) in [
        ("another site's form", happy.clone().with_header("origin", "https://evil.example")),
        ("an unknown provider", happy.clone().with("decision", "provider:7")),
        ("a form of nobody's", happy.clone().without("ticket")),
    ] {
        page(what, &actor.send(request).await?, 400);
    }
    let mut other = world.stranger()?;
    open(&mut other).await?;
    page("in another browser", &other.send(happy.clone()).await?, 403);
    assert_eq!(fake.asked("/.well-known/openid-configuration"), 0);
    let departure = Landing::of(&actor.send(happy).await?)?;
    assert!(departure.url.starts_with(&fake.issuer), "{}", departure.url);
    assert_eq!((departure.get("resource"), departure.get("max_age")), (None, None));
    Ok(())
}

#[tokio::test]
async fn whoever_comes_back_is_signed_in_and_sees_their_page() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let mut actor = world.stranger()?;
    let shown = open(&mut actor).await?;
    let departure = leave(&mut actor, &shown).await?;
    fake.meet(&departure, &world);
    let before = actor.clone();
    let reply = come_back(&mut actor, &departure).await?;
    assert_eq!((reply.status, reply.header("location")), (303, Some("/account")));
    let shown = open(&mut actor).await?;
    assert!(shown.text().contains("ada@example.com"), "{}", shown.text());
    assert!(shown.text().contains("With your account at Example ID."), "{}", shown.text());
    assert!(!shown.text().contains("type=\"password\""), "{}", shown.text());
    page("once more", &come_back(&mut actor, &departure).await?, 400);
    page("once more with the cookie of before", &come_back(&mut before.clone(), &departure).await?, 400);
    assert_eq!(fake.asked("/token"), 1);
    Ok(())
}

#[tokio::test]
async fn it_is_good_in_its_browser_for_ten_minutes() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    for (late, status) in [(599, 303), (600, 400)] {
        let (mut actor, mut victim) = (world.stranger()?, world.stranger()?);
        open(&mut victim).await?;
        let shown = open(&mut actor).await?;
        let departure = leave(&mut actor, &shown).await?;
        world.advance(seconds(late));
        fake.meet(&departure, &world);
        page("a victim lured to the callback", &come_back(&mut victim, &departure).await?, 400);
        assert!(is_asked_to_sign_in(&open(&mut victim).await?));
        assert_eq!(come_back(&mut actor, &departure).await?.status, status, "after {late} s");
    }
    Ok(())
}

#[tokio::test]
async fn whoever_turns_back_there_is_asked_again_here() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    for (error, status, role) in [("access_denied", 200, "status"), ("server_error", 400, "alert")] {
        let mut actor = world.stranger()?;
        let shown = open(&mut actor).await?;
        let departure = leave(&mut actor, &shown).await?;
        let back = return_request(&actor, departure.get("state").unwrap_or_default());
        let shown = actor.send(back.without("code").with("error", error)).await?;
        page(error, &shown, status);
        assert!(is_asked_to_sign_in(&shown), "{error}: {}", shown.text());
        let said = format!("role=\"{role}\">Example ID did not sign you in.");
        assert!(shown.text().contains(&said), "{error}: {}", shown.text());
        // The page that came back is a good one.
        let departure = leave(&mut actor, &shown).await?;
        fake.meet(&departure, &world);
        assert_eq!(come_back(&mut actor, &departure).await?.header("location"), Some("/account"));
    }
    Ok(())
}

#[tokio::test]
async fn whoever_may_not_enter_is_told_on_the_page_they_came_from() -> Outcome {
    let fake = Fake::start().await?;
    let builder = fake.settings(World::builder(), "UPSTREAM").auth("UPSTREAM_ALLOW", "example.com");
    let world = builder.start().await?;
    for (claims, status, said) in [
        (json!({"email": "eve@elsewhere.example"}), 403, "eve@elsewhere.example may not use this server."),
        (
            json!({"email_verified": false}),
            403,
            "does not say that the address ada@example.com is really yours",
        ),
        (json!({"nonce": "another"}), 502, "Example ID did not answer as this server expects."),
    ] {
        let mut actor = world.stranger()?;
        let shown = open(&mut actor).await?;
        let departure = leave(&mut actor, &shown).await?;
        fake.meet(&departure, &world);
        fake.with(|acts| acts.claims = claims);
        let shown = come_back(&mut actor, &departure).await?;
        page(said, &shown, status);
        assert!(shown.text().contains(said) && is_asked_to_sign_in(&shown), "{}", shown.text());
        assert!(is_asked_to_sign_in(&open(&mut actor).await?), "{said}");
    }
    fake.with(|acts| acts.status = Some(503));
    world.advance(Duration::from_secs(25 * 3600));
    let mut actor = world.stranger()?;
    let shown = open(&mut actor).await?;
    let away = press(&actor, &shown, BUTTON)?.with("decision", FIRST);
    let shown = actor.send(away).await?;
    page("away", &shown, 503);
    assert!(shown.text().contains("Example ID cannot be reached") && is_asked_to_sign_in(&shown));
    Ok(())
}

/// Without local accounts there is no field for a password, and no form that takes one.
#[tokio::test]
async fn where_local_accounts_are_off_a_provider_is_the_only_way() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.settings(World::builder(), "UPSTREAM").auth("LOCAL_ACCOUNTS", "off").start().await?;
    let mut actor = world.stranger()?;
    let shown = open(&mut actor).await?;
    assert!(!shown.text().contains("type=\"password\"") && !shown.text().contains("type=\"email\""));
    assert!(!shown.text().contains(">Sign in</button>"), "{}", shown.text());
    let all_the_same = press(&actor, &shown, BUTTON)?.with("email", EMAIL).with("password", PASSWORD);
    let reply = actor.send(all_the_same).await?;
    page("a password all the same", &reply, 403);
    assert!(is_asked_to_sign_in(&reply) && !reply.text().contains("type=\"password\""), "{}", reply.text());
    assert_eq!(reply.header("set-cookie"), None);
    assert!(is_asked_to_sign_in(&open(&mut actor).await?));
    let departure = leave(&mut actor, &shown).await?;
    fake.meet(&departure, &world);
    come_back(&mut actor, &departure).await?;
    assert!(!is_asked_to_sign_in(&open(&mut actor).await?));
    Ok(())
}

/// Who comes in by a provider is that provider's to say, each time: a passkey would say it in its place.
#[tokio::test]
async fn to_the_passkeys_no_provider_leads() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let mut actor = world.stranger()?;
    let shown = page_at(&mut actor, "/account/passkeys").await?;
    assert!(is_asked_to_sign_in(&shown) && !shown.text().contains(BUTTON), "{}", shown.text());
    let shown = open(&mut actor).await?;
    let departure = leave(&mut actor, &shown).await?;
    fake.meet(&departure, &world);
    come_back(&mut actor, &departure).await?;
    let shown = open(&mut actor).await?;
    assert!(!shown.text().contains("passkeys"), "{}", shown.text());
    let shown = page_at(&mut actor, "/account/passkeys").await?;
    assert_eq!(shown.status, 403);
    assert!(shown.text().contains("You sign in with a provider."), "{}", shown.text());
    Ok(())
}

/// The same through one nobody here wrote.
#[tokio::test]
async fn a_provider_nobody_here_wrote_leads_to_the_account_page() -> Outcome {
    let Some(mut provider) = Provider::start().await? else { return Ok(()) };
    let world = provider.settings(World::builder(), "UPSTREAM", "example.com").start().await?;
    provider.serve(&world, json!({})).await?;
    let mut actor = world.stranger()?;
    let shown = open(&mut actor).await?;
    let departure = leave(&mut actor, &shown).await?;
    let shown = provider::sign_in(&mut actor, &departure, "ada").await?;
    page("the account", &shown, 200);
    assert!(shown.text().contains("Your account") && shown.text().contains("ada@example.com"));
    assert!(open(&mut actor).await?.text().contains("With your account at Example ID."));
    Ok(())
}
