//! Signing in.

use conformance::{
    actor::{Actor, Landing, Request, expect},
    failure::Outcome,
    world::{EMAIL, World},
};
use serde_json::{Value, json};

use super::{
    authenticator::{Authenticator, add, call, new_request, question, sign_in_content, sign_in_request},
    refused,
};
use crate::negative::check::{page, seconds};

/// A person with a passkey whose browser has forgotten them.
async fn forgotten(world: &World) -> Outcome<(Actor, Authenticator)> {
    let mut actor = world.actor().await?;
    actor.sign_in().await?;
    let passkey = add(&mut actor, "Key ring").await?;
    actor.jar.clear();
    actor.open(actor.authorize_request()).await?;
    Ok((actor, passkey))
}

/// The answer with one member changed.
fn with(content: &Value, place: &str, change: impl Fn(&Value) -> Value) -> Value {
    let mut content = content.clone();
    if let Some(member) = content.pointer_mut(place) {
        *member = change(member);
    }
    content
}

/// Another text of the same length.
fn flipped(text: &Value) -> Value {
    let text = text.as_str().unwrap_or_default();
    let middle = text.len() / 2;
    let other = if text.as_bytes().get(middle) == Some(&b'A') { "B" } else { "A" };
    Value::from(format!("{}{other}{}", &text[..middle], &text[middle + 1..]))
}

fn happy_with(actor: &Actor, content: Value) -> Request {
    call(actor, "/signin/passkey", content)
}

#[tokio::test]
async fn a_passkey_is_enough_and_allows_nothing_by_itself() -> Outcome {
    let world = World::start().await?;
    let (mut actor, mut passkey) = forgotten(&world).await?;
    let before = actor.jar.value("gatehouse").map(str::to_owned);
    let request = sign_in_request(&mut actor, &mut passkey).await?;
    let reply = expect(actor.send(request).await?, 200)?;
    let field = reply.header("set-cookie").unwrap_or_default().to_owned();
    assert!(field.contains("HttpOnly") && field.contains("SameSite=Lax"), "{field}");
    assert_ne!(actor.jar.value("gatehouse").map(str::to_owned), before, "a planted cookie stays worthless");
    // The address the script goes to: signed in, but asked, although a grant of before lives on.
    let again =
        actor.authorize_request().with("prompt", "consent").with_header("sec-fetch-site", "same-origin");
    let shown = actor.open(again).await?;
    assert!(shown.text().contains(EMAIL) && !shown.text().contains("type=\"password\""), "{}", shown.text());
    let decision = actor.decision_request(&shown, "allow")?;
    let code = Landing::of(&actor.send(decision).await?)?.code()?;
    let tokens = actor.redeem(&code).await?;
    assert_eq!(actor.call_tool(&tokens.access, "list_notes").await?.status, 200);
    Ok(())
}

/// A page from before the sign-in stays the browser's, as after a password.
#[tokio::test]
async fn the_browser_stays_the_same_one() -> Outcome {
    let world = World::start().await?;
    let (mut actor, mut passkey) = forgotten(&world).await?;
    let shown = actor.open(actor.authorize_request()).await?;
    let request = sign_in_request(&mut actor, &mut passkey).await?;
    expect(actor.send(request).await?, 200)?;
    let decision = actor.decision_request(&shown, "allow")?;
    assert_eq!(actor.send(decision).await?.status, 303);
    Ok(())
}

#[tokio::test]
async fn what_is_forged_signs_nobody_in() -> Outcome {
    let world = World::start().await?;
    let (mut actor, mut passkey) = forgotten(&world).await?;
    let content = sign_in_content(&mut actor, &mut passkey).await?;
    let (_, other) = question(&mut actor, "/signin/passkey/question").await?;
    let stranger = Authenticator::fresh(&actor.issuer)?.get(&json!({}))?;
    let happy = call(&actor, "/signin/passkey", content.clone());
    let changed = |place: &str| happy_with(&actor, with(&content, place, flipped));
    let set = |place: &str, value: Value| happy_with(&actor, with(&content, place, |_| value.clone()));
    let rows = [
        ("the signature", changed("/credential/response/signature"), "refused"),
        ("what it signed", changed("/credential/response/authenticatorData"), "refused"),
        ("the page it was on", changed("/credential/response/clientDataJSON"), "refused"),
        ("whose it is", changed("/credential/response/userHandle"), "refused"),
        ("nobody's", set("/credential/response/userHandle", Value::Null), "refused"),
        ("another passkey's", set("/credential", stranger), "unknown"),
        ("no passkey", set("/credential/rawId", json!("")), "unknown"),
        ("no answer", set("/credential", json!({})), "refused"),
        ("another question's", set("/state", other), "refused"),
        ("another seal", changed("/state"), "forged"),
        ("no seal", set("/state", Value::Null), "forged"),
        ("no JSON", happy.clone().body("state=x"), "forged"),
        ("a form", happy.clone().with_header("content-type", "application/x-www-form-urlencoded"), "forged"),
        ("text", happy.clone().with_header("content-type", "text/plain"), "forged"),
        ("another site's", happy.clone().with_header("origin", "https://evil.com"), "forged"),
        ("a hidden site's", happy.clone().with_header("origin", "null"), "forged"),
    ];
    for (what, request, error) in rows {
        refused(what, &actor.send(request).await?, error);
    }
    // All that spent nothing.
    expect(actor.send(happy).await?, 200)?;
    Ok(())
}

/// Authenticators that are elsewhere than they should be, or did not look.
#[tokio::test]
async fn an_authenticator_must_be_here_and_have_looked() -> Outcome {
    let world = World::start().await?;
    let (mut actor, mut passkey) = forgotten(&world).await?;
    let here = passkey.origin.clone();
    for origin in ["https://evil.com".to_owned(), format!("{here}0"), here.replace("http:", "https:")] {
        passkey.origin = origin.clone();
        let request = sign_in_request(&mut actor, &mut passkey).await?;
        refused(&origin, &actor.send(request).await?, "refused");
    }
    passkey.origin = here;
    passkey.host = "evil.com".to_owned();
    let request = sign_in_request(&mut actor, &mut passkey).await?;
    refused("another host", &actor.send(request).await?, "refused");
    passkey.host = "localhost".to_owned();
    let mut passkey = passkey.without_a_look();
    let request = sign_in_request(&mut actor, &mut passkey).await?;
    refused("nobody was looked at", &actor.send(request).await?, "refused");
    passkey.flags |= 0x04;
    let request = sign_in_request(&mut actor, &mut passkey).await?;
    expect(actor.send(request).await?, 200)?;
    Ok(())
}

#[tokio::test]
async fn an_answer_counts_once_in_one_browser_for_five_minutes() -> Outcome {
    let world = World::start().await?;
    let (mut actor, mut passkey) = forgotten(&world).await?;
    let happy = sign_in_request(&mut actor, &mut passkey).await?;
    let late = sign_in_request(&mut actor, &mut passkey).await?;
    let mut other = actor.clone();
    other.jar.clear();
    refused("no cookie", &other.send(happy.clone()).await?, "other_browser");
    other.open(other.authorize_request()).await?;
    refused("another browser", &other.send(happy.clone()).await?, "other_browser");
    world.advance(seconds(299));
    expect(actor.send(happy.clone()).await?, 200)?;
    let (first, second) = (actor.send(happy.clone()).await?, actor.send(happy.clone()).await?);
    refused("again", &first, "replayed");
    refused("and again", &second, "replayed");
    world.advance(seconds(1));
    refused("too late", &actor.send(late).await?, "expired");
    refused("again and too late", &actor.send(happy).await?, "expired");
    Ok(())
}

/// Two authenticators with the same key: the counter of one of them stands behind.
#[tokio::test]
async fn a_copy_is_refused_when_its_counter_stands_still() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    actor.sign_in().await?;
    let mut passkey = Authenticator::fresh(&actor.issuer)?;
    passkey.counter = 10;
    let request = new_request(&mut actor, &mut passkey, "").await?;
    expect(actor.send(request).await?, 200)?;
    for _ in 0..2 {
        let request = sign_in_request(&mut actor, &mut passkey).await?;
        expect(actor.send(request).await?, 200)?;
    }
    for behind in [0, 5, 11] {
        let ahead = std::mem::replace(&mut passkey.counter, behind);
        let request = sign_in_request(&mut actor, &mut passkey).await?;
        refused("a copy", &actor.send(request).await?, "refused");
        passkey.counter = ahead;
    }
    // Of two answers that were checked at the same time, one counts.
    let (one, two) = {
        let one = sign_in_request(&mut actor, &mut passkey).await?;
        passkey.counter -= 1;
        (one, sign_in_request(&mut actor, &mut passkey).await?)
    };
    let mut twin = actor.clone();
    let (one, two) = (actor.send(one), twin.send(two));
    let (one, two) = futures_util::future::join(one, two).await;
    let mut seen = [one?.status, two?.status];
    seen.sort_unstable();
    assert_eq!(seen, [200, 403]);
    Ok(())
}

/// Nobody is asked who they are before an authenticator answers, so nothing can be learnt from the question.
#[tokio::test]
async fn the_question_is_the_same_for_everybody() -> Outcome {
    let world = World::start().await?;
    let (mut actor, _) = forgotten(&world).await?;
    let (options, _) = question(&mut actor, "/signin/passkey/question").await?;
    assert_eq!((&options["rpId"], &options["userVerification"]), (&json!("localhost"), &json!("required")));
    assert!(options["allowCredentials"].as_array().is_none_or(Vec::is_empty), "{options}");
    let foreign =
        call(&actor, "/signin/passkey/question", json!({})).with_header("origin", "https://evil.com");
    refused("another site", &actor.send(foreign).await?, "forged");
    let by_get = Request::get(format!("{}/signin/passkey", actor.issuer)).by_human();
    assert_eq!(actor.send(by_get).await?.status, 405);
    Ok(())
}

/// A script of ours on the pages that need it, and on no others.
#[tokio::test]
async fn only_pages_that_ask_for_a_sign_in_have_the_script() -> Outcome {
    let world = World::start().await?;
    let (mut actor, mut passkey) = forgotten(&world).await?;
    let shown = actor.open(actor.authorize_request()).await?;
    let policy = shown.header("content-security-policy").unwrap_or_default().to_owned();
    assert!(policy.ends_with("; script-src 'self'; connect-src 'self'"), "{policy}");
    page("with a script", &shown, 200);
    assert!(shown.text().contains("<script src=\"/passkeys.js\" defer></script>"), "{}", shown.text());
    let script = actor.send(Request::get(format!("{}/passkeys.js", actor.issuer))).await?;
    assert_eq!((script.status, script.media_type().as_str()), (200, "text/javascript"));
    let request = sign_in_request(&mut actor, &mut passkey).await?;
    expect(actor.send(request).await?, 200)?;
    let shown = actor.open(actor.authorize_request()).await?;
    let policy = shown.header("content-security-policy").unwrap_or_default();
    assert!(!policy.contains("script-src") && !shown.text().contains("<script"), "{policy}");
    Ok(())
}

/// Browsers know no passkeys for an address without a name.
#[tokio::test]
async fn an_issuer_without_a_name_offers_none() -> Outcome {
    let world = World::builder().auth("ISSUER", "http://127.0.0.1:9000").start().await?;
    let mut actor = world.actor().await?;
    let shown = actor.open(actor.authorize_request()).await?;
    assert!(!shown.text().contains("<script"), "{}", shown.text());
    let ask = call(&actor, "/signin/passkey/question", json!({}));
    let reply = actor.send(ask.with_header("origin", "http://127.0.0.1:9000")).await?;
    assert_eq!((reply.status, reply.error().as_deref()), (404, Some("unavailable")));
    Ok(())
}
