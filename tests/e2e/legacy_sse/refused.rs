//! What the older transport refuses, and where it says so.

use conformance::{
    actor::{TokenSet, expect},
    failure::Outcome,
    raw,
    world::World,
};
use reqwest::Method;
use serde_json::json;

use super::{open, sign_in, sse_url, stream::message};

#[tokio::test]
async fn a_stream_is_for_whoever_opened_it() -> Outcome {
    let world = World::start().await?;
    let (_, ada) = sign_in(&world).await?;
    let mut stream = open(&world, &ada.access).await?;
    world.add_user("eve@example.com", "a password of her own").await?;
    let mut eve = world.actor().await?;
    (eve.email, eve.password) = ("eve@example.com".to_owned(), "a password of her own".to_owned());
    eve.mcp_url = sse_url(&world);
    let eves = eve.sign_in().await?;
    let ping = message("ping", json!({}));
    let unknown = stream.request(&ping).to(format!("{}/messages?sessionId=unknown", world.mcp_origin()));
    let unknown = expect(stream.send(unknown).await?, 404)?;
    let request = stream.request(&ping).bearer(&eves.access);
    let hers = expect(stream.send(request).await?, 404)?;
    assert_eq!(hers.body, unknown.body, "another's stream is no stream");
    let request = stream.request(&ping).without_header("authorization");
    let reply = expect(stream.send(request).await?, 401)?;
    let challenge = reply.header("www-authenticate").unwrap_or_default();
    assert!(challenge.ends_with("/.well-known/oauth-protected-resource/sse\""), "{challenge}");
    assert_eq!(stream.ask("ping", json!({})).await?["result"], json!({}), "it is still there");
    Ok(())
}

#[tokio::test]
async fn what_is_no_message_is_refused_where_it_is_posted() -> Outcome {
    let world = World::start().await?;
    let (mut actor, tokens) = sign_in(&world).await?;
    let mut stream = open(&world, &tokens.access).await?;
    let ping = message("ping", json!({}));
    let large = format!("\"{}\"", "a".repeat(1024 * 1024));
    for (what, request, status) in [
        ("no JSON", stream.request(&ping).body("{"), 400),
        ("a batch", stream.request(&json!([ping])), 400),
        ("no id and no method", stream.request(&json!({"jsonrpc": "2.0"})), 400),
        ("an answer", stream.request(&json!({"jsonrpc": "2.0", "id": 1, "result": {}})), 400),
        ("too large", stream.request(&ping).body(large), 413),
        ("text", stream.request(&ping).with_header("content-type", "text/plain"), 415),
        ("GET", stream.request(&ping).method(Method::GET), 405),
        ("DELETE", stream.request(&ping).method(Method::DELETE), 405),
        ("a stranger's page", stream.request(&ping).with_header("origin", "https://evil.example"), 403),
    ] {
        assert_eq!(stream.send(request).await?.status, status, "{what}");
    }
    let mut modern = message("tools/list", json!({}));
    modern["params"]["_meta"] = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28"});
    let request = stream.request(&modern);
    expect(stream.send(request).await?, 202)?;
    let refused = stream.message().await?;
    assert_eq!(refused["error"]["code"], -32022);
    assert!(
        refused["error"]["data"]["supported"]
            .as_array()
            .is_some_and(|all| all.contains(&json!("2024-11-05")))
    );
    let narrow = actor.refresh_request(&tokens.refresh).with("scope", "notes:read");
    let narrow = TokenSet::of(&expect(actor.send(narrow).await?, 200)?)?;
    let call = message("tools/call", json!({"name": "create_note", "arguments": {"title": "t"}}));
    let request = stream.request(&call).bearer(&narrow.access).with_header("user-agent", "openai-mcp/1.0.0");
    let reply = expect(stream.send(request).await?, 403)?;
    let challenge = reply.header("www-authenticate").unwrap_or_default();
    assert!(
        challenge.contains("insufficient_scope") && challenge.contains("scope=\"notes:write\""),
        "{challenge}"
    );
    assert_eq!(stream.ask("ping", json!({})).await?["result"], json!({}), "nothing of it came by the stream");
    Ok(())
}

#[tokio::test]
async fn the_newer_transport_is_told_to_fall_back() -> Outcome {
    let world = World::start().await?;
    let headers = [("Content-Type", "application/json")];
    let body = message("initialize", json!({"protocolVersion": "2025-11-25"})).to_string();
    let reply = expect(raw::send("POST", &sse_url(&world), &headers, &body).await?, 405)?;
    assert_eq!(reply.header("allow"), Some("GET, OPTIONS"));
    assert_eq!(reply.json(), Some(json!({"error": "method_not_allowed"})), "no JSON-RPC error");
    for path in ["/sse", "/messages?sessionId=1"] {
        let url = format!("{}{path}", world.mcp_origin());
        let origin = ("Origin", "http://localhost:6274");
        let asked = ("Access-Control-Request-Headers", "authorization, content-type");
        let reply = expect(raw::send("OPTIONS", &url, &[origin, asked], "").await?, 204)?;
        assert_eq!(reply.header("access-control-allow-origin"), Some(origin.1));
        assert_eq!(reply.header("access-control-allow-headers"), Some(asked.1));
        let reply = raw::send("OPTIONS", &url, &[("Origin", "https://evil.example")], "").await?;
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (403, None));
    }
    let reply = raw::send("GET", &sse_url(&world), &[("Origin", "http://localhost:6274")], "").await?;
    assert_eq!(
        (reply.status, reply.header("access-control-allow-origin")),
        (401, Some("http://localhost:6274"))
    );
    let exposed = reply.header("access-control-expose-headers").unwrap_or_default();
    assert!(exposed.contains("WWW-Authenticate"), "{exposed}");
    Ok(())
}
