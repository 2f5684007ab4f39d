//! One SDK as every kind of client there is: registered in three ways, known by a document, and by nothing but a token.

use conformance::{
    failure::Outcome,
    host::{Host, Served},
    world::World,
};
use mcp_server::TokenPurpose;
use serde_json::{Value, json};
use tokio::process::Command;

use super::{
    program,
    round::{HANDSHAKE, Standing},
};

const REDIRECT_URI: &str = "http://localhost:3030/callback";
/// The same computer, and another redirect URI.
const REDIRECT_URI_BY_NUMBER: &str = "http://127.0.0.1:3030/callback";
const DOCUMENT: &str = "/client.json";

/// Publishes the document of a client on this computer.
pub(super) fn publish(host: &Host) -> String {
    let document = json!({
        "client_id": host.url(DOCUMENT),
        "client_name": "A client we did not write",
        // Without a port: it takes the one that is free (RFC 8252 §7.3).
        "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    });
    host.publish(DOCUMENT, Served::json(&document));
    host.url(DOCUMENT)
}

/// Goes the whole way with an SDK, as every kind of client that signs in.
pub(super) async fn all(
    command: impl Fn() -> Outcome<Option<Command>>,
    settings: Value,
    revision: &str,
) -> Outcome {
    let world = World::start().await?;
    let host = Host::start(world.authority()).await?;
    let document = publish(&host);
    for (standing, redirect, settled) in [
        (Standing::Public, REDIRECT_URI, json!({"method": "none"})),
        (Standing::Confidential, REDIRECT_URI, json!({"method": "client_secret_post"})),
        (Standing::Confidential, REDIRECT_URI_BY_NUMBER, json!({"method": "client_secret_basic"})),
        (
            Standing::Published(document.clone()),
            REDIRECT_URI_BY_NUMBER,
            json!({"method": "none", "document": document}),
        ),
    ] {
        let Some(command) = command()? else { return Ok(()) };
        let settings = with(&settings, [json!({"url": world.mcp_url(), "redirect": redirect}), settled]);
        let rounds = program::converse(&world, command, &settings).await?;
        for (number, round) in (1..).zip(rounds) {
            round.check(number, revision, &standing);
        }
    }
    Ok(())
}

/// Goes the ways of clients that are older or cannot do OAuth: the transport of 2024, and a token in the URL.
pub(super) async fn older(command: impl Fn() -> Outcome<Option<Command>>, settings: Value) -> Outcome {
    let world = World::builder().mcp("STATIC_TOKENS", "on").start().await?;
    let purpose = TokenPurpose { user: "somebody".to_owned(), ..TokenPurpose::default() };
    let token = world.mcp_app()?.add_static_token(purpose).await?;
    let sse = format!("{}/sse", world.mcp_origin());
    for (standing, url, transport) in [
        (Standing::Public, sse, "sse"),
        (Standing::Unknown, token.sse_url, "sse"),
        (Standing::Unknown, token.mcp_url, "http"),
    ] {
        let Some(command) = command()? else { return Ok(()) };
        let way = json!({"url": url, "transport": transport, "redirect": REDIRECT_URI, "method": "none"});
        let rounds = program::converse(&world, command, &with(&settings, [way])).await?;
        for (number, round) in (1..).zip(rounds) {
            round.check(number, HANDSHAKE, &standing);
        }
    }
    Ok(())
}

/// The settings and these.
fn with<const N: usize>(settings: &Value, more: [Value; N]) -> Value {
    let members = more.iter().filter_map(Value::as_object).flatten();
    let mut all = settings.clone();
    for (name, value) in members {
        all[name] = value.clone();
    }
    all
}
