//! Clients we did not write, each with its own OAuth: discovery, registration, sign-in, `tools/list`, `tools/call`,
//! and a refresh that nobody tells them to make.
//!
//! | module | what it is |
//! |---|---|
//! | [`typescript`] | both generations of the official TypeScript SDK |
//! | [`python`] | both generations of the official Python SDK |
//! | [`rust`] | the client of `rmcp` |
//! | [`program`] | a client that runs in a process of its own, and how it is spoken with |
//! | [`standings`] | an SDK as every kind of client there is |
//! | [`round`] | what every one of them must have got |
//!
//! The test is the human and the clock. Where a runtime or a package is not installed these tests say so and pass;
//! with `NO_SKIP=1` they fail. `tests/real-clients/README.md` says how to install and how to run one by hand.

mod program;
mod python;
mod round;
mod rust;
mod standings;
mod typescript;

use std::time::Duration;

use conformance::{actor::Request, failure::Outcome, world::World};

/// Longer than an access token lives.
const UNTIL_EXPIRED: Duration = Duration::from_secs(3700);

/// The person in front of the client: opens the address in a browser, signs in and allows. Where the browser came
/// back to.
async fn allow(world: &World, address: &str) -> Outcome<String> {
    let mut browser = world.stranger()?;
    let landing = browser.decide(Request::get(address).by_human(), "allow").await?;
    landing.code()?;
    Ok(landing.url)
}
