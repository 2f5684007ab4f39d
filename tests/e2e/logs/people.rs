//! What people and their browsers bring: links, passkeys, providers, ID tokens, and what a browser remembers. None of it is
//! logged, nor kept of what is refused, nor printed of that.

use std::{sync::LazyLock, time::Duration};

use auth_server::{cli::explain::told, flow::links};
use conformance::{
    actor::{Actor, Landing, Request, expect},
    exchange::Reply,
    failure::{Failure, Outcome},
    host::{Host, Served},
    page::Page,
    world::World,
};
use serde_json::json;

use super::{LOG, Seen};
use crate::{incidents::explained, negative::check::seconds};

/// What a browser remembers of those who signed in.
const KNOWN: &str = "gatehouse-known";

/// A provider that is asked and never answers well.
async fn provider() -> Outcome<Host> {
    let host = Host::start(World::start().await?.authority()).await?;
    let metadata = json!({
        "issuer": host.url(""),
        "authorization_endpoint": host.url("/authorize"),
        "token_endpoint": host.url("/token"),
        "jwks_uri": host.url("/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    });
    host.publish("/.well-known/openid-configuration", Served::json(&metadata));
    host.publish("/jwks", Served::json(&json!({"keys": []})));
    Ok(host)
}

fn own(actor: &Actor, request: Request) -> Request {
    request.by_human().with_header("origin", &actor.issuer).with_header("sec-fetch-site", "same-origin")
}

/// Follows a link and chooses a password; what is refused afterwards.
async fn follow(world: &World, actor: &mut Actor, seen: &mut Seen) -> Outcome<Vec<Request>> {
    let span = Duration::from_secs(3600);
    let link = links::invite(world.auth_app()?, "eve@example.com", span).await?;
    seen.note("link", link.rsplit('/').next().unwrap_or_default());
    let shown = expect(actor.send(Request::get(&link).by_human()).await?, 200)?;
    let page = Page::parse(&shown.text(), &actor.issuer.parse()?);
    let form = page.forms.first().ok_or_else(|| Failure::new("no form"))?;
    let mut request = own(actor, Request::form(form.action.as_str()));
    for (name, value) in form.filled(&[], None) {
        request.add(&name, &value);
    }
    let password = "a password that eve has chosen";
    let request = request.with("password", password).with("repeated", password);
    seen.note("chosen password", password);
    seen.note("sealed link", request.parameter("link").unwrap_or_default());
    expect(actor.send(request.clone()).await?, 303)?;
    Ok(vec![Request::get(&link).by_human(), request])
}

/// Signs in with an ID token, which is put where it does not belong.
async fn misplace(actor: &mut Actor, seen: &mut Seen) -> Outcome<Vec<Request>> {
    actor.jar.clear();
    let authorize = actor.authorize_request().with("scope", "openid notes:read");
    let code = actor.decide(authorize, "allow").await?.code()?;
    let tokens = actor.redeem(&code).await?;
    let id_token = tokens.document["id_token"].as_str().unwrap_or_default();
    seen.note("ID token", id_token);
    seen.note("known browser", actor.jar.value(KNOWN).unwrap_or_default());
    let hinted = actor.authorize_request().with("id_token_hint", id_token);
    Ok(vec![
        hinted.with("resource", "https://other.example/"),
        actor.authorize_request().with("resource", id_token),
        actor.refresh_request(id_token),
        own(actor, Request::form(format!("{}/oauth/decision", actor.issuer))).with("request", id_token),
    ])
}

/// A question for a passkey, and an answer that no authenticator gave.
async fn invent(actor: &mut Actor, seen: &mut Seen) -> Outcome<Request> {
    let address = |path: &str| format!("{}/signin/passkey{path}", actor.issuer);
    let (question, answer) = (address("/question"), address(""));
    let question = own(actor, Request::json(question, json!({})));
    let said = expect(actor.send(question).await?, 200)?.json().unwrap_or_default();
    let state = said["state"].as_str().unwrap_or_default();
    seen.note("passkey's question", state);
    let mut part = |name| {
        let text: String = conformance::pkce::Pkce::fresh().verifier;
        seen.note(name, &text);
        text
    };
    let credential = json!({
        "id": part("passkey"), "rawId": part("raw passkey"), "type": "public-key",
        "response": {
            "authenticatorData": part("authenticator's data"), "clientDataJSON": part("browser's data"),
            "signature": part("signature"), "userHandle": part("whose passkey"),
        },
    });
    Ok(own(actor, Request::json(answer, json!({"state": state, "credential": credential}))))
}

/// Leaves for the provider and comes back with a code.
async fn return_from(actor: &mut Actor, seen: &mut Seen) -> Outcome<Request> {
    actor.jar.clear();
    let page = actor.open(actor.authorize_request()).await?;
    let departure = actor.decision_request(&page, "provider:1")?;
    let departure = Landing::of(&actor.send(departure).await?)?;
    let part = |name| departure.get(name).unwrap_or_default().to_owned();
    let code = conformance::pkce::Pkce::fresh().verifier;
    for (name, secret) in
        [("state", part("state")), ("nonce", part("nonce")), ("provider's code", code.clone())]
    {
        seen.note(name, &secret);
    }
    let back = Request::get(format!("{}/signin/callback", actor.issuer)).by_human();
    Ok(back.with("code", code).with("state", part("state")))
}

/// What is kept of the requests, and printed of that. They are sent with every cookie the browser has at that moment.
async fn refused(world: &World, actor: &mut Actor, requests: Vec<Request>) -> Outcome<String> {
    let mut kept = String::new();
    for request in requests {
        // Few are kept of one second.
        world.advance(seconds(1));
        let reply: Reply = actor.send(request).await?;
        let found = explained(world, &reply).await?;
        kept += &format!("{}\n{}\n", serde_json::to_string(&found.noted.document)?, told(&found));
    }
    Ok(kept)
}

#[tokio::test]
async fn no_secret_of_a_person_is_logged_or_kept() -> Outcome {
    LazyLock::force(&LOG);
    let provider = provider().await?;
    let builder =
        World::builder().auth("UPSTREAM_ISSUER", &provider.url("")).auth("UPSTREAM_NAME", "Example");
    let builder =
        builder.auth("UPSTREAM_CLIENT_ID", "gatehouse").auth("UPSTREAM_CLIENT_SECRET", "hidden-there");
    let world = builder.auth("UPSTREAM_ALLOW", "anyone").start().await?;
    let (mut actor, mut seen) = (world.actor().await?, Seen::default());
    let mut kept = String::new();
    let requests = follow(&world, &mut actor, &mut seen).await?;
    kept += &refused(&world, &mut actor, requests).await?;
    let requests = misplace(&mut actor, &mut seen).await?;
    kept += &refused(&world, &mut actor, requests).await?;
    let request = invent(&mut actor, &mut seen).await?;
    kept += &refused(&world, &mut actor, vec![request]).await?;
    let request = return_from(&mut actor, &mut seen).await?;
    kept += &refused(&world, &mut actor, vec![request]).await?;
    assert!(provider.requests("/token") > 0, "the provider's code was not even tried");
    seen.is_hidden(&kept);
    seen.is_hidden(&LOG.text());
    Ok(())
}
