//! Refusals: each counts once, under its own word, and nothing that was sent shows.

use conformance::{
    actor::{Actor, Request},
    failure::Outcome,
    world::World,
};
use reqwest::Method;
use serde_json::json;

use crate::{
    client_methods::introspect_request,
    negative::check::{Row, seconds},
};

/// What nobody may find in the figures.
const MARK: &str = "xmarkx";

fn own_form(actor: &Actor, path: &str) -> Request {
    Request::form(format!("{}{path}", actor.issuer)).by_human().with_header("origin", &actor.issuer)
}

/// A request for each word, endpoint by endpoint.
fn of_clients(actor: &Actor, code: &str) -> Vec<Row> {
    let get = |path: &str| Request::get(format!("{}{path}", actor.issuer));
    let own = actor.client.id.clone();
    let bare = actor.token_request(code).without("client_secret");
    let register = |name, value| actor.register_request().with(name, value);
    vec![
        ("method", actor.token_request(MARK).method(Method::DELETE)),
        ("body_too_large", actor.token_request("x").body(vec![b'a'; 70_000])),
        ("form_media_type", actor.token_request("x").with_header("content-type", "text/plain")),
        ("form_query", actor.token_request("x").to(format!("{}/oauth/token?a={MARK}", actor.issuer))),
        ("form_repeated", actor.token_request("x").with_another("code", MARK)),
        ("grant_type_missing", actor.token_request("x").without("grant_type")),
        ("grant_type_unsupported", actor.token_request("x").with("grant_type", MARK)),
        ("grant_type_not_allowed", actor.token_request("x").with("grant_type", "client_credentials")),
        ("client_missing", bare.clone().without("client_id")),
        ("client_unknown", bare.clone().with("client_id", MARK)),
        ("client_nothing_shown", bare.clone()),
        ("client_secret", actor.token_request("x").with("client_secret", MARK)),
        ("client_two_methods", actor.token_request("x").basic(&own, MARK)),
        ("client_header", bare.with_header("authorization", "Digest x")),
        ("code_missing", actor.token_request("x").without("code")),
        ("code_unknown", actor.token_request(MARK)),
        ("code_redirect_uri", actor.token_request(code).with("redirect_uri", "https://chatgpt.com/x")),
        ("code_verifier_missing", actor.token_request(code).without("code_verifier")),
        ("code_verifier", actor.token_request(code).with("code_verifier", "x".repeat(43))),
        ("code_resource", actor.token_request(code).with("resource", "https://other.example")),
        ("refresh_missing", actor.refresh_request("x").without("refresh_token")),
        ("refresh_unknown", actor.refresh_request(MARK)),
        ("revoke_missing", actor.revoke_request("x").without("token")),
        ("revoke_access_token", actor.revoke_request("a.b.c")),
        ("introspect_missing", introspect_request(actor, "x").without("token")),
        ("userinfo_missing", get("/oauth/userinfo")),
        ("userinfo_unknown", get("/oauth/userinfo").bearer(MARK)),
        ("register_malformed", actor.register_request().with_header("content-type", "text/plain")),
        ("register_redirect_uri_count", register("redirect_uris", json!([]))),
        (
            "register_redirect_uri_host",
            register("redirect_uris", json!([format!("https://{MARK}.example/")])),
        ),
        ("register_grant_types", register("grant_types", json!([MARK]))),
        ("register_auth_method", register("token_endpoint_auth_method", json!(MARK))),
    ]
}

/// The same for what people meet.
fn of_people(actor: &Actor) -> Vec<Row> {
    let get = |path: &str| Request::get(format!("{}{path}", actor.issuer)).by_human();
    let authorize = || actor.authorize_request();
    vec![
        ("authorize_no_client", authorize().without("client_id")),
        ("authorize_unknown_client", authorize().with("client_id", MARK)),
        ("authorize_redirect_uri", authorize().with("redirect_uri", format!("https://{MARK}.example/"))),
        ("authorize_pkce", authorize().without("code_challenge")),
        ("authorize_repeated", authorize().with_another("state", MARK)),
        ("authorize_response_type", authorize().with("response_type", MARK)),
        ("authorize_scope", authorize().with("scope", format!("\"{MARK}"))),
        ("authorize_resource", authorize().with("resource", format!("https://{MARK}.example/"))),
        ("authorize_login_required", authorize().with("prompt", "none")),
        ("decision_forged", own_form(actor, "/oauth/decision").with("request", MARK)),
        ("account_forged", own_form(actor, "/account").with("ticket", MARK)),
        ("link_gone", get(&format!("/welcome/{MARK}"))),
        ("link_forged", own_form(actor, "/welcome").with("link", MARK)),
        ("provider_unknown", get("/signin/callback").with("state", MARK)),
        ("passkey_signed_out", own_form(actor, "/account/passkeys/removal").with("removal", MARK)),
    ]
}

#[tokio::test]
async fn each_counts_once_under_its_own_word() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let code = actor.approve().await?;
    let rows = of_clients(&actor, &code);
    // Whoever is not signed in.
    let mut stranger = world.actor().await?;
    let mut before = world.auth_figures().await?;
    let mut wrong = Vec::new();
    let (clients, people) = (rows.len(), of_people(&stranger));
    for (number, (word, request)) in rows.into_iter().chain(people).enumerate() {
        world.advance(seconds(1));
        let asker = if number < clients { &mut actor } else { &mut stranger };
        let reply = asker.send(request).await?;
        let after = world.auth_figures().await?;
        let grown = after.grown("gatehouse_auth_refusals_total", &before);
        let expected = format!(r#"gatehouse_auth_refusals_total{{reason="{word}"}}"#);
        if grown != [(expected, 1.0)] {
            wrong.push(format!("{word}: {grown:?} {}", reply.line()));
        }
        before = after;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(!before.text.contains(MARK), "{}", before.text);
    Ok(())
}
