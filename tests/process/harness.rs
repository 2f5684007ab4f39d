//! What every test here stands on: the programs, a process of one, and a deployment of both.

mod binaries;
mod deployment;
mod observe;
mod port;
mod process;
mod service;

use std::time::Duration;

use conformance::failure::{Failure, Outcome};

pub(crate) use self::{
    binaries::path as program,
    deployment::Deployment,
    observe::{assert_refused, get, jwks, note_ids},
    port::free as free_port,
    process::{Process, Signal, send},
    service::Service,
};

/// How long anything may take before a test gives up. Never a measure of speed: a busy machine may be slow.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a condition is looked at.
const INTERVAL: Duration = Duration::from_millis(3);

/// Waits until there is something to see.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> Outcome<T> {
    let found = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(INTERVAL).await;
        }
    };
    tokio::time::timeout(PATIENCE, found)
        .await
        .map_err(|_| Failure::new(format!("{what}: not within {} seconds", PATIENCE.as_secs())))
}
