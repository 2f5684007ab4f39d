//! What people and their clients do.

use conformance::{
    failure::Outcome,
    world::{EMAIL, World},
};
use serde_json::Value;

use super::{Told, names};
use crate::{
    account::{open, press, sign_in},
    incidents::reference,
    logs::{Seen, approve, redeem_and_refresh},
    negative::check::seconds,
};

#[tokio::test]
async fn each_step_is_told_once_and_no_secret_with_it() -> Outcome {
    let told = Told::start(World::builder()).await?;
    let world = &told.world;
    let (mut actor, mut seen) = (world.actor().await?, Seen::default());
    let code = approve(&mut actor, &mut seen).await?;
    let [tokens, _] = redeem_and_refresh(&mut actor, &mut seen, &code).await?;
    world.advance(seconds(121));
    assert_eq!(actor.send(actor.refresh_request(&tokens.refresh)).await?.status, 400);
    assert_eq!(actor.send(actor.token_request(&code)).await?.status, 400);
    let events = told.events()?;
    let expected = [
        "signing_key_made",
        "account_added",
        "client_registered",
        "sign_in_failed",
        "sign_in",
        "approval",
        "grant_made",
        "refresh_token_reused",
        "grant_revoked",
        "code_replayed",
    ];
    assert_eq!(names(&events), expected);
    let text = told.text()?;
    seen.is_hidden(&text);
    assert_eq!(text.matches(EMAIL).count(), 1, "where the account begins, and nowhere else");
    let account = events[1]["account"].as_str().unwrap_or_default();
    assert!(account.starts_with("user_"), "{account}");
    for event in &events[3..] {
        assert_eq!(event["account"], account, "{event}");
        assert_eq!(event["address"], "127.0.0.1", "{event}");
    }
    let grant = &events[5]["grant"];
    assert!(grant.is_string() && events[6..].iter().all(|event| event["grant"] == *grant), "{events:?}");
    let client = events[2]["client"].as_str().unwrap_or_default();
    assert!(actor.client.id.starts_with(client.trim_end_matches('…')) && client.len() < 25, "{client}");
    assert!(events[5..].iter().all(|event| event["client"] == client), "{events:?}");
    assert_eq!((&events[3]["way"], &events[3]["reason"]), (&"password".into(), &"credentials".into()));
    assert_eq!(events[8]["by"], "replay");
    assert_eq!(events[5]["resource"], actor.mcp_url);
    let time = events[4]["time"].as_str().unwrap_or_default();
    assert!(time.len() == 20 && time.ends_with('Z') && time.as_bytes()[10] == b'T', "{time}");
    Ok(())
}

#[tokio::test]
async fn what_is_refused_is_told_with_the_reference_that_was_shown() -> Outcome {
    let told = Told::start(World::builder()).await?;
    let mut actor = told.world.actor().await?;
    let page = actor.open(actor.authorize_request()).await?;
    let wrong = actor.decision_request(&page, "allow")?.with("password", "a wrong one");
    let shown = actor.send(wrong).await?;
    let code = actor.approve().await?;
    let tokens = actor.redeem(&code).await?;
    let replayed = actor.send(actor.token_request(&code)).await?;
    let deny = actor.decide(actor.authorize_request(), "deny").await?;
    let events = told.events()?;
    let of = |name: &str| -> Vec<&Value> { events.iter().filter(|event| event["event"] == name).collect() };
    assert_eq!(of("sign_in_failed")[0]["reference"].as_str(), reference(&shown).as_deref());
    let said = replayed.json().unwrap_or_default();
    for name in ["code_replayed", "grant_revoked"] {
        assert_eq!(of(name)[0]["reference"], said["reference"], "{name}");
    }
    let denial = of("denial")[0];
    let shown = deny.get("error_description").unwrap_or_default();
    assert!(shown.contains(denial["reference"].as_str().unwrap_or("none")), "{denial}: {shown}");
    assert_eq!(of("sign_in")[0].get("reference"), None, "nothing was refused");
    // A grant that has ended ends no second time.
    let before = events.len();
    assert_eq!(actor.send(actor.revoke_request(&tokens.refresh)).await?.status, 200);
    assert_eq!(told.since(before)?, Vec::<Value>::new());
    Ok(())
}

#[tokio::test]
async fn what_the_owner_or_the_client_ends_is_told_as_theirs() -> Outcome {
    let told = Told::start(World::builder()).await?;
    let mut actor = told.world.actor().await?;
    let tokens = actor.sign_in().await?;
    let before = told.events()?.len();
    for _ in 0..2 {
        assert_eq!(actor.send(actor.revoke_request(&tokens.refresh)).await?.status, 200);
    }
    let code = actor.approve().await?;
    actor.redeem(&code).await?;
    actor.jar.clear();
    sign_in(&mut actor).await?;
    let shown = open(&mut actor).await?;
    let end = press(&actor, &shown, "End access")?;
    assert_eq!(actor.send(end).await?.status, 303);
    let shown = open(&mut actor).await?;
    let leave = press(&actor, &shown, "Sign out")?;
    assert_eq!(actor.send(leave).await?.status, 303);
    let events = told.since(before)?;
    let expected = ["grant_revoked", "approval", "grant_made", "sign_in", "grant_revoked", "sign_out"];
    assert_eq!(names(&events), expected);
    let by: Vec<&Value> = [0, 4].map(|at| &events[at]["by"]).to_vec();
    assert_eq!(by, ["client", "person"]);
    assert_eq!(events[5]["reason"], "here");
    Ok(())
}

#[tokio::test]
async fn an_address_is_that_of_whoever_asks_and_not_of_the_proxy() -> Outcome {
    let told = Told::start(World::builder().auth("TRUSTED_PROXIES", "private")).await?;
    let actor = &mut told.world.stranger()?;
    let register = actor.register_request().with_header("x-forwarded-for", "203.0.113.7");
    actor.register_with(register).await?;
    let events = told.events()?;
    assert_eq!(events.last().map(|event| event["address"].clone()), Some("203.0.113.7".into()));
    Ok(())
}

/// A file that was moved away is made anew, and a disk that is full stops nobody.
#[tokio::test]
async fn nobody_waits_for_the_file() -> Outcome {
    let told = Told::start(World::builder()).await?;
    let mut actor = told.world.actor().await?;
    let moved = told.file.with_extension("1");
    std::fs::rename(&told.file, &moved)?;
    actor.sign_in().await?;
    assert_eq!(names(&told.events()?), ["sign_in", "approval", "grant_made"]);
    let world = World::builder().auth("AUDIT_LOG", "/dev/full").start().await?;
    world.actor().await?.sign_in().await?;
    Ok(())
}
