//! At the auth-server: what people see and send, what they allow, and what is asked with their grants.

use auth_server::limits::{APPROVALS, GRANTS, PAGES, REVOCATIONS, USERINFO};
use conformance::{
    actor::{Actor, Request, expect},
    exchange::Reply,
    failure::Outcome,
};
use serde_json::json;

use super::shapes::{exhaust, limited, too_often};
use crate::{
    attacks::{form, look},
    negative::check::{page, seconds},
    openid,
    passkeys::authenticator::call,
};

const HEADER: &str = "x-forwarded-for";
const HERE: &str = "192.0.2.1";

/// What the script of a page shows.
fn script_told(reply: &Reply) {
    assert_eq!(reply.status, 429, "{}", reply.text());
    assert_eq!(reply.header("retry-after"), Some("1"));
    let told = reply.json().unwrap_or_default();
    assert_eq!(told["error"], "too_often");
    assert_eq!(told["message"], "There were too many requests. Wait one second and try again.");
}

#[tokio::test]
async fn what_pages_send_and_lead_to_is_counted_with_them() -> Outcome {
    let world = limited().await?;
    let mut actor = world.stranger()?;
    let from = |request: Request| request.with_header(HEADER, HERE);
    let ceremony = |actor: &Actor, path: &str| from(call(actor, path, json!({})));
    let question = ceremony(&actor, "/signin/passkey/question");
    script_told(&exhaust(&mut actor, (&question, 200), PAGES.burst).await?);
    for path in ["/signin/passkey", "/account/passkeys/question", "/account/passkeys/new"] {
        let request = ceremony(&actor, path);
        script_told(&actor.send(request).await?);
    }
    let issuer = actor.issuer.clone();
    let seen = |path: &str| from(Request::get(format!("{issuer}{path}")).by_human());
    for path in ["/signin/callback", "/signin/callback/2", "/welcome/a", "/account/passkeys", "/account"] {
        page(path, &actor.send(seen(path)).await?, 429);
    }
    let sent = |path: &str| from(Request::form(format!("{issuer}{path}")).by_human());
    for path in ["/account/passkeys/removal", "/account", "/oauth/decision", "/welcome", "/oauth/authorize"] {
        page(path, &actor.send(sent(path)).await?, 429);
    }
    let elsewhere = question.clone().with_header(HEADER, "192.0.2.2");
    expect(actor.send(elsewhere).await?, 200)?;
    world.advance(seconds(1));
    expect(actor.send(question).await?, 200)?;
    Ok(())
}

#[tokio::test]
async fn one_account_allows_only_so_much_and_can_always_end_it() -> Outcome {
    let world = limited().await?;
    world.add_user("other@example.com", "another password altogether").await?;
    let mut actor = world.actor().await?;
    actor.sign_in().await?;
    // In a browser of each, signed in.
    let shown = actor.open(actor.authorize_request().with("prompt", "consent")).await?;
    let allow = actor.decision_request(&shown, "allow")?;
    let refused = exhaust(&mut actor, (&allow, 303), APPROVALS.burst).await?;
    page("one too many", &refused, 429);
    assert_eq!(refused.header("retry-after"), Some("1"));
    let mut other = actor.clone();
    other.jar.clear();
    other.email = "other@example.com".to_owned();
    other.password = "another password altogether".to_owned();
    other.fresh().sign_in().await?;
    let shown = other.open(other.authorize_request().with("prompt", "consent")).await?;
    let allowed = other.decision_request(&shown, "allow")?;
    expect(other.send(allowed).await?, 303)?;
    // With a stolen sign-in nobody holds off its end.
    let shown = look(&mut actor, "/account").await?;
    let end = form(&actor, &shown, "about")?;
    expect(actor.send(end).await?, 303)?;
    world.advance(seconds(1));
    expect(actor.send(allow).await?, 303)?;
    Ok(())
}

#[tokio::test]
async fn who_refreshes_too_often_may_still_revoke() -> Outcome {
    let world = limited().await?;
    let mut actor = world.actor().await?;
    let (first, second) = (actor.sign_in().await?, actor.fresh().sign_in().await?);
    let refresh = actor.refresh_request(&first.refresh);
    too_often(&exhaust(&mut actor, (&refresh, 200), GRANTS.burst - 1).await?);
    let revoke = actor.revoke_request(&first.refresh);
    too_often(&exhaust(&mut actor, (&revoke, 200), REVOCATIONS.burst).await?);
    let other = actor.revoke_request(&second.refresh);
    expect(actor.send(other).await?, 200)?;
    world.advance(seconds(1));
    expect(actor.send(revoke).await?, 200)?;
    Ok(())
}

#[tokio::test]
async fn who_a_person_is_is_asked_only_so_often_with_one_grant() -> Outcome {
    let world = limited().await?;
    let mut actor = world.actor().await?;
    let first = openid::allow(&mut actor, "openid email").await?;
    let second = openid::allow(&mut actor, "openid email").await?;
    let ask = |actor: &Actor, token: &str| Request::get(actor.endpoint("userinfo")).bearer(token);
    let request = ask(&actor, &first.access);
    too_often(&exhaust(&mut actor, (&request, 200), USERINFO.burst).await?);
    let another = ask(&actor, &second.access);
    expect(actor.send(another).await?, 200)?;
    // A token of nobody counts against nobody, and is told what is wrong with it.
    let forged = ask(&actor, &format!("{}A", first.access));
    expect(actor.send(forged).await?, 401)?;
    world.advance(seconds(1));
    too_often(&exhaust(&mut actor, (&request, 200), USERINFO.per_second).await?);
    Ok(())
}
