//! The answer of the page: who may give it, for how long, and what a forged one is worth.

use conformance::{
    actor::{Actor, Landing, Request},
    exchange::Reply,
    failure::{Failure, Outcome},
    world::{EMAIL, World},
};
use reqwest::Method;

use super::check::{Row, page, seconds, sent_back};
use crate::incidents::reference;

/// The browser of somebody else, with a page of its own open.
async fn other_browser(actor: &Actor) -> Outcome<Actor> {
    let mut other = actor.clone();
    other.jar.clear();
    other.open(other.authorize_request()).await?;
    Ok(other)
}

#[tokio::test]
async fn a_forged_approval_is_worth_nothing() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let code = actor.approve().await?;
    let mut attacker = other_browser(&actor).await?;
    actor.jar.clear();
    let shown = actor.open(actor.authorize_request()).await?;
    let happy = actor.decision_request(&shown, "allow")?;
    let sealed = happy.parameter("request").ok_or_else(|| Failure::new("no request"))?.to_owned();
    let middle = sealed.len() / 2;
    let flipped = if sealed.as_bytes()[middle] == b'A' { "B" } else { "A" };
    let changed = format!("{}{flipped}{}", &sealed[..middle], &sealed[middle + 1..]);
    let with = |text: &str| happy.clone().with("request", text);
    let from = |origin: &str| happy.clone().with_header("origin", origin);
    let issuer = world.issuer();
    let rows: Vec<Row> = vec![
        ("one character changed", with(&changed)),
        ("one character cut off", with(&sealed[..sealed.len() - 1])),
        ("one character more", with(&format!("{sealed}A"))),
        ("a code in its place", with(&code)),
        ("a registration in its place", with(actor.client.id.trim_start_matches("dcr_"))),
        ("nothing in its place", with("")),
        ("nothing sealed", happy.clone().without("request")),
        ("two of them", happy.clone().with_another("request", &sealed)),
        ("from another site", from("https://evil.com")),
        ("from a page that hides where it is", from("null")),
        ("from another port", from("http://localhost:1")),
        ("from a longer name", from(&format!("{issuer}.evil.com"))),
        ("from the other scheme", from(&issuer.replace("http:", "https:"))),
        ("as JSON", happy.clone().body(format!("{{\"request\":\"{sealed}\"}}"))),
    ];
    for (what, request) in rows {
        let reply = actor.send(request).await?;
        page(what, &reply, 400);
        assert_eq!(reply.header("set-cookie"), None, "{what} signs in");
    }
    page("another browser", &attacker.send(happy.clone()).await?, 400);
    attacker.jar.clear();
    page("no cookie", &attacker.send(happy.clone()).await?, 400);
    let by_get = happy.clone().method(Method::GET);
    assert_eq!(actor.send(by_get).await?.status, 405);
    // All that spent nothing: the person's own answer counts.
    let code = Landing::of(&actor.send(happy).await?)?.code()?;
    actor.redeem(&code).await?;
    Ok(())
}

/// Somebody else who is signed in cannot answer either, and neither can a page that named somebody who has left.
#[tokio::test]
async fn a_page_belongs_to_the_person_it_named() -> Outcome {
    let world = World::start().await?;
    world.add_user("eve@example.com", "a password of her own").await?;
    let mut actor = world.actor().await?;
    actor.approve().await?;
    let shown = actor.open(actor.authorize_request()).await?;
    assert!(shown.text().contains(EMAIL) && !shown.text().contains("type=\"password\""));
    let happy = actor.decision_request(&shown, "allow")?;
    let mut eve = actor.clone();
    eve.jar.clear();
    (eve.email, eve.password) = ("eve@example.com".to_owned(), "a password of her own".to_owned());
    eve.approve().await?;
    page("somebody else", &eve.send(happy.clone()).await?, 400);
    // The sign-in ends before the page does.
    world.advance(seconds(11 * 3600 + 50 * 60));
    let late = actor.open(actor.authorize_request()).await?;
    let late = actor.decision_request(&late, "allow")?;
    world.advance(seconds(600));
    let reply = actor.send(late).await?;
    assert!(matches!(reply.status, 400 | 403), "{}", reply.text());
    assert_eq!(reply.header("location"), None);
    Ok(())
}

#[tokio::test]
async fn a_page_expires() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let shown = actor.open(actor.authorize_request()).await?;
    let decisions = [actor.decision_request(&shown, "allow")?, actor.decision_request(&shown, "deny")?];
    world.advance(seconds(1799));
    let [allow, deny] = decisions;
    assert_eq!(actor.send(allow.clone()).await?.status, 303, "the last second");
    world.advance(seconds(1));
    for request in [allow, deny] {
        let reply = actor.send(request).await?;
        page("an expired page", &reply, 400);
        assert!(reply.text().contains("expired"), "{}", reply.text());
    }
    actor.sign_in().await?;
    Ok(())
}

/// A double click gives a second code, and each stands for itself.
#[tokio::test]
async fn a_replayed_form_does_no_harm() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let shown = actor.open(actor.authorize_request()).await?;
    let happy = actor.decision_request(&shown, "allow")?;
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(Landing::of(&actor.send(happy.clone()).await?)?.code()?);
    }
    let mut tokens = Vec::new();
    for code in &codes {
        tokens.push(actor.redeem(code).await?);
    }
    for token in &tokens {
        actor.refresh(&token.refresh).await?;
    }
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), 3, "no code is given twice");
    Ok(())
}

#[tokio::test]
async fn a_refusal_of_the_person_goes_back_to_the_client() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let mut unclear: Vec<(&str, Request)> = Vec::new();
    let shown = actor.open(actor.authorize_request()).await?;
    unclear.push(("deny", actor.decision_request(&shown, "deny")?));
    let allow = actor.decision_request(&shown, "allow")?;
    unclear.push(("neither", allow.clone().with("decision", "maybe")));
    unclear.push(("no button", allow.clone().without("decision")));
    unclear.push(("ALLOW", allow.clone().with("decision", "ALLOW")));
    for (what, request) in unclear {
        let reply = actor.send(request).await?;
        sent_back(what, &reply, (&actor, "access_denied"))?;
        assert_eq!((reply.status, reply.header("set-cookie")), (303, None), "{what}");
    }
    let mut after = actor.clone();
    let shown = after.open(after.authorize_request()).await?;
    assert!(shown.text().contains("type=\"password\""), "a refusal signs nobody in");
    assert_eq!(actor.send(allow).await?.status, 303, "and a second thought is possible");
    Ok(())
}

/// The page, without what differs from one page to the next.
fn without(reply: &Reply, email: &str) -> Outcome<String> {
    let html = reply.text().into_owned();
    let (before, rest) =
        html.split_once("name=\"request\" value=\"").ok_or_else(|| Failure::new("no form"))?;
    let (_, after) = rest.split_once('"').ok_or_else(|| Failure::new("no form"))?;
    let reference = reference(reply).ok_or_else(|| Failure::new("no reference"))?;
    Ok(format!("{before}{after}").replace(email, "EMAIL").replace(&reference, "REFERENCE"))
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_email_look_the_same() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let shown = actor.open(actor.authorize_request()).await?;
    let happy = actor.decision_request(&shown, "allow")?;
    let with = |email: &str, password: &str| happy.clone().with("email", email).with("password", password);
    let known = actor.send(with(EMAIL, "wrong")).await?;
    page("a wrong password", &known, 403);
    let names: Vec<&str> = known.headers.iter().map(|(name, _)| name.as_str()).collect();
    for (email, password) in [
        ("nobody@example.com", "wrong"),
        ("nobody@example.com", actor.password.clone().as_str()),
        (EMAIL, "x"),
        (EMAIL, &"x".repeat(5000)),
        ("' OR 1=1 --", "' OR 1=1 --"),
        ("%@example.com", "wrong"),
    ] {
        let unknown = actor.send(with(email, password)).await?;
        page(email, &unknown, 403);
        assert_eq!(without(&unknown, &email.replace('\'', "&#39;"))?, without(&known, EMAIL)?, "{email}");
        let others: Vec<&str> = unknown.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(others, names, "{email}");
    }
    for (what, request) in [
        ("no password", happy.clone().without("password")),
        ("an empty password", with(EMAIL, "")),
        ("no e-mail", happy.clone().without("email")),
        ("an e-mail of no letters", with("a\0b@example.com\u{202e}", "wrong")),
        ("a password of no letters", with(EMAIL, "\0\u{fffd}💥")),
    ] {
        page(what, &actor.send(request).await?, 403);
    }
    // The page that came back works, and so does the address as a telephone writes it.
    let again = actor.decision_request(&known, "allow")?.with("email", " Demo@Example.com ");
    Landing::of(&actor.send(again).await?)?.code()?;
    Ok(())
}
