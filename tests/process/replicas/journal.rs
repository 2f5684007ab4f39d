//! What is done to the deployment, and what its clients meet: each error has a reason at that moment, or fails the test.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use conformance::{
    actor::{Actor, Request},
    exchange::Reply,
    failure::{Failure, Outcome},
};
use tokio::time::timeout;

use crate::harness::until;

/// Longer than a server may take to say that the database takes too long.
const HANG: Duration = Duration::from_secs(30);
/// How long one thing is tried again.
const PERSISTENCE: Duration = Duration::from_secs(60);
/// Before something is tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// What is done to the deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// A server is killed: requests that are open then may break off.
    Kill,
    /// The database is not there: servers say that they are unavailable.
    Away,
}

/// The time in which a trouble is felt. Without an end it still is.
struct Span {
    trouble: Trouble,
    from: Instant,
    until: Option<Instant>,
}

/// Everything that happened.
#[derive(Default)]
pub(super) struct Journal {
    spans: Mutex<Vec<Span>>,
    is_over: AtomicBool,
    /// Requests that were answered with what they asked for.
    pub(super) answered: AtomicUsize,
    /// Requests that broke off.
    pub(super) broken: AtomicUsize,
    /// Requests that were asked for patience.
    pub(super) unavailable: AtomicUsize,
}

impl Journal {
    /// The trouble begins.
    pub(super) fn begin(&self, trouble: Trouble) {
        let span = Span { trouble, from: Instant::now(), until: None };
        self.spans.lock().unwrap_or_else(PoisonError::into_inner).push(span);
    }

    /// The last trouble is not felt by requests that begin after this.
    pub(super) fn end(&self, at: Instant) {
        if let Some(span) = self.spans.lock().unwrap_or_else(PoisonError::into_inner).last_mut() {
            span.until = Some(at);
        }
    }

    /// The clients have done enough.
    pub(super) fn finish(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Whether the clients have done enough, or one of them has failed.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Waits until a count has grown by this.
    pub(super) async fn more(&self, count: &AtomicUsize, by: usize) -> Outcome {
        let wanted = count.load(Ordering::Relaxed) + by;
        self.when("more requests", async || count.load(Ordering::Relaxed) >= wanted).await
    }

    /// Waits until this is so, unless a client fails first.
    pub(super) async fn when(&self, what: &str, mut is_so: impl AsyncFnMut() -> bool) -> Outcome {
        let met = until(what, async || match self.is_over() {
            true => Some(false),
            false => is_so().await.then_some(true),
        });
        match met.await? {
            true => Ok(()),
            false => Err(Failure::new(format!("a client failed before this: {what}"))),
        }
    }

    /// Sends a request on a connection of its own, so that every replica is met. None when it was not answered, for a
    /// reason that stands here: then nobody knows whether it was done.
    pub(super) async fn ask(&self, actor: &mut Actor, request: Request) -> Outcome<Option<Reply>> {
        let begun = Instant::now();
        let sending = actor.send(request.clone().with_header("connection", "close"));
        let sent = timeout(HANG, sending)
            .await
            .map_err(|_| Failure::new(format!("no answer within {} seconds", HANG.as_secs())))?;
        let (trouble, count, told) = match sent {
            Ok(reply) if is_unavailable(&reply) => {
                (Trouble::Away, &self.unavailable, format!("{} {}", reply.line(), reply.text()))
            }
            Ok(reply) => {
                self.answered.fetch_add(1, Ordering::Relaxed);
                return Ok(Some(reply));
            }
            Err(fault) => (Trouble::Kill, &self.broken, fault.to_string()),
        };
        if !self.is_excused(trouble, begun) {
            let address = request.address()?;
            return Err(Failure::new(format!("no {trouble:?} explains this, of {}: {told}", address.path())));
        }
        count.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(PAUSE).await;
        Ok(None)
    }

    /// Sends a request that may be repeated until it is answered.
    pub(super) async fn insist(&self, actor: &mut Actor, request: Request) -> Outcome<Reply> {
        let begun = Instant::now();
        while begun.elapsed() < PERSISTENCE {
            if let Some(reply) = self.ask(actor, request.clone()).await? {
                return Ok(reply);
            }
        }
        Err(Failure::new(format!("never answered: {}", request.address()?.path())))
    }

    /// Whether such a trouble was felt at some moment from when a request began until now.
    fn is_excused(&self, trouble: Trouble, begun: Instant) -> bool {
        let now = Instant::now();
        let spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        spans.iter().any(|span| {
            span.trouble == trouble && span.from <= now && span.until.is_none_or(|until| begun <= until)
        })
    }
}

/// Whether a server says that it cannot do this now, in the way of its protocol: with 503 and when to come again, or as an
/// error of JSON-RPC.
fn is_unavailable(reply: &Reply) -> bool {
    let document = reply.json().unwrap_or_default();
    let is_page = reply.media_type() == "text/html";
    match reply.status {
        503 => {
            let is_told = is_page || document["error"] == "temporarily_unavailable";
            is_told && reply.header("retry-after").is_some()
        }
        200 => {
            let message = document["error"]["message"].as_str().unwrap_or_default();
            message.contains("temporarily unavailable")
        }
        _ => false,
    }
}
