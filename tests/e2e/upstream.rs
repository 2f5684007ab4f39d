//! Signing in through other OpenID providers.
//!
//! | module | what it shows |
//! |---|---|
//! | [`provider`] | one nobody here wrote, in a process of its own: `tests/upstream` |
//! | [`whole`] | the whole way through it: accounts, addresses, who may enter |
//! | [`fake`] | one that answers as a test wants it |
//! | [`answers`] | what a provider says and what is not believed |
//! | [`said`] | how an address is vouched for, and in which language somebody is told |
//! | [`attempts`] | who comes back: once, in time, in the same browser, after having allowed |
//! | [`crowd`] | how many may be on the way |
//! | [`own_page`] | the same for `/account`, where no client is told anything |
//! | [`away`] | a provider that is down, slow or no provider |

mod answers;
mod attempts;
mod away;
mod crowd;
pub(crate) mod fake;
mod own_page;
pub(crate) mod provider;
mod said;
mod whole;

use conformance::{
    actor::{Actor, Landing, Request},
    exchange::Reply,
    failure::Outcome,
    world::World,
};
use serde_json::Value;

use self::fake::Fake;

/// Where providers send people back to.
const CALLBACK: &str = "/signin/callback";
/// The button of the first provider.
const FIRST: &str = "provider:1";

/// Allows what the client asks for with a provider's button: where the browser is sent.
async fn depart(actor: &mut Actor, button: &str) -> Outcome<Landing> {
    let authorize = actor.authorize_request();
    let page = actor.open(authorize).await?;
    let request = actor.decision_request(&page, button)?;
    Landing::of(&actor.send(request).await?)
}

/// What the browser asks for when it comes back with a code.
fn return_request(actor: &Actor, state: &str) -> Request {
    let address = format!("{}{CALLBACK}", actor.issuer);
    Request::get(address).by_human().with("code", "a-code").with("state", state)
}

/// Comes back with a code.
async fn come_back(actor: &mut Actor, departure: &Landing) -> Outcome<Reply> {
    let request = return_request(actor, departure.get("state").unwrap_or_default());
    actor.send(request).await
}

/// Goes there and comes back to a provider that says so in its ID token.
async fn answered(world: &World, fake: &Fake, claims: Value) -> Outcome<Reply> {
    let mut actor = world.actor().await?;
    let departure = depart(&mut actor, FIRST).await?;
    fake.meet(&departure, world);
    fake.with(|acts| acts.claims = claims);
    come_back(&mut actor, &departure).await
}
