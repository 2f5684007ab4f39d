//! The requests the first users send, each raw, with nothing but the headers shown: no `Accept`, no
//! `MCP-Protocol-Version`, no `initialize` before.

use conformance::{
    actor::expect,
    challenge::Challenge,
    exchange::Reply,
    failure::{Failure, Outcome},
    raw,
    world::World,
};
use serde_json::{Value, json};
use url::form_urlencoded;

const CHATGPT: &str = "https://chatgpt.com/connector_platform_oauth_redirect";

fn registration(redirect_uri: &str) -> Value {
    json!({
        "client_name": "ChatGPT",
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    })
}

async fn register(world: &World, body: &Value) -> Outcome<Reply> {
    let headers = [("Content-Type", "application/json")];
    raw::send("POST", &format!("{}/oauth/register", world.issuer()), &headers, &body.to_string()).await
}

#[tokio::test]
async fn the_documents_come_as_json_without_a_charset() -> Outcome {
    let world = World::start().await?;
    let resource = format!("{}/.well-known/oauth-protected-resource", world.mcp_origin());
    let reply = expect(raw::send("GET", &resource, &[], "").await?, 200)?;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let document = reply.json().unwrap_or_default();
    assert_eq!(document["resource"], world.mcp_url());
    let issuer = document["authorization_servers"][0].as_str().unwrap_or_default();
    assert_eq!(issuer, world.issuer());
    let server = format!("{issuer}/.well-known/oauth-authorization-server");
    let reply = expect(raw::send("GET", &server, &[], "").await?, 200)?;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.json().unwrap_or_default()["issuer"], world.issuer());
    Ok(())
}

#[tokio::test]
async fn a_registration_that_names_no_method_gets_a_secret() -> Outcome {
    let world = World::start().await?;
    let reply = register(&world, &registration(CHATGPT)).await?;
    let document = expect(reply, 201)?.json().unwrap_or_default();
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
    let body = json!({"redirect_uris": ["https://chat.openai.com/callback"]});
    expect(register(&world, &body).await?, 201)?;
    Ok(())
}

#[tokio::test]
async fn a_redirect_uri_of_a_stranger_is_not_registered() -> Outcome {
    let world = World::start().await?;
    let reply = register(&world, &registration("https://evil.com/steal-tokens")).await?;
    let reply = expect(reply, 400)?;
    assert_eq!(reply.error().as_deref(), Some("invalid_redirect_uri"));
    Ok(())
}

#[tokio::test]
async fn a_code_is_redeemed_with_the_secret_in_the_form() -> Outcome {
    let world = World::start().await?;
    let mut chatgpt = world.actor().await?;
    let code = chatgpt.approve().await?;
    let secret = chatgpt.client.secret.clone().ok_or_else(|| Failure::new("no secret"))?;
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("client_id", &chatgpt.client.id)
        .append_pair("client_secret", &secret)
        .append_pair("code", &code)
        .append_pair("redirect_uri", CHATGPT)
        .append_pair("code_verifier", &chatgpt.pkce.verifier)
        .append_pair("resource", world.mcp_url())
        .finish();
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let reply = expect(raw::send("POST", &chatgpt.endpoint("token"), &headers, &form).await?, 200)?;
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
    let chatgpt = world.actor().await?;
    let request = chatgpt.authorize_request().without("code_challenge").without("code_challenge_method");
    let reply = expect(raw::send("GET", request.address()?.as_str(), &[], "").await?, 400)?;
    assert_eq!(reply.header("location"), None);
    Ok(())
}

#[tokio::test]
async fn tools_are_listed_without_a_handshake() -> Outcome {
    let world = World::start().await?;
    let mut chatgpt = world.actor().await?;
    let tokens = chatgpt.sign_in().await?;
    let bearer = format!("Bearer {}", tokens.access);
    let headers = [("Content-Type", "application/json"), ("Authorization", bearer.as_str())];
    let body = r#"{"jsonrpc":"2.0","method":"tools/list","id":1}"#;
    let reply = expect(raw::send("POST", world.mcp_url(), &headers, body).await?, 200)?;
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
    let body = json!({
        "jsonrpc": "2.0",
        "method": "tools/call",
        "id": 1,
        "params": {"name": "create_note", "arguments": {"title": "test"}},
    });
    let headers = [("Content-Type", "application/json")];
    let reply = expect(raw::send("POST", world.mcp_url(), &headers, &body.to_string()).await?, 401)?;
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
