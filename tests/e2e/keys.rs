//! Signing keys and master secrets change, and nobody notices.
//!
//! | module | what it shows |
//! |---|---|
//! | [`rotation`] | what is published and what signs before, at and after each instant |
//! | [`replicas`] | several servers on one database have the same keys |
//! | [`retirement`] | a key that has leaked counts for nothing any more |
//! | [`secrets`] | what an old master secret made stays good, and what goes with it |

mod replica;
mod replicas;
mod retirement;
mod rotation;
mod secrets;

use conformance::{
    actor::{Actor, Request, TokenSet, expect},
    failure::{Failure, Outcome},
    jwt::Jwt,
    world::{Builder, World},
};

const DAY: u64 = 24 * 3600;
/// How long a key is published before it signs.
const AHEAD: u64 = 600;
/// How much longer than its last token an old key is published.
const OVERLAP: u64 = 120;

/// The published keys, and how they may be kept.
struct Published {
    kids: Vec<String>,
    max_age: u64,
    etag: String,
}

/// A world whose keys sign for a day.
fn daily() -> Builder {
    World::builder().auth("KEY_ROTATION", "1")
}

async fn published_at(actor: &mut Actor, origin: &str) -> Outcome<Published> {
    let reply = actor.send(Request::get(format!("{origin}/.well-known/jwks.json"))).await?;
    let reply = expect(reply, 200)?;
    let document = reply.json().unwrap_or_default();
    let keys = document["keys"].as_array().cloned().unwrap_or_default();
    let kids = keys.iter().filter_map(|key| key["kid"].as_str()).map(str::to_owned).collect();
    let kept = reply.header("cache-control").and_then(|text| text.strip_prefix("public, max-age="));
    let max_age = kept.ok_or_else(|| Failure::new("no max-age"))?.parse()?;
    Ok(Published { kids, max_age, etag: reply.header("etag").unwrap_or_default().to_owned() })
}

async fn published(actor: &mut Actor) -> Outcome<Published> {
    let origin = actor.issuer.clone();
    published_at(actor, &origin).await
}

async fn kids(actor: &mut Actor) -> Outcome<Vec<String>> {
    Ok(published(actor).await?.kids)
}

/// The key a token is signed with.
fn kid(token: &str) -> Outcome<String> {
    let jwt = Jwt::parse(token).ok_or_else(|| Failure::new("no JWT"))?;
    Ok(jwt.header("kid").ok_or_else(|| Failure::new("no kid"))?.to_owned())
}

async fn signed_in(world: &World) -> Outcome<(Actor, TokenSet)> {
    let mut actor = world.actor().await?;
    let tokens = actor.sign_in().await?;
    Ok((actor, tokens))
}

/// What the mcp-server answers to a token.
async fn call(actor: &mut Actor, access_token: &str) -> Outcome<u16> {
    Ok(actor.call_tool(access_token, "list_notes").await?.status)
}
