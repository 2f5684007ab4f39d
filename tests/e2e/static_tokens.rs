//! Static tokens, for clients that cannot do OAuth: the same server, notes and meetings, beside those who can.

mod refused;

use conformance::{
    actor::{Actor, TokenSet, expect},
    exchange::Reply,
    failure::{Failure, Outcome},
    jwt::Jwt,
    raw,
    world::World,
};
use mcp_server::{IssuedToken, TokenPurpose};
use reqwest::Method;
use serde_json::{Value, json};

use crate::legacy_sse::stream::{EventStream, message};

async fn world() -> Outcome<World> {
    World::builder().mcp("STATIC_TOKENS", "on").start().await
}

async fn token(world: &World, user: &str) -> Outcome<IssuedToken> {
    let purpose = TokenPurpose { user: user.to_owned(), ..TokenPurpose::default() };
    Ok(world.mcp_app()?.add_static_token(purpose).await?)
}

/// A person by OAuth, and a static token made for that person.
async fn both(world: &World) -> Outcome<(Actor, TokenSet, IssuedToken)> {
    let mut actor = world.actor().await?;
    let tokens = actor.sign_in().await?;
    let jwt = Jwt::parse(&tokens.access).ok_or_else(|| Failure::new("no JWT"))?;
    let subject = jwt.claim("sub").ok_or_else(|| Failure::new("no sub"))?;
    let token = token(world, subject).await?;
    Ok((actor, tokens, token))
}

/// A message as Copilot sends it: a URL, a media type, a body.
async fn post(url: &str, body: &Value) -> Outcome<Reply> {
    raw::send("POST", url, &[("Content-Type", "application/json")], &body.to_string()).await
}

async fn call(url: &str, tool: &str) -> Outcome<Reply> {
    post(url, &message("tools/call", json!({"name": tool, "arguments": {}}))).await
}

#[tokio::test]
async fn my_recent_meetings_are_listed_by_every_way() -> Outcome {
    let world = world().await?;
    let (mut actor, tokens, token) = both(&world).await?;
    let kick_off = json!({"title": "Kick-off", "started_at": "2026-11-22T09:30:00Z"});
    let record = actor.tool_request("record_meeting", kick_off).bearer(&tokens.access);
    expect(actor.send(record).await?, 200)?;
    let by_path = expect(call(&token.mcp_url, "list_recent_meetings").await?, 200)?;
    let by_path = by_path.json().unwrap_or_default()["result"]["structuredContent"].clone();
    assert_eq!(by_path["meetings"][0]["title"], "Kick-off", "{by_path}");
    let mut stream = EventStream::open(&world, &token.sse_url, None).await?;
    assert!(stream.place.starts_with("/messages?sessionId="), "{}", stream.place);
    assert!(stream.place.ends_with(&format!("&token={}", token.token)), "the second leg has it too");
    let params = json!({"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}});
    assert_eq!(stream.ask("initialize", params).await?["result"]["protocolVersion"], "2024-11-05");
    let by_stream = stream.call("list_recent_meetings", json!({})).await?;
    assert_eq!(by_stream["structuredContent"], by_path);
    let by_oauth = actor.call_tool(&tokens.access, "list_recent_meetings").await?.json().unwrap_or_default();
    assert_eq!(by_oauth["result"]["structuredContent"], by_path);
    Ok(())
}

#[tokio::test]
async fn a_url_and_a_body_are_enough() -> Outcome {
    let world = world().await?;
    let token = token(&world, "copilot").await?;
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    for url in [token.mcp_url.clone(), format!("{}/", token.mcp_url)] {
        let reply = expect(post(&url, &list).await?, 200)?;
        let tools = reply.json().unwrap_or_default()["result"]["tools"].clone();
        assert_eq!(tools.as_array().map(Vec::len), Some(10));
        for method in ["GET", "DELETE", "PUT"] {
            let reply = expect(raw::send(method, &url, &[], "").await?, 405)?;
            assert_eq!(reply.header("allow"), Some("POST, OPTIONS"));
        }
        let preflight = raw::send("OPTIONS", &url, &[("Origin", "http://localhost:6274")], "").await?;
        assert_eq!(preflight.status, 204);
    }
    let strange = [("Content-Type", "application/json"), ("Origin", "https://evil.example")];
    expect(raw::send("POST", &token.mcp_url, &strange, &list.to_string()).await?, 403)?;
    Ok(())
}

#[tokio::test]
async fn each_user_sees_their_own() -> Outcome {
    let world = world().await?;
    let (mut actor, tokens, adas) = both(&world).await?;
    let request = actor.tool_request("create_note", json!({"title": "ada's"})).bearer(&tokens.access);
    expect(actor.send(request).await?, 200)?;
    let teams = token(&world, "the team").await?;
    for (url, count) in [(&adas.mcp_url, 1), (&teams.mcp_url, 0)] {
        let notes =
            call(url, "list_notes").await?.json().unwrap_or_default()["result"]["structuredContent"].clone();
        assert_eq!(notes["notes"].as_array().map(Vec::len), Some(count), "{notes}");
    }
    let stream = EventStream::open(&world, &adas.sse_url, None).await?;
    let ping = message("ping", json!({}));
    let own = stream.messages.as_str().replace(&adas.token, &teams.token);
    expect(post(&own, &ping).await?, 404)?;
    let without = own.split("&token=").next().unwrap_or_default();
    let reply = expect(post(without, &ping).await?, 401)?;
    let challenge = reply.header("www-authenticate").unwrap_or_default();
    assert!(challenge.contains("resource_metadata"), "without a token in the URL it is OAuth: {challenge}");
    // Another token for the same user is not the one that opened the stream.
    let second = token(&world, "the team").await?;
    let theirs = EventStream::open(&world, &teams.sse_url, None).await?;
    expect(post(&theirs.messages.as_str().replace(&teams.token, &second.token), &ping).await?, 404)?;
    Ok(())
}

#[tokio::test]
async fn a_token_may_do_what_it_was_made_for() -> Outcome {
    let world = world().await?;
    let app = world.mcp_app()?;
    let purpose = |scope: &str| TokenPurpose {
        user: "ada".to_owned(),
        scope: Some(scope.to_owned()),
        ..TokenPurpose::default()
    };
    let reader = app.add_static_token(purpose("notes:read")).await?;
    expect(call(&reader.mcp_url, "list_notes").await?, 200)?;
    let create = message("tools/call", json!({"name": "create_note", "arguments": {"title": "t"}}));
    let mut stream = EventStream::open(&world, &reader.sse_url, None).await?;
    let request = stream.request(&create);
    for reply in [post(&reader.mcp_url, &create).await?, stream.send(request).await?] {
        let reply = expect(reply, 403)?;
        let challenge = reply.header("www-authenticate").unwrap_or_default();
        assert!(challenge.starts_with("Bearer error=\"insufficient_scope\""), "{challenge}");
        assert!(challenge.ends_with("scope=\"notes:write\""), "{challenge}");
    }
    for (what, purpose) in [
        ("an unknown scope", purpose("notes:read admin")),
        ("no scope at all", purpose("a\"b")),
        ("no user", TokenPurpose { user: " ".to_owned(), ..purpose("notes:read") }),
        ("a label of two lines", TokenPurpose { label: "a\nb".to_owned(), ..purpose("notes:read") }),
    ] {
        assert!(app.add_static_token(purpose).await.is_err(), "{what}");
    }
    assert!(!app.revoke_static_token(1).await?, "there is no such token");
    Ok(())
}

#[tokio::test]
async fn they_outlive_a_restart_and_the_streams_do_not() -> Outcome {
    let mut world = world().await?;
    let token = token(&world, "ada").await?;
    let mut stream = EventStream::open(&world, &token.sse_url, None).await?;
    world.restart_mcp().await?;
    let request = stream.request(&message("ping", json!({}))).method(Method::POST);
    expect(stream.send(request).await?, 404)?;
    expect(call(&token.mcp_url, "list_notes").await?, 200)?;
    let mut stream = EventStream::open(&world, &token.sse_url, None).await?;
    stream.ask("ping", json!({})).await?;
    Ok(())
}
