//! Tokens that open nothing, and places where none is looked for.

use conformance::{
    actor::{Request, expect},
    exchange::Reply,
    failure::Outcome,
    raw,
    world::World,
};
use mcp_server::TokenPurpose;
use serde_json::json;

use super::{both, call, post, token, world};
use crate::{
    legacy_sse::stream::{EventStream, message},
    negative::check::seconds,
};

const NEVER_GIVEN: &str = "mst_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The token is not good, and no way to a better one is shown: a client must not start OAuth at such a URL.
#[track_caller]
fn refused(what: &str, reply: &Reply) {
    assert_eq!(reply.status, 401, "{what}: {}", reply.text());
    let challenge = "Bearer error=\"invalid_token\", error_description=\"the token in the URL is not valid\"";
    assert_eq!(reply.header("www-authenticate"), Some(challenge), "{what}");
    assert!(reply.is_no_store() && reply.media_type() == "application/json", "{what}");
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
