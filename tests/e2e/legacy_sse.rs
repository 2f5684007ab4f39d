//! The older transport, HTTP+SSE of 2024-11-05, with access tokens of its own audience on both legs.

mod refused;
pub(crate) mod stream;

use conformance::{
    actor::{Actor, Request, TokenSet, expect},
    failure::Outcome,
    jwt::Jwt,
    world::World,
};
use serde_json::{Value, json};

use self::stream::{EventStream, message};
use crate::negative::check::seconds;

/// A client that is signed in for the older transport.
async fn sign_in(world: &World) -> Outcome<(Actor, TokenSet)> {
    let mut actor = world.actor().await?;
    actor.mcp_url = sse_url(world);
    let tokens = actor.sign_in().await?;
    Ok((actor, tokens))
}

fn sse_url(world: &World) -> String {
    format!("{}/sse", world.mcp_origin())
}

async fn open(world: &World, token: &str) -> Outcome<EventStream> {
    EventStream::open(world, &sse_url(world), Some(token)).await
}

#[tokio::test]
async fn a_whole_conversation() -> Outcome {
    let world = World::start().await?;
    let (_, tokens) = sign_in(&world).await?;
    let mut stream = open(&world, &tokens.access).await?;
    assert_eq!(stream.header("content-type"), Some("text/event-stream"));
    assert_eq!(stream.header("cache-control"), Some("no-store"));
    assert_eq!(stream.header("x-accel-buffering"), Some("no"));
    let id = stream.place.strip_prefix("/messages?sessionId=").unwrap_or_default();
    assert!(id.len() >= 22 && !id.contains('&'), "{}", stream.place);
    let client = json!({"name": "old", "version": "1"});
    for (asked, agreed) in
        [("2024-11-05", "2024-11-05"), ("2025-06-18", "2025-06-18"), ("1999-01-01", "2025-11-25")]
    {
        let params = json!({"protocolVersion": asked, "capabilities": {}, "clientInfo": client});
        let answer = stream.ask("initialize", params).await?;
        assert_eq!(answer["result"]["protocolVersion"], agreed, "{answer}");
    }
    let initialized = stream.request(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    expect(stream.send(initialized).await?, 202)?;
    // What comes next on the stream is the answer to this: a notification has none.
    let tools = stream.ask("tools/list", json!({})).await?["result"]["tools"].clone();
    assert_eq!(tools.as_array().map(Vec::len), Some(10));
    assert_eq!(tools[0]["securitySchemes"][0]["scopes"], json!(["notes:read"]));
    let note = stream.call("create_note", json!({"title": "by the old way\n\nevent: x"})).await?;
    let notes = stream.call("list_notes", json!({})).await?;
    assert_eq!(notes["structuredContent"]["notes"][0]["id"], note["structuredContent"]["id"]);
    assert_eq!(stream.ask("ping", json!({})).await?["result"], json!({}));
    assert_eq!(stream.ask("nothing", json!({})).await?["error"]["code"], -32601);
    Ok(())
}

#[tokio::test]
async fn the_notes_are_those_of_the_endpoint() -> Outcome {
    let world = World::start().await?;
    let (mut at_endpoint, tokens) = sign_in(&world).await?;
    at_endpoint.mcp_url = world.mcp_url().to_owned();
    let other = at_endpoint.fresh().sign_in().await?;
    let request =
        at_endpoint.tool_request("create_note", json!({"title": "one for both"})).bearer(&other.access);
    expect(at_endpoint.send(request).await?, 200)?;
    let notes = open(&world, &tokens.access).await?.call("list_notes", json!({})).await?;
    assert_eq!(notes["structuredContent"]["notes"][0]["title"], "one for both");
    Ok(())
}

#[tokio::test]
async fn a_token_opens_one_resource_and_not_its_neighbour() -> Outcome {
    let world = World::start().await?;
    let (mut actor, for_sse) = sign_in(&world).await?;
    actor.mcp_url = world.mcp_url().to_owned();
    let for_mcp = actor.fresh().sign_in().await?;
    let metadata = format!("{}/.well-known/oauth-protected-resource", world.mcp_origin());
    let reply = actor.send(Request::get(sse_url(&world)).bearer(&for_mcp.access)).await?;
    let reply = expect(reply, 401)?;
    let challenge = reply.header("www-authenticate").unwrap_or_default();
    assert!(challenge.contains(&format!("resource_metadata=\"{metadata}/sse\"")), "{challenge}");
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    assert_eq!(actor.call_tool(&for_sse.access, "list_notes").await?.status, 401);
    assert_eq!(actor.call_tool(&for_mcp.access, "list_notes").await?.status, 200);
    let document = expect(actor.send(Request::get(format!("{metadata}/sse"))).await?, 200)?;
    let document = document.json().unwrap_or_default();
    assert_eq!(document["resource"], sse_url(&world));
    assert_eq!(document["authorization_servers"], json!([world.issuer()]));
    let stranger = expect(actor.send(Request::get(sse_url(&world))).await?, 401)?;
    assert_eq!(
        stranger.header("www-authenticate"),
        Some(format!("Bearer resource_metadata=\"{metadata}/sse\"").as_str())
    );
    Ok(())
}

#[tokio::test]
async fn each_answer_comes_by_its_own_stream() -> Outcome {
    let world = World::start().await?;
    let (_, tokens) = sign_in(&world).await?;
    let mut streams = [open(&world, &tokens.access).await?, open(&world, &tokens.access).await?];
    assert_ne!(streams[0].place, streams[1].place);
    for (number, stream) in streams.iter_mut().enumerate() {
        let mut body = message("ping", json!({}));
        body["id"] = json!(format!("of {number}"));
        let request = stream.request(&body);
        expect(stream.send(request).await?, 202)?;
    }
    for (number, stream) in streams.iter_mut().enumerate() {
        assert_eq!(stream.message().await?["id"], format!("of {number}"));
    }
    Ok(())
}

#[tokio::test]
async fn a_token_that_expires_is_refused_and_its_successor_goes_on() -> Outcome {
    let world = World::start().await?;
    let (mut actor, tokens) = sign_in(&world).await?;
    let mut stream = open(&world, &tokens.access).await?;
    world.advance(seconds(3600 + 30));
    let ping = message("ping", json!({}));
    let request = stream.request(&ping);
    let reply = expect(stream.send(request).await?, 401)?;
    assert!(reply.header("www-authenticate").is_some_and(|challenge| challenge.contains("expired")));
    let next = actor.refresh(&tokens.refresh).await?;
    assert_ne!(Jwt::parse(&next.access).and_then(|jwt| jwt.claim("sub").map(str::to_owned)), None);
    let request = stream.request(&ping).bearer(&next.access);
    expect(stream.send(request).await?, 202)?;
    assert_eq!(stream.message().await?["result"], json!({}));
    Ok(())
}

#[tokio::test]
async fn a_stream_that_is_closed_is_gone() -> Outcome {
    let world = World::start().await?;
    let (mut actor, tokens) = sign_in(&world).await?;
    let stream = open(&world, &tokens.access).await?;
    let request = stream.request(&message("ping", json!({})));
    drop(stream);
    // The server learns of it from the connection, which takes a moment.
    let gone = async {
        while actor.send(request.clone()).await?.status != 404 {}
        Outcome::Ok(())
    };
    tokio::time::timeout(seconds(15), gone).await??;
    Ok(())
}

#[tokio::test]
async fn one_stream_too_many_ends_the_one_idle_longest() -> Outcome {
    let world = World::start().await?;
    let (_, tokens) = sign_in(&world).await?;
    let mut streams = Vec::new();
    for _ in 0..10 {
        streams.push(open(&world, &tokens.access).await?);
    }
    streams[0].ask("ping", json!({})).await?;
    streams.push(open(&world, &tokens.access).await?);
    assert_eq!(streams[1].event().await?, None);
    let request = streams[1].request(&message("ping", json!({})));
    expect(streams[1].send(request).await?, 404)?;
    for open in [0, 2, 10] {
        assert_eq!(streams[open].ask("ping", json!({})).await?["result"], Value::Object(Default::default()));
    }
    Ok(())
}
