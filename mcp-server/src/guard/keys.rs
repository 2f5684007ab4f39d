//! The issuer's documents as last seen, its keys above all, and when to look again. One fetch at a time, whoever waits takes its outcome; keys
//! that were good stay in use while the issuer is away.

use std::{sync::Arc, time::Duration};

use moka::{
    future::Cache,
    ops::compute::{CompResult, Op},
};
use shared::clock::{Clock, Timestamp};
use tokio::sync::Mutex;

use super::{
    figures::Figures,
    issuer::{Documents, FetchError, Fetcher, Issuer},
};

/// How long after a failed refresh, or after a search for an unknown key, the issuer is left alone.
const COOL_DOWN: Duration = Duration::from_secs(10);

/// The keys in use, kept up to date on demand.
pub(super) struct Keys {
    clock: Clock,
    max_age: Duration,
    fetcher: Fetcher,
    /// One entry, whose lock is what makes the fetches single.
    cache: Cache<(), Seen>,
    /// Held by the one caller that waits for the refresh of keys that have aged; the others use them meanwhile.
    refresh: Mutex<()>,
    pub(super) figures: Figures,
}

/// What is known of the issuer.
#[derive(Clone)]
struct Seen {
    /// Counts the fetches, so that a caller who waited sees that one has ended.
    fetches: u64,
    outcome: Result<Arc<Documents>, Arc<FetchError>>,
    /// When the keys were fetched, or their refresh last failed.
    tried_at: Timestamp,
    refresh_failed: bool,
    /// When they were last fetched for the sake of an unknown key.
    searched_at: Option<Timestamp>,
}

/// Why a fetch is made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    Unknown,
    Aged,
    Search,
}

impl Keys {
    pub(super) fn new(issuer: Issuer, max_age: Duration, clock: Clock) -> Result<Keys, FetchError> {
        Ok(Keys {
            clock,
            max_age,
            fetcher: Fetcher::new(issuer)?,
            cache: Cache::new(1),
            refresh: Mutex::new(()),
            figures: Figures::default(),
        })
    }

    /// The keys, refreshed when they have aged. Fails only when there never were any.
    pub(super) async fn current(&self, now: Timestamp) -> Result<Arc<Documents>, Arc<FetchError>> {
        // Fetches stand apart: who needs none does not carry one about.
        let Some(seen) = self.cache.get(&()).await else {
            return Box::pin(self.fetch(None, Reason::Unknown)).await;
        };
        let Ok(keys) = &seen.outcome else {
            return Box::pin(self.fetch(Some(&seen), Reason::Unknown)).await;
        };
        if self.has_aged(&seen, now)
            && let Ok(_turn) = self.refresh.try_lock()
        {
            return Box::pin(self.fetch(Some(&seen), Reason::Aged)).await;
        }
        Ok(Arc::clone(keys))
    }

    /// The keys after looking for one that `known` does not have; at most one look in a while, because anybody can
    /// write an unknown id into a token.
    pub(super) async fn with(&self, kid: &str, known: Arc<Documents>) -> Arc<Documents> {
        let Some(seen) = self.cache.get(&()).await else { return known };
        let latest = seen.outcome.as_ref().map_or(known, Arc::clone);
        let may_search = seen.searched_at.is_none_or(|at| self.clock.now().is_past(at, COOL_DOWN));
        if latest.keys.has(kid) || !may_search {
            return latest;
        }
        Box::pin(self.fetch(Some(&seen), Reason::Search)).await.unwrap_or(latest)
    }

    fn has_aged(&self, seen: &Seen, now: Timestamp) -> bool {
        let lifetime = if seen.refresh_failed { COOL_DOWN.min(self.max_age) } else { self.max_age };
        now.is_past(seen.tried_at, lifetime)
    }

    /// Fetches the keys, or takes the outcome of a fetch that ended since `seen` was looked at.
    async fn fetch(&self, seen: Option<&Seen>, reason: Reason) -> Result<Arc<Documents>, Arc<FetchError>> {
        let fetches = seen.map_or(0, |seen| seen.fetches);
        let compute = self.cache.entry(()).and_compute_with(|entry| async move {
            let latest = entry.map(moka::Entry::into_value);
            match latest {
                Some(latest) if latest.fetches != fetches => Op::Nop,
                latest => Op::Put(self.look(latest, reason).await),
            }
        });
        match compute.await {
            CompResult::Inserted(entry)
            | CompResult::ReplacedWith(entry)
            | CompResult::Unchanged(entry)
            | CompResult::Removed(entry) => entry.into_value().outcome,
            CompResult::StillNone(_) => Err(Arc::new(FetchError::Malformed("keys"))),
        }
    }

    async fn look(&self, latest: Option<Seen>, reason: Reason) -> Seen {
        let outcome = self.fetcher.documents().await;
        let now = self.clock.now();
        let fetches = latest.as_ref().map_or(0, |latest| latest.fetches) + 1;
        let searched_at = match reason {
            Reason::Search => Some(now),
            _ => latest.as_ref().and_then(|latest| latest.searched_at),
        };
        match outcome {
            Ok(documents) => {
                self.figures.fetched(now);
                tracing::info!(keys = documents.keys.len(), "the issuer's keys were fetched");
                let outcome = Ok(Arc::new(documents));
                Seen { fetches, outcome, tried_at: now, refresh_failed: false, searched_at }
            }
            Err(error) => {
                self.figures.failed();
                let last_good = latest.and_then(|latest| latest.outcome.ok());
                tracing::warn!(%error, "the issuer's keys could not be fetched");
                let outcome = last_good.ok_or_else(|| Arc::new(error));
                Seen { fetches, outcome, tried_at: now, refresh_failed: true, searched_at }
            }
        }
    }
}
