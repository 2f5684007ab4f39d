//! Static tokens, for clients that cannot do OAuth: the same server, notes and meetings, beside those who can.

use conformance::{
    actor::{Actor, Request, TokenSet, expect},
    exchange::Reply,
    failure::{Failure, Outcome},
    jwt::Jwt,
    raw,
    world::World,
};
use mcp_server::{IssuedToken, TokenPurpose};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    legacy_sse::stream::{EventStream, message},
    negative::check::seconds,
};

const NEVER_GIVEN: &str = "mst_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

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

/// The token is not good, and no way to a better one is shown: a client must not start OAuth at such a URL.
#[track_caller]
fn refused(what: &str, reply: &Reply) {
    assert_eq!(reply.status, 401, "{what}: {}", reply.text());
    let challenge = "Bearer error=\"invalid_token\", error_description=\"the token in the URL is not valid\"";
    assert_eq!(reply.header("www-authenticate"), Some(challenge), "{what}");
    assert!(reply.is_no_store() && reply.media_type() == "application/json", "{what}");
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
async fn wrong_revoked_and_ended_tokens_open_nothing_and_look_the_same() -> Outcome {
    let world = world().await?;
    let app = world.mcp_app()?;
    let revoked = token(&world, "ada").await?;
    let purpose =
        TokenPurpose { user: "ada".to_owned(), lifetime: Some(seconds(60)), ..TokenPurpose::default() };
    let ended = app.add_static_token(purpose).await?;
    let mut streams = Vec::new();
    for token in [&revoked, &ended] {
        let mut stream = EventStream::open(&world, &token.sse_url, None).await?;
        stream.ask("ping", json!({})).await?;
        expect(call(&token.mcp_url, "list_notes").await?, 200)?;
        streams.push(stream);
    }
    assert!(app.revoke_static_token(revoked.id).await?);
    world.advance(seconds(60));
    let at = |url: &str, token: &str| url.replace(&revoked.token, token);
    for (what, token) in [
        ("revoked", revoked.token.as_str()),
        ("ended", &ended.token),
        ("never given", NEVER_GIVEN),
        ("garbage", "x"),
        ("cut", &revoked.token[..20]),
    ] {
        refused(what, &raw::send("GET", &at(&revoked.sse_url, token), &[], "").await?);
        refused(what, &post(&at(&revoked.mcp_url, token), &message("ping", json!({}))).await?);
        let reply = call(&at(&revoked.mcp_url, token), "list_notes").await?;
        refused(what, &reply);
        let result = reply.json().unwrap_or_default()["result"].clone();
        let told = result["_meta"]["mcp/www_authenticate"][0].as_str().unwrap_or_default().to_owned();
        assert!(!told.contains("resource_metadata"), "{told}");
    }
    for (what, mut stream) in ["revoked", "ended"].into_iter().zip(streams) {
        let request = stream.request(&message("ping", json!({})));
        refused(what, &stream.send(request).await?);
    }
    Ok(())
}

#[tokio::test]
async fn the_two_kinds_of_token_are_never_mixed() -> Outcome {
    let world = world().await?;
    let (mut actor, tokens, token) = both(&world).await?;
    let header = actor.call_tool(&token.token, "list_notes").await?;
    assert_eq!(header.status, 401, "a static token in the header: {}", header.text());
    let sse = format!("{}/sse", world.mcp_origin());
    let reply = actor.send(Request::get(sse.as_str()).bearer(&token.token)).await?;
    assert_eq!(reply.status, 401, "{}", reply.text());
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    refused(
        "an access token in the path",
        &post(&format!("{}/{}", world.mcp_url(), tokens.access), &list).await?,
    );
    for name in ["token", "access_token"] {
        let url = format!("{}?{name}={}", world.mcp_url(), tokens.access);
        assert_eq!(post(&url, &list).await?.status, 401, "an access token as `{name}`");
        let url = format!("{}?{name}={}", world.mcp_url(), token.token);
        assert_eq!(post(&url, &list).await?.status, 401, "a static token as `{name}` of the endpoint");
    }
    let mut for_sse = actor.clone();
    for_sse.mcp_url = sse.clone();
    let for_sse = for_sse.fresh().sign_in().await?;
    refused(
        "an access token in the query",
        &actor.send(Request::get(sse.as_str()).with("token", for_sse.access.as_str())).await?,
    );
    let twice = format!("{}&token={}", token.sse_url, token.token);
    refused("two tokens", &actor.send(Request::get(twice)).await?);
    // Where a static token stands, it alone decides.
    let wrong = Request::get(sse.as_str()).with("token", NEVER_GIVEN).bearer(&for_sse.access);
    refused("a bad static token beside a good access token", &actor.send(wrong).await?);
    let request = Request::json(format!("{}/{NEVER_GIVEN}", world.mcp_url()), list).bearer(&tokens.access);
    refused("the same in the path", &actor.send(request).await?);
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
async fn where_they_are_off_there_is_no_such_thing() -> Outcome {
    let world = World::start().await?;
    let (mut actor, tokens, token) = both(&world).await?;
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    for method in ["POST", "GET", "DELETE", "OPTIONS"] {
        let headers = [("Content-Type", "application/json")];
        let reply = raw::send(method, &token.mcp_url, &headers, &list.to_string()).await?;
        assert_eq!((reply.status, reply.json()), (404, Some(json!({"error": "not_found"}))), "{method}");
    }
    let reply = expect(actor.send(Request::get(token.sse_url.as_str())).await?, 401)?;
    let challenge = reply.header("www-authenticate").unwrap_or_default();
    assert!(
        challenge.starts_with("Bearer resource_metadata=") && !challenge.contains("error"),
        "{challenge}"
    );
    actor.mcp_url = format!("{}/sse", world.mcp_origin());
    let for_sse = actor.fresh().sign_in().await?;
    let beside = format!("{}?token={}", actor.mcp_url, tokens.access);
    let stream = EventStream::open(&world, &beside, Some(&for_sse.access)).await?;
    assert!(!stream.place.contains("token"), "{}", stream.place);
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
