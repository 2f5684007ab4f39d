//! The requests the first users send, each raw, with nothing but the headers shown: no `Accept`, no
//! `MCP-Protocol-Version`, no `initialize` before.

use conformance::{
    actor::{Request, expect},
    challenge::Challenge,
    failure::{Failure, Outcome},
    world::World,
};
use serde_json::{Value, json};

const CHATGPT: &str = "https://chatgpt.com/connector_platform_oauth_redirect";

fn registration(redirect_uri: &str) -> Value {
    json!({
        "client_name": "ChatGPT",
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    })
}

#[tokio::test]
async fn the_documents_come_as_json_without_a_charset() -> Outcome {
    let world = World::start().await?;
    let mut anyone = world.stranger()?;
    let resource = format!("{}/.well-known/oauth-protected-resource", world.mcp_origin());
    let reply = expect(anyone.send(Request::get(resource)).await?, 200)?;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let document = reply.json().unwrap_or_default();
    assert_eq!(document["resource"], world.mcp_url());
    let issuer = document["authorization_servers"][0].as_str().unwrap_or_default();
    assert_eq!(issuer, world.issuer());
    let reply = anyone.send(Request::get(format!("{issuer}/.well-known/oauth-authorization-server"))).await?;
    let reply = expect(reply, 200)?;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.json().unwrap_or_default()["issuer"], world.issuer());
    Ok(())
}

#[tokio::test]
async fn a_registration_that_names_no_method_gets_a_secret() -> Outcome {
    let world = World::start().await?;
    let mut chatgpt = world.stranger()?;
    let request = Request::json(chatgpt.endpoint("register"), registration(CHATGPT));
    let document = expect(chatgpt.send(request).await?, 201)?.json().unwrap_or_default();
    for member in ["client_id", "client_secret"] {
        assert!(document[member].as_str().is_some_and(|text| !text.is_empty()), "{member} in {document}");
    }
    for (member, sent) in registration(CHATGPT).as_object().into_iter().flatten() {
        assert_eq!(&document[member], sent, "{member} is echoed");
    }
    Ok(())
}

#[tokio::test]
async fn a_registration_may_hold_nothing_but_a_redirect_uri() -> Outcome {
    let world = World::start().await?;
    let mut chatgpt = world.stranger()?;
    let body = json!({"redirect_uris": ["https://chat.openai.com/callback"]});
    let request = Request::json(chatgpt.endpoint("register"), body);
    expect(chatgpt.send(request).await?, 201)?;
    Ok(())
}

#[tokio::test]
async fn a_redirect_uri_of_a_stranger_is_not_registered() -> Outcome {
    let world = World::start().await?;
    let mut thief = world.stranger()?;
    let request = Request::json(thief.endpoint("register"), registration("https://evil.com/steal-tokens"));
    let reply = expect(thief.send(request).await?, 400)?;
    assert_eq!(reply.error().as_deref(), Some("invalid_redirect_uri"));
    Ok(())
}

#[tokio::test]
async fn a_code_is_redeemed_with_the_secret_in_the_form() -> Outcome {
    let world = World::start().await?;
    let mut chatgpt = world.actor().await?;
    let code = chatgpt.approve().await?;
    let secret = chatgpt.client.secret.clone().ok_or_else(|| Failure::new("no secret"))?;
    let request = Request::form(chatgpt.endpoint("token"))
        .with("grant_type", "authorization_code")
        .with("client_id", chatgpt.client.id.as_str())
        .with("client_secret", secret)
        .with("code", code)
        .with("redirect_uri", CHATGPT)
        .with("code_verifier", chatgpt.pkce.verifier.as_str())
        .with("resource", world.mcp_url());
    let reply = expect(chatgpt.send(request).await?, 200)?;
    let document = reply.json().unwrap_or_default();
    assert_eq!((&document["token_type"], &document["expires_in"]), (&json!("Bearer"), &json!(3600)));
    for member in ["access_token", "refresh_token", "scope"] {
        assert!(document[member].as_str().is_some_and(|text| !text.is_empty()), "{member}");
    }
    assert!(reply.is_no_store());
    Ok(())
}

#[tokio::test]
async fn an_authorization_without_a_code_challenge_is_refused_in_place() -> Outcome {
    let world = World::start().await?;
    let mut chatgpt = world.actor().await?;
    let request = chatgpt.authorize_request().without("code_challenge").without("code_challenge_method");
    let reply = expect(chatgpt.send(request).await?, 400)?;
    assert_eq!(reply.header("location"), None);
    Ok(())
}

#[tokio::test]
async fn tools_are_listed_without_a_handshake() -> Outcome {
    let world = World::start().await?;
    let mut chatgpt = world.actor().await?;
    let tokens = chatgpt.sign_in().await?;
    let request = Request::json(world.mcp_url(), json!({"jsonrpc": "2.0", "method": "tools/list", "id": 1}));
    let reply = expect(chatgpt.send(request.bearer(&tokens.access)).await?, 200)?;
    assert_eq!(reply.media_type(), "application/json");
    let answer = reply.json().unwrap_or_default();
    let listed = answer["result"]["tools"].as_array().cloned().unwrap_or_default();
    let names: Vec<&str> = listed.iter().filter_map(|tool| tool["name"].as_str()).collect();
    for name in ["create_note", "list_notes", "record_meeting", "list_recent_meetings"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    assert_eq!(answer["id"], 1);
    Ok(())
}

#[tokio::test]
async fn a_tool_without_a_token_asks_to_sign_in_by_header_and_in_the_result() -> Outcome {
    let world = World::start().await?;
    let mut chatgpt = world.stranger()?;
    let body = json!({
        "jsonrpc": "2.0",
        "method": "tools/call",
        "id": 1,
        "params": {"name": "create_note", "arguments": {"title": "test"}},
    });
    let reply = expect(chatgpt.send(Request::json(world.mcp_url(), body)).await?, 401)?;
    let header = Challenge::bearer(reply.headers_named("www-authenticate"))?;
    let header = header.ok_or_else(|| Failure::new("no Bearer challenge"))?;
    let place = format!("{}/.well-known/oauth-protected-resource/mcp", world.mcp_origin());
    assert_eq!(header.parameter("resource_metadata"), Some(place.as_str()));
    let result = reply.json().unwrap_or_default()["result"].clone();
    assert_eq!(result["isError"], true);
    let field = result["_meta"]["mcp/www_authenticate"][0].as_str().unwrap_or_default();
    let inside = Challenge::bearer([field])?.ok_or_else(|| Failure::new("no challenge in _meta"))?;
    assert_eq!(inside.parameter("resource_metadata"), Some(place.as_str()));
    for name in ["error", "error_description"] {
        assert!(inside.parameter(name).is_some(), "{name} in {field}");
    }
    Ok(())
}
