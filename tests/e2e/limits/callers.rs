//! At the mcp-server: who guesses waits, and nobody who shares an address with them does; who calls too often waits alone.

use conformance::{
    actor::{Actor, Request, expect},
    exchange::Reply,
    failure::Outcome,
    world::World,
};
use mcp_server::{
    TokenPurpose,
    limits::{ACCESS_TOKENS, CALLS, STATIC_TOKENS},
};
use serde_json::{Value, json};

use super::shapes::exhaust;
use crate::{
    legacy_sse::stream::{EventStream, message},
    negative::check::seconds,
};

const HEADER: &str = "x-forwarded-for";
const HERE: &str = "192.0.2.1";

async fn limited() -> Outcome<World> {
    let world = World::builder().mcp("RATE_LIMITS", "on").mcp("TRUSTED_PROXIES", "1");
    world.mcp("STATIC_TOKENS", "on").start().await
}

/// RFC 6585 §4, with the id of what was asked.
fn too_often(reply: &Reply, id: Option<&Value>) {
    assert_eq!(reply.status, 429, "{}", reply.text());
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(reply.header("www-authenticate"), None);
    assert!(reply.is_no_store() && reply.media_type() == "application/json");
    let body = reply.json().unwrap_or_default();
    assert_eq!(body["error"], json!({"code": -32603, "message": "too many requests: try again in 1 s"}));
    assert_eq!((&body["jsonrpc"], body.get("id")), (&json!("2.0"), id));
}

fn list(url: &str) -> Request {
    Request::json(url, message("tools/list", json!({}))).with_header(HEADER, HERE)
}

/// A token that was never given out.
fn wrong(number: u32) -> String {
    format!("mst_{number:A>43}")
}

#[tokio::test]
async fn who_guesses_tokens_in_urls_stops_nobody_at_the_same_address() -> Outcome {
    let world = limited().await?;
    let purpose = TokenPurpose { user: "ada".to_owned(), ..TokenPurpose::default() };
    let right = world.mcp_app()?.add_static_token(purpose).await?;
    let mut actor = world.stranger()?;
    let guess = |number| list(&format!("{}/{}", world.mcp_url(), wrong(number)));
    for number in 0..STATIC_TOKENS.burst {
        let reply = actor.send(guess(number)).await?;
        assert_eq!(reply.status, 401, "{number}: {}", reply.text());
    }
    let asked = message("tools/list", json!({}));
    too_often(&actor.send(guess(0)).await?, asked.get("id"));
    // The other door, and no token of ours at all, count the same.
    let stream = format!("{}/sse?token={}", world.mcp_origin(), wrong(0));
    too_often(&actor.send(Request::get(stream).with_header(HEADER, HERE)).await?, None);
    let rubbish = list(&format!("{}/rubbish", world.mcp_url()));
    too_often(&actor.send(rubbish).await?, asked.get("id"));
    // Whoever has a right one, or OAuth, goes on; and who guesses elsewhere is somebody else.
    expect(actor.send(list(&right.mcp_url)).await?, 200)?;
    expect(actor.send(list(world.mcp_url()).bearer("rubbish")).await?, 401)?;
    expect(actor.send(guess(0).with_header(HEADER, "192.0.2.2")).await?, 401)?;
    world.advance(seconds(1));
    expect(actor.send(guess(0)).await?, 401)?;
    too_often(&actor.send(guess(0)).await?, asked.get("id"));
    Ok(())
}

#[tokio::test]
async fn a_flood_of_forged_tokens_stops_nobody_at_the_same_address() -> Outcome {
    let world = limited().await?;
    let mut actor = world.actor().await?;
    let old = actor.sign_in().await?;
    world.advance(seconds(3700));
    let fresh = actor.fresh().sign_in().await?;
    let asked = message("tools/list", json!({}));
    let (claims, _) = fresh.access.rsplit_once('.').unwrap_or_default();
    let (_, signature) = old.access.rsplit_once('.').unwrap_or_default();
    let forged = format!("{claims}.{signature}");
    let flood = list(world.mcp_url()).bearer(&forged);
    too_often(&exhaust(&mut actor, (&flood, 401), ACCESS_TOKENS.burst).await?, asked.get("id"));
    too_often(&actor.send(list(world.mcp_url()).bearer("rubbish")).await?, asked.get("id"));
    expect(actor.send(list(world.mcp_url()).bearer(&fresh.access)).await?, 200)?;
    // To these 401 is the way to a better token, and a 429 would be a lock.
    let refused = expect(actor.send(list(world.mcp_url()).bearer(&old.access)).await?, 401)?;
    assert!(refused.header("www-authenticate").is_some_and(|told| told.contains("expired")));
    let sse = format!("{}/sse", world.mcp_origin());
    let refused = Request::get(sse).with_header(HEADER, HERE).bearer(&fresh.access);
    expect(actor.send(refused).await?, 401)?;
    expect(actor.send(list(world.mcp_url())).await?, 401)?;
    expect(actor.send(flood.with_header(HEADER, "192.0.2.2")).await?, 401)?;
    Ok(())
}

#[tokio::test]
async fn one_caller_calls_only_so_often_and_another_not_kept_waiting() -> Outcome {
    let world = limited().await?;
    world.add_user("other@example.com", "another password altogether").await?;
    let mut actor = world.actor().await?;
    let own = actor.sign_in().await?;
    let call = |actor: &Actor, token: &str| actor.tool_request("about", json!({})).bearer(token);
    let request = call(&actor, &own.access);
    let id = json!(1);
    too_often(&exhaust(&mut actor, (&request, 200), CALLS.burst).await?, Some(&id));
    // Another token of the same person by the same client is the same caller; lists are not counted.
    let again = actor.refresh(&own.refresh).await?;
    too_often(&actor.send(call(&actor, &again.access)).await?, Some(&id));
    expect(actor.send(list(world.mcp_url()).bearer(&own.access)).await?, 200)?;
    // Another client of the same person, and another person with the same client.
    let mut second = world.actor().await?;
    let theirs = second.sign_in().await?;
    expect(second.send(call(&second, &theirs.access)).await?, 200)?;
    actor.email = "other@example.com".to_owned();
    actor.password = "another password altogether".to_owned();
    actor.jar.clear();
    let theirs = actor.fresh().sign_in().await?;
    expect(actor.send(call(&actor, &theirs.access)).await?, 200)?;
    world.advance(seconds(1));
    too_often(&exhaust(&mut actor, (&request, 200), CALLS.per_second).await?, Some(&id));
    Ok(())
}

/// On the older transport the answer to a call too many is that of the POST: nothing was done, and the stream stays.
#[tokio::test]
async fn a_static_token_is_one_caller_by_both_doors() -> Outcome {
    let world = limited().await?;
    let purpose = TokenPurpose { user: "ada".to_owned(), ..TokenPurpose::default() };
    let token = world.mcp_app()?.add_static_token(purpose).await?;
    let mut actor = world.stranger()?;
    let call = message("tools/call", json!({"name": "about", "arguments": {}}));
    let mut stream = EventStream::open(&world, &token.sse_url, None).await?;
    let request = Request::json(token.mcp_url.as_str(), call.clone());
    too_often(&exhaust(&mut actor, (&request, 200), CALLS.burst).await?, call.get("id"));
    let posted = stream.request(&call);
    too_often(&stream.send(posted).await?, call.get("id"));
    let counted = r#"gatehouse_mcp_tool_calls_total{tool="about",outcome="too_often"}"#;
    assert_eq!(world.mcp_figures().await?.get(counted), 2.0, "one by each door");
    world.advance(seconds(1));
    let answer = stream.call("about", json!({})).await?;
    assert_eq!(answer["structuredContent"]["name"], "gatehouse");
    Ok(())
}
