//! What pages, links and references give away: to a frame, a cache, a mail program, a terminal.

use auth_server::flow::{incidents::explain, links};
use conformance::{
    actor::{Landing, Request},
    failure::{Failure, Outcome},
    world::World,
};
use reqwest::Method;

use super::{EMAIL, NEW_PASSWORD, PASSWORD, form, look, reset};
use crate::negative::check::{page, page_headers, seconds};

/// What a terminal acts on, what turns a line around, and what begins another one.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\r\n2026 INFO signed in\u{0}";

#[tokio::test]
async fn every_page_about_a_person_is_for_them_alone() -> Outcome {
    let world = World::start().await?;
    world.add_user("eve@example.com", PASSWORD).await?;
    let mut actor = world.actor().await?;
    let link = reset(world.auth_app()?, "eve@example.com").await?;
    let signed_out = look(&mut actor, "/account").await?;
    page("the sign-in", &signed_out, 200);
    actor.sign_in().await?;
    for path in ["/account", "/account?done=x", "/account/passkeys", "/welcome", link.as_str()] {
        let shown = look(&mut actor, path).await?;
        page(path, &shown, 200);
        // Neither a script of another origin nor one that somebody wrote into the page.
        let policy = shown.header("content-security-policy").unwrap_or_default();
        assert!(policy.contains("base-uri 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
    }
    // What sends the browser on names nobody, and is not kept either.
    let shown = look(&mut actor, "/account").await?;
    let reply = actor.send(form(&actor, &shown, "ticket")?).await?;
    assert_eq!(reply.status, 303);
    assert!(reply.is_no_store() && !reply.text().contains(EMAIL));
    Ok(())
}

/// Mail programs and proxies look with HEAD, and browsers in advance.
#[tokio::test]
async fn only_a_form_uses_a_link_up() -> Outcome {
    let world = World::start().await?;
    let link = reset(world.auth_app()?, EMAIL).await?;
    let mut scanner = world.stranger()?;
    for request in [
        Request::get(link.as_str()).method(Method::HEAD),
        Request::get(link.as_str()).with_header("sec-purpose", "prefetch;prerender"),
        Request::get(format!("{link}?password={NEW_PASSWORD}&repeated={NEW_PASSWORD}").replace(' ', "+")),
    ] {
        assert_eq!(scanner.send(request.by_human()).await?.status, 200);
    }
    // A form that was written by hand, at the address of the link itself.
    let written =
        Request::form(link.as_str()).by_human().with("password", NEW_PASSWORD).with("repeated", NEW_PASSWORD);
    assert_eq!(scanner.send(written).await?.status, 405);
    let mut owner = world.actor().await?;
    let shown = look(&mut owner, &link).await?;
    let request =
        form(&owner, &shown, "repeated")?.with("password", NEW_PASSWORD).with("repeated", NEW_PASSWORD);
    let done = owner.send(request.clone()).await?;
    assert_eq!((done.status, done.header("location")), (303, Some("/welcome")));
    page("the form again", &owner.send(request).await?, 404);
    Ok(())
}

/// Somebody else's link opens no account but the one it was made for, and signs nobody in by being looked at.
#[tokio::test]
async fn a_link_that_somebody_is_sent_signs_them_in_to_nothing() -> Outcome {
    let world = World::start().await?;
    let mut victim = world.actor().await?;
    victim.sign_in().await?;
    let link = links::invite(world.auth_app()?, "attacker@example.com", seconds(3600)).await?;
    let shown = look(&mut victim, &link).await?;
    page("the attacker's link", &shown, 200);
    assert_eq!(shown.header("set-cookie"), None);
    let own = look(&mut victim, "/account").await?;
    assert!(own.text().contains(EMAIL), "{}", own.text());
    // The attacker's copy of the form is for their own browser.
    let mut attacker = world.stranger()?;
    let theirs = look(&mut attacker, &link).await?;
    let theirs = form(&attacker, &theirs, "repeated")?;
    let theirs = theirs.with("password", NEW_PASSWORD).with("repeated", NEW_PASSWORD);
    page("in the victim's browser", &victim.send(theirs.clone()).await?, 400);
    let other = form(&victim, &shown, "repeated")?.with_header("origin", "https://evil.example");
    page("from the attacker's site", &victim.send(other).await?, 400);
    assert_eq!(attacker.send(theirs).await?.status, 303);
    Ok(())
}

/// What the operator's terminal shows of a request is text, whatever was sent.
#[tokio::test]
async fn a_reference_tells_a_terminal_nothing_to_do() -> Outcome {
    let world = World::start().await?;
    let app = world.auth_app()?;
    let mut actor = world.stranger()?;
    let register = actor.register_request().with("client_name", format!("Name{HOSTILE}\u{202e}"));
    actor.register_with(register).await?;
    let request =
        actor.authorize_request().with("scope", HOSTILE).with("prompt", HOSTILE).with("ui_locales", HOSTILE);
    let request = request.with(HOSTILE, HOSTILE).with("display", HOSTILE);
    let landing = Landing::of(&actor.send(request).await?)?;
    let told = landing.get("error_description").unwrap_or_default().to_owned();
    let reference = told.split("(reference ").nth(1).and_then(|rest| rest.split(')').next());
    let reference = reference.ok_or_else(|| Failure::new(format!("no reference: {told}")))?;
    let mut found = None;
    for _ in 0..10_000 {
        found = explain(app, reference).await?;
        if found.is_some() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let found = found.ok_or_else(|| Failure::new("nothing is kept"))?;
    let name = found.client.as_ref().map(|client| client.metadata.display_name().to_owned());
    let document = &found.noted.document;
    let mut texts = vec![name.unwrap_or_default(), document.endpoint.clone(), document.description.clone()];
    texts.extend(document.reason.clone());
    texts.extend(document.sent.iter().flat_map(|(name, value)| [name.clone(), value.clone()]));
    texts.push(document.program.clone());
    assert!(texts.iter().any(|text| text.contains("owned")), "the request is explained: {texts:?}");
    for text in texts {
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
    Ok(())
}

/// A client that calls itself by a person's own page, by markup and by a name that turns the line around.
#[tokio::test]
async fn the_account_page_believes_no_name() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    let name = "</h3></form><form action=\"https://evil.example\">\u{202e}<script>alert(1)</script>";
    let register = actor.register_request().with("client_name", name);
    actor.register_with(register).await?;
    let hostile = "Mozilla/5.0 <script>alert(2)</script> \u{e9} Firefox/140.0 \"><img src=x>";
    let request = actor.authorize_request();
    let shown = actor.open(request).await?;
    let decision = actor.decision_request(&shown, "allow")?.with_header("user-agent", hostile);
    let code = Landing::of(&actor.send(decision).await?)?.code()?;
    actor.redeem(&code).await?;
    let shown = look(&mut actor, "/account").await?;
    page_headers("the account page", &shown);
    let text = shown.text();
    assert!(
        !text.contains("<script") && !text.contains("<img src=x") && !text.contains("\"https://evil"),
        "{text}"
    );
    assert!(!text.contains('\u{202e}') && text.contains("evil.example"), "{text}");
    Ok(())
}
