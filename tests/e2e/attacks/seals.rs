//! Whatever is sealed for one purpose opens for no other: every sealed text a browser ever holds, handed to every place
//! that reads one, by the same person in the same browser at the same time.

use conformance::{
    actor::{Actor, Request},
    exchange::Reply,
    failure::{Failure, Outcome},
    world::World,
};
use serde_json::{Value, json};

use super::{
    EMAIL, NEW_PASSWORD,
    authenticator::{Authenticator, add, call, list, new_request, question, sign_in_request},
    form, look, reset,
};

/// A request that carries a sealed text, the field it is in, and what is answered when it is good.
struct Reader {
    what: &'static str,
    request: Request,
    field: &'static str,
    good: u16,
}

impl Reader {
    fn sealed(&self) -> Outcome<String> {
        let sealed = self.request.parameter(self.field).map(str::to_owned);
        sealed.ok_or_else(|| Failure::new(format!("{} has no {}", self.what, self.field)))
    }
}

/// Every form and every script of somebody who is signed in, each ready to be sent.
async fn readers(actor: &mut Actor, link: &str) -> Outcome<Vec<Reader>> {
    let mut passkey = add(actor, "").await?;
    let reader = |what, request, field, good| Reader { what, request, field, good };
    let shown = actor.open(actor.authorize_request()).await?;
    let decision = actor.decision_request(&shown, "allow")?;
    let shown = look(actor, link).await?;
    let welcome = form(actor, &shown, "repeated")?;
    let welcome = welcome.with("password", NEW_PASSWORD).with("repeated", NEW_PASSWORD);
    let sign_in = sign_in_request(actor, &mut passkey).await?;
    let mut other = Authenticator::fresh(&actor.issuer)?;
    let new = new_request(actor, &mut other, "").await?;
    let shown = list(actor).await?;
    let removal = form(actor, &shown, "removal")?;
    let shown = look(actor, "/account").await?;
    let end = form(actor, &shown, "about")?;
    Ok(vec![
        reader("a decision", decision, "request", 303),
        reader("a new passkey", new, "state", 200),
        reader("a passkey's sign-in", sign_in, "state", 200),
        reader("a passkey's removal", removal, "removal", 303),
        reader("a form of the account page", end, "ticket", 303),
        reader("a link's form", welcome, "link", 303),
    ])
}

/// Sealed texts that are in no form: a code, what a browser remembers, and what a page is to say.
async fn others(actor: &mut Actor) -> Outcome<Vec<(&'static str, String)>> {
    let known = actor.jar.value("gatehouse-known").map(str::to_owned);
    let known = known.ok_or_else(|| Failure::new("nothing is remembered"))?;
    let (_, state) = question(actor, "/signin/passkey/question").await?;
    let code = actor.approve().await?;
    let client = actor.client.id.trim_start_matches("dcr_").to_owned();
    let state = state.as_str().unwrap_or_default().to_owned();
    Ok(vec![("a code", code), ("the known cookie", known), ("a client_id", client), ("a question", state)])
}

fn is_refusal(reply: &Reply) -> bool {
    matches!(reply.status, 400 | 403) && reply.header("set-cookie").is_none()
}

#[tokio::test]
async fn what_is_sealed_opens_for_one_purpose_alone() -> Outcome {
    let world = World::start().await?;
    world.add_user("eve@example.com", "a password of her own").await?;
    let mut actor = world.actor().await?;
    actor.sign_in().await?;
    let link = reset(world.auth_app()?, "eve@example.com").await?;
    let readers = readers(&mut actor, &link).await?;
    let mut texts = others(&mut actor).await?;
    for reader in &readers {
        texts.push((reader.what, reader.sealed()?));
    }
    for reader in &readers {
        for (what, sealed) in &texts {
            let is_own =
                *what == reader.what || (*what, reader.what) == ("a question", "a passkey's sign-in");
            if is_own {
                continue;
            }
            let reply = actor.send(reader.request.clone().with(reader.field, sealed.as_str())).await?;
            assert!(is_refusal(&reply), "{what} as {}: {} {}", reader.what, reply.line(), reply.text());
        }
    }
    // Neither is any of them a code, a refresh token or a link.
    for (what, sealed) in &texts {
        if *what != "a code" {
            let reply = actor.send(actor.token_request(sealed)).await?;
            assert_eq!(reply.error().as_deref(), Some("invalid_grant"), "{what} as a code");
        }
        let reply = actor.send(actor.refresh_request(sealed)).await?;
        assert_eq!(reply.error().as_deref(), Some("invalid_grant"), "{what} as a refresh token");
        let reply = look(&mut actor.clone(), &format!("/welcome/{sealed}")).await?;
        assert_eq!(reply.status, 404, "{what} as a link");
    }
    // Each does what it is for: it was not refused for anything else. The last one signs somebody else in.
    let mut browser = actor.clone();
    for reader in &readers {
        let reply = browser.send(reader.request.clone()).await?;
        assert_eq!(reply.status, reader.good, "{}: {}", reader.what, reply.text());
    }
    Ok(())
}

/// The cookies are two: neither stands in the place of the other.
#[tokio::test]
async fn a_browser_that_is_known_is_not_signed_in_by_that() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    actor.sign_in().await?;
    let value = |name: &str| actor.jar.value(name).map(str::to_owned).unwrap_or_default();
    let (session, known) = (value("gatehouse"), value("gatehouse-known"));
    assert!(!session.is_empty() && !known.is_empty());
    let mut stranger = world.stranger()?;
    for (what, field) in [
        ("the known cookie alone", format!("gatehouse-known={known}")),
        ("as the other one", format!("gatehouse={known}")),
        ("its first part", format!("gatehouse={}", &known[..43])),
        ("the other way round", format!("gatehouse-known={session}")),
        ("in another case", format!("GATEHOUSE={session}")),
        ("quoted, with more", format!("gatehouse=\"{session}x\"")),
    ] {
        stranger.jar.clear();
        let request =
            Request::get(format!("{}/account", stranger.issuer)).by_human().with_header("cookie", &field);
        let shown = stranger.send(request).await?;
        assert!(shown.text().contains("type=\"password\""), "{what}: {}", shown.text());
        assert!(!shown.text().contains(EMAIL), "{what}: {}", shown.text());
    }
    let request = Request::get(format!("{}/account", stranger.issuer)).by_human();
    stranger.jar.clear();
    let shown = stranger.send(request.with_header("cookie", &format!("gatehouse={session}"))).await?;
    assert!(shown.text().contains(EMAIL), "the cookie itself: {}", shown.text());
    Ok(())
}

/// A script's question is put to whoever was signed in then; somebody else in the same browser cannot answer it.
#[tokio::test]
async fn a_question_for_a_passkey_is_not_answered_into_another_account() -> Outcome {
    let world = World::start().await?;
    world.add_user("eve@example.com", "a password of her own").await?;
    let mut actor = world.actor().await?;
    actor.sign_in().await?;
    let mut passkey = Authenticator::fresh(&actor.issuer)?;
    let prepared = new_request(&mut actor, &mut passkey, "").await?;
    // Somebody else signs in where the first one was: pages of the one before are another browser's.
    let shown = actor.open(actor.authorize_request()).await?;
    let switch = actor.decision_request(&shown, "switch")?;
    let shown = actor.send(switch).await?;
    (actor.email, actor.password) = ("eve@example.com".to_owned(), "a password of her own".to_owned());
    let allow = actor.decision_request(&shown, "allow")?;
    assert_eq!(actor.send(allow).await?.status, 303);
    let reply = actor.send(prepared.clone()).await?;
    assert_eq!((reply.status, reply.error().as_deref()), (403, Some("other_browser")), "{}", reply.text());
    assert!(!list(&mut actor).await?.text().contains("name=\"removal\""), "a passkey was added");
    let state: Value = json!(prepared.parameter("state"));
    let reply =
        actor.send(call(&actor, "/signin/passkey", json!({"state": state, "credential": {}}))).await?;
    assert_eq!((reply.status, reply.error().as_deref()), (403, Some("forged")), "{}", reply.text());
    Ok(())
}
