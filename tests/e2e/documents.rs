//! Clients whose `client_id` is the URL of a document they publish (draft-ietf-oauth-client-id-metadata-document).
//!
//! | module | what it shows |
//! |---|---|
//! | [`clients`] | the documents of real clients, published on this machine, from the page to the tokens |
//! | [`cache`] | a document is fetched once for many, and not believed for ever |
//! | [`away`] | a host that is away keeps nobody out who was let in before |
//! | [`keys`] | the same of the keys a document leads to |
//! | [`addresses`], [`answers`] | what is refused: an address, or what is published there |

mod addresses;
mod answers;
mod away;
mod cache;
mod clients;
mod keys;

use conformance::{
    actor::{Actor, Registered},
    exchange::Reply,
    failure::Outcome,
    host::{Host, Served},
    world::World,
};
use serde_json::{Value, json};

use crate::negative::check::page;

/// Where a test publishes its document.
const PATH: &str = "/oauth/client.json";
/// What every good document here names.
const REDIRECT: &str = "https://client.example/callback";

/// A world, and a host that it trusts.
async fn stage() -> Outcome<(World, Host)> {
    let world = World::start().await?;
    let host = Host::start(world.authority()).await?;
    Ok((world, host))
}

/// A small document that is in order.
fn document(host: &Host) -> Value {
    json!({"client_id": host.url(PATH), "client_name": "A client", "redirect_uris": [REDIRECT]})
}

/// The same with one member changed; `null` leaves it out.
fn with(document: &Value, member: &str, value: Value) -> Value {
    let mut changed = document.clone();
    if let Some(members) = changed.as_object_mut() {
        members.remove(member);
    }
    if !value.is_null() {
        changed[member] = value;
    }
    changed
}

/// Publishes a good document, and the client who did.
fn published(world: &World, host: &Host) -> Outcome<Actor> {
    host.publish(PATH, Served::json(&document(host)));
    client(world, &host.url(PATH), REDIRECT)
}

/// A client that is sent back to this redirect URI.
fn client(world: &World, id: &str, redirect_uri: &str) -> Outcome<Actor> {
    let mut actor = world.stranger()?;
    actor.client = Registered { id: id.to_owned(), ..Registered::default() };
    actor.persona.redirect_uris = vec![redirect_uri.to_owned()];
    Ok(actor)
}

/// The answer to the happy authorization request.
async fn ask(actor: &mut Actor) -> Outcome<Reply> {
    let request = actor.authorize_request();
    actor.send(request).await
}

/// Asks, and is told by a page that the client cannot be used, and why.
async fn told(what: &str, actor: &mut Actor, why: &str) -> Outcome {
    let reply = ask(actor).await?;
    page(what, &reply, 400);
    assert!(reply.text().contains(why), "{what}: {}", reply.text());
    Ok(())
}
