//! What is refused has a reference, and the reference tells the operator what happened, but no secret.
//!
//! | module | what it shows |
//! |---|---|
//! | [`again`] | a page that is shown again has one too |
//! | [`told`] | what is printed of the failures that happen most |
//! | [`everywhere`] | no refusal is without a reference, and the rule is told exactly |

mod again;
mod everywhere;
mod told;

use auth_server::flow::incidents::{Explanation, explain};
use conformance::{
    actor::{Actor, Landing, Request},
    exchange::Reply,
    failure::{Failure, Outcome},
    world::World,
};
use serde_json::json;

use crate::negative::check::seconds;

/// The reference of an answer: in a JSON error, in the error of a redirect, or on a page.
pub(crate) fn reference(reply: &Reply) -> Option<String> {
    if let Some(body) = reply.json() {
        return body["reference"].as_str().map(str::to_owned);
    }
    let text = match Landing::of(reply) {
        Ok(landing) => landing.get("error_description")?.to_owned(),
        Err(_) => reply.text().into_owned(),
    };
    let after = ["(reference ", "<code class=\"reference\">"];
    let (_, rest) = after.iter().find_map(|mark| text.split_once(mark))?;
    Some(rest.chars().take(8).collect())
}

/// What is kept under the reference of a refusal. It is written after the answer, so it may take a moment.
pub(crate) async fn explained(world: &World, reply: &Reply) -> Outcome<Explanation> {
    let reference = reference(reply)
        .ok_or_else(|| Failure::new(format!("no reference: {} {}", reply.line(), reply.text())))?;
    assert!(
        reference.len() == 8
            && reference.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()),
        "{reference}"
    );
    for _ in 0..10_000 {
        // However it is spelled.
        let spelled = format!(" {}-{} ", &reference[..4].to_lowercase(), &reference[4..]);
        if let Some(found) = explain(world.auth_app()?, &spelled).await? {
            return Ok(found);
        }
        tokio::task::yield_now().await;
    }
    Err(Failure::new(format!("nothing is kept under {reference}")))
}

fn sent<'a>(found: &'a Explanation, name: &str) -> Option<&'a str> {
    found.noted.document.sent.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

fn fits(found: &Explanation, name: &str) -> Option<bool> {
    found.expected.iter().find(|expectation| expectation.name == name)?.fits
}

#[tokio::test]
async fn a_page_an_error_and_a_redirect_have_a_reference() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let elsewhere = actor.authorize_request().with("redirect_uri", "https://evil.example/cb");
    let found = explained(&world, &actor.send(elsewhere).await?).await?;
    assert_eq!(found.noted.document.endpoint, "GET /oauth/authorize");
    assert_eq!(sent(&found, "redirect_uri"), Some("https://evil.example/cb"));
    assert_eq!(fits(&found, "redirect_uri"), Some(false));
    assert!(found.expected.iter().any(|expectation| expectation.wanted.contains(actor.redirect_uri())));
    assert!(found.client.is_some_and(|client| client.id == actor.client.id));

    let other = actor.authorize_request().with("resource", "https://other.example/mcp");
    let found = explained(&world, &actor.send(other).await?).await?;
    assert_eq!(found.noted.document.error, "invalid_target");
    assert_eq!((fits(&found, "resource"), fits(&found, "redirect_uri")), (Some(false), Some(true)));

    let denied = actor.open(actor.authorize_request()).await?;
    let denied = actor.decision_request(&denied, "deny")?;
    let found = explained(&world, &actor.send(denied).await?).await?;
    assert_eq!(found.noted.document.error, "access_denied");
    assert_eq!(found.noted.document.held.len(), 1, "the page");

    let nobody = actor.token_request("x").with("client_id", "nobody").without("client_secret");
    let found = explained(&world, &actor.send(nobody).await?).await?;
    assert_eq!(found.noted.document.error, "invalid_client");
    assert!(found.client.is_none());

    let evil = actor.register_request().with("redirect_uris", json!(["https://evil.example/cb"]));
    let found = explained(&world, &actor.send(evil).await?).await?;
    assert_eq!(found.noted.document.error, "invalid_redirect_uri");
    assert_eq!(sent(&found, "redirect_uris"), Some("https://evil.example/cb"));
    Ok(())
}

#[tokio::test]
async fn a_code_tells_its_course() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let code = actor.approve().await?;
    let wrong = actor.token_request(&code).with("code_verifier", "x".repeat(43));
    let first = explained(&world, &actor.send(wrong).await?).await?;
    assert!(first.grant.is_none(), "nobody has redeemed it yet");
    assert_eq!(first.noted.document.held.len(), 1);
    assert!(first.noted.document.reason.is_some_and(|reason| reason.contains("code_challenge")));
    actor.redeem(&code).await?;
    world.advance(seconds(30));
    let again = actor.token_request(&code);
    let second = explained(&world, &actor.send(again).await?).await?;
    assert!(second.noted.document.reason.is_some_and(|reason| reason.contains("redeemed before")));
    assert!(second.grant.is_some_and(|grant| grant.revoked_at.is_some()));
    let before: Vec<_> = second.before.iter().map(|noted| noted.reference.as_str()).collect();
    assert_eq!(before, [first.noted.reference.as_str()]);
    world.advance(seconds(7 * 24 * 3600));
    assert!(explain(world.auth_app()?, &second.noted.reference).await?.is_none(), "a week is over");
    Ok(())
}

/// In one second, which does not pass here, few of one source are kept; all are answered with a reference. Who brings a code
/// of ours is none of the strangers.
#[tokio::test]
async fn a_flood_is_answered_and_not_written() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let mut references = Vec::new();
    for _ in 0..60 {
        let request = actor.token_request("x");
        references.extend(reference(&actor.send(request).await?));
    }
    let code = actor.approve().await?;
    let mine = actor.token_request(&code).with("code_verifier", "x".repeat(43));
    explained(&world, &actor.send(mine).await?).await?;
    world.advance(seconds(1));
    let last = actor.token_request("x");
    explained(&world, &actor.send(last).await?).await?;
    let mut kept = 0;
    for reference in &references {
        kept += usize::from(explain(world.auth_app()?, reference).await?.is_some());
    }
    assert_eq!((references.len(), kept), (60, 5));
    Ok(())
}

/// The requests a mixed-up client might send, with secrets where they belong and where they do not.
fn mixed_up(actor: &Actor, code: &str, (access, refresh): (&str, &str)) -> Vec<Request> {
    let token = actor.endpoint("token");
    let verifier = actor.pkce.verifier.as_str();
    let secret = actor.client.secret.clone().unwrap_or_default();
    vec![
        actor.token_request(code),
        actor.token_request(code).with("code_verifier", "x".repeat(43)),
        actor.token_request(code).with("redirect_uri", "https://evil.com/"),
        actor.token_request(code).with("client_id", code),
        actor.token_request(code).with("client_id", refresh),
        actor.token_request(code).with("client_secret", refresh),
        actor.token_request(code).with("resource", verifier),
        actor.token_request(code).with_another("code", code),
        actor.token_request(code).basic(&actor.client.id, refresh),
        actor.token_request(code).basic(&secret, verifier),
        actor.token_request(code).to(format!("{token}?code={code}&client_secret={secret}")),
        actor.token_request(refresh),
        actor.token_request(code).with_header("content-type", "text/plain"),
        actor.token_request(code).with_header("user-agent", &format!("client/1 {secret}")),
        actor.token_request(code).with("grant_type", refresh),
        actor.token_request(code).with("client_assertion", access).without("client_secret"),
        actor.token_request(code).with("client_assertion_type", access),
        actor.token_request(code).with(secret.as_str(), verifier),
        actor.refresh_request(code),
        actor.refresh_request(access),
        actor.refresh_request(refresh).with("scope", "admin"),
        actor.refresh_request(refresh).with("scope", secret.as_str()),
        actor.revoke_request(refresh).with("client_id", "nobody"),
        actor.authorize_request().with("client_id", code),
        actor.authorize_request().with("redirect_uri", format!("https://evil.com/{code}?code={code}#{code}")),
        actor.authorize_request().with("redirect_uri", format!("https://{secret}@evil.com/")),
        actor.authorize_request().with("resource", refresh).with("code_challenge", refresh),
        actor.authorize_request().with("response_type", refresh).with("login_hint", actor.email.as_str()),
        actor.authorize_request().with("response_type", "token"),
        actor.register_request().with("redirect_uris", json!([format!("https://evil.com/{code}")])),
        actor.register_request().with("redirect_uris", json!([])).with("client_name", secret.as_str()),
        actor.register_request().with("redirect_uris", json!([])).with("contacts", json!([actor.email])),
    ]
}

#[tokio::test]
async fn no_secret_is_kept() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    actor.state = "a state of a client that is long enough to be worth something".to_owned();
    let page = actor.open(actor.authorize_request()).await?;
    let decision = actor.decision_request(&page, "allow")?;
    let mut strange = decision.clone().with("request", "x".repeat(60));
    strange.set("note", actor.password.clone());
    let mut kept = vec![explained(&world, &actor.send(strange).await?).await?];
    let code = Landing::of(&actor.send(decision.clone()).await?)?.code()?;
    let tokens = actor.redeem(&code).await?;
    let next = actor.refresh(&tokens.refresh).await?;
    world.advance(seconds(1801));
    kept.push(explained(&world, &actor.send(decision.clone()).await?).await?);
    for request in mixed_up(&actor, &code, (&next.access, &tokens.refresh)) {
        // Few are kept of one second.
        world.advance(seconds(1));
        kept.push(explained(&world, &actor.send(request).await?).await?);
    }
    let secrets = [
        ("code", code.as_str()),
        ("verifier", &actor.pkce.verifier),
        ("client secret", actor.client.secret.as_deref().unwrap_or_default()),
        ("access token", &tokens.access),
        ("next access token", &next.access),
        ("refresh token", &tokens.refresh),
        ("next refresh token", &next.refresh),
        ("password", &actor.password),
        ("e-mail", &actor.email),
        ("state", &actor.state),
        ("cookie", actor.jar.value("gatehouse").unwrap_or_default()),
        ("sealed request", decision.parameter("request").unwrap_or_default()),
    ];
    assert!(kept.len() > 30);
    for found in &kept {
        let text = serde_json::to_string(&found.noted.document)?;
        for (name, secret) in secrets {
            assert!(secret.len() >= 8, "{name} is no secret");
            // A shortened secret is still one.
            let part = &secret[secret.len() / 4..secret.len() / 4 + (secret.len() / 2).min(20)];
            assert!(!text.contains(part), "{name} is kept: {text}");
        }
    }
    Ok(())
}
