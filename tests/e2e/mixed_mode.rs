//! Mixed mode: what is the same for everyone is answered without a token, and nothing else is.

use conformance::{
    actor::{Actor, Request},
    failure::Outcome,
    world::World,
};
use serde_json::{Value, json};

const MODERN: &str = "2026-07-28";

async fn mixed() -> Outcome<World> {
    World::builder().mcp("MIXED_MODE", "on").start().await
}

fn initialize(actor: &Actor) -> Request {
    let client = json!({"name": "c", "version": "1"});
    let params = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client});
    actor.mcp_request("initialize", Some(params))
}

/// Everything that needs no token.
fn open_requests(actor: &Actor) -> Vec<(&'static str, Request, u16)> {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let discover = actor
        .mcp_request("server/discover", Some(json!({"_meta": meta})))
        .with_header("mcp-protocol-version", MODERN)
        .with_header("mcp-method", "server/discover");
    vec![
        ("initialize", initialize(actor), 200),
        ("initialized", actor.mcp_request("notifications/initialized", None).without("id"), 202),
        ("ping", actor.mcp_request("ping", None), 200),
        ("discover", discover, 200),
        ("list", actor.mcp_request("tools/list", None), 200),
        ("about", actor.tool_request("about", json!({})), 200),
    ]
}

async fn schemes(actor: &mut Actor, request: Request) -> Outcome<Vec<(String, Value)>> {
    let tools = actor.send(request).await?.json().unwrap_or_default()["result"]["tools"].clone();
    let of = |tool: &Value| {
        assert_eq!(tool["securitySchemes"], tool["_meta"]["securitySchemes"]);
        (tool["name"].as_str().unwrap_or_default().to_owned(), tool["securitySchemes"].clone())
    };
    Ok(tools.as_array().into_iter().flatten().map(of).collect())
}

#[tokio::test]
async fn what_is_the_same_for_everyone_needs_no_token() -> Outcome {
    let world = mixed().await?;
    let mut actor = world.stranger()?;
    for (what, request, status) in open_requests(&actor) {
        let reply = actor.send(request).await?;
        assert_eq!(reply.status, status, "{what}: {}", reply.text());
        let answer = reply.json().unwrap_or_default();
        assert_eq!(answer["error"], Value::Null, "{what}: {answer}");
        assert_ne!(answer["result"]["isError"], json!(true), "{what}: {answer}");
    }
    Ok(())
}

#[tokio::test]
async fn everything_else_is_challenged_as_ever() -> Outcome {
    let world = mixed().await?;
    let mut actor = world.stranger()?;
    let challenge = format!(
        "Bearer resource_metadata=\"{}/.well-known/oauth-protected-resource/mcp\"",
        world.mcp_origin()
    );
    for (what, request) in [
        ("a tool with a scope", actor.tool_request("list_notes", json!({}))),
        ("an unknown tool", actor.tool_request("nothing", json!({}))),
        ("an unknown method", actor.mcp_request("resources/list", None)),
        ("no method", actor.mcp_request("x", None).without("method")),
        ("a batch", Request::json(world.mcp_url(), json!([{"jsonrpc": "2.0", "id": 1, "method": "ping"}]))),
        ("no JSON", initialize(&actor).body("{")),
        ("GET", initialize(&actor).method(reqwest::Method::GET)),
    ] {
        let reply = actor.send(request).await?;
        assert_eq!(reply.status, 401, "{what}: {}", reply.text());
        assert_eq!(reply.header("www-authenticate"), Some(challenge.as_str()), "{what}");
    }
    let sse = Request::get(format!("{}/sse", world.mcp_origin()));
    assert_eq!(actor.send(sse).await?.status, 401, "a stream belongs to somebody");
    Ok(())
}

#[tokio::test]
async fn a_bad_token_is_not_taken_for_none() -> Outcome {
    let world = mixed().await?;
    let mut actor = world.stranger()?;
    for (what, request, _) in open_requests(&actor) {
        for header in ["Bearer x.y.z", "Bearer", "Basic dTpw", ""] {
            let reply = actor.send(request.clone().with_header("authorization", header)).await?;
            assert_eq!(reply.status, 401, "{what} with `{header}`: {}", reply.text());
        }
    }
    Ok(())
}

#[tokio::test]
async fn each_tool_says_the_truth_about_what_it_needs() -> Outcome {
    let oauth = json!([{"type": "oauth2", "scopes": []}]);
    let either = json!([{"type": "noauth"}, {"type": "oauth2", "scopes": []}]);
    let world = mixed().await?;
    let mut actor = world.stranger()?;
    let request = actor.mcp_request("tools/list", None);
    let mixed = schemes(&mut actor, request).await?;
    assert_eq!(mixed.iter().find(|(name, _)| name == "about").map(|(_, schemes)| schemes), Some(&either));
    for (name, schemes) in &mixed {
        let request = actor.tool_request(name, json!({}));
        let is_open = schemes.as_array().is_some_and(|all| all.contains(&json!({"type": "noauth"})));
        assert_eq!(actor.send(request).await?.status, if is_open { 200 } else { 401 }, "{name}");
    }
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let tokens = actor.sign_in().await?;
    let request = actor.mcp_request("tools/list", None).bearer(&tokens.access);
    let usual = schemes(&mut actor, request).await?;
    assert_eq!(usual.iter().find(|(name, _)| name == "about").map(|(_, schemes)| schemes), Some(&oauth));
    for (what, request, _) in open_requests(&actor) {
        assert_eq!(actor.send(request).await?.status, 401, "{what} where mixed mode is off");
    }
    assert_eq!(actor.call_tool(&tokens.access, "about").await?.status, 200);
    Ok(())
}
