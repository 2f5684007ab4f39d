//! The public keys of clients: given in their metadata, or published where it says (RFC 7591 §2, `jwks_uri`).

use std::{sync::Arc, time::Duration};

use jsonwebtoken::jwk::Jwk;
use moka::ops::compute::{CompResult, Op};
use shared::clock::{Clock, Timestamp};
use url::Url;

use super::fetch::{FetchFault, Fetcher};
use crate::oauth::{client::KeySource, client_keys::public_keys};

/// Larger key sets are refused.
const MAX_KEY_SET: usize = 64 * 1024;
/// More keys than any client has.
const MOST_KEYS: usize = 32;
/// Key sets in memory.
const MOST: u64 = 250;
/// How long keys are used before their host is asked again: at least, at most, and when it does not say.
const SHORTEST: Duration = Duration::from_secs(300);
const LONGEST: Duration = Duration::from_secs(24 * 3600);
const USUAL: Duration = Duration::from_secs(3600);
/// How long after one look the next may follow, for a key that was not there: anybody can write an unknown id into an
/// assertion.
const COOL_DOWN: Duration = Duration::from_secs(10);

/// Knows the keys of clients.
pub struct KeySets {
    clock: Clock,
    fetcher: Arc<Fetcher>,
    sets: moka::future::Cache<String, Arc<Seen>>,
}

/// What the last look at a host brought.
struct Seen {
    keys: Result<Vec<Jwk>, KeyFault>,
    /// When these keys were fetched.
    fetched_at: Timestamp,
    /// When the host was last asked.
    asked_at: Timestamp,
    /// When it is asked again.
    fresh_until: Timestamp,
}

impl KeySets {
    /// No keys so far.
    pub fn new(clock: Clock, fetcher: Arc<Fetcher>) -> KeySets {
        KeySets { clock, fetcher, sets: moka::future::Cache::new(MOST) }
    }

    /// The keys that may have signed: those of that name, or all when no name is given. Only public keys for signatures.
    ///
    /// # Errors
    /// There are none, or they cannot be had.
    pub async fn find(&self, source: &KeySource, kid: Option<&str>) -> Result<Vec<Jwk>, KeyFault> {
        let uri = match source {
            KeySource::Inline(_) => return select(&source.inline().ok_or(KeyFault::Malformed)?, kid),
            KeySource::Uri(uri) => uri,
        };
        let now = self.clock.now();
        let seen = self.seen(uri, |seen| now < seen.fresh_until).await?;
        let found = select(seen.keys.as_ref().map_err(Clone::clone)?, kid);
        if found.is_ok() || kid.is_none() || !now.is_past(seen.asked_at, COOL_DOWN) {
            return found;
        }
        // The client may have a new key: one look, shared by everybody who waits for it.
        let again = self.seen(uri, |latest| latest.asked_at > seen.asked_at).await?;
        select(again.keys.as_ref().map_err(Clone::clone)?, kid)
    }

    /// What was last seen, if that will do; otherwise what is seen now.
    async fn seen(&self, uri: &str, will_do: impl Fn(&Seen) -> bool) -> Result<Arc<Seen>, KeyFault> {
        if let Some(seen) = self.sets.get(uri).await.filter(|seen| will_do(seen)) {
            return Ok(seen);
        }
        let looked = self.sets.entry_by_ref(uri).and_compute_with(|entry| async {
            let latest = entry.map(moka::Entry::into_value);
            if latest.as_ref().is_some_and(|seen| will_do(seen)) {
                return Op::Nop;
            }
            Op::Put(Arc::new(self.look(uri, latest).await))
        });
        match looked.await {
            CompResult::Inserted(entry)
            | CompResult::ReplacedWith(entry)
            | CompResult::Unchanged(entry)
            | CompResult::Removed(entry) => Ok(entry.into_value()),
            CompResult::StillNone(_) => Err(KeyFault::Malformed),
        }
    }

    async fn look(&self, uri: &str, latest: Option<Arc<Seen>>) -> Seen {
        let fetched = self.fetch(uri).await;
        let now = self.clock.now();
        let fault = match fetched {
            Ok((keys, fresh_for)) => {
                tracing::info!(uri, keys = keys.len(), "the keys of a client were fetched");
                let fresh_until = now + fresh_for.unwrap_or(USUAL).clamp(SHORTEST, LONGEST);
                return Seen { keys: Ok(keys), fetched_at: now, asked_at: now, fresh_until };
            }
            Err(fault) => fault,
        };
        tracing::warn!(uri, %fault, "the keys of a client could not be fetched");
        // A host that is away for a moment signs nobody out, but a key is not believed for longer than its longest life.
        let fresh_until = now + COOL_DOWN;
        match latest.filter(|latest| latest.keys.is_ok() && !now.is_past(latest.fetched_at, LONGEST)) {
            Some(latest) => {
                Seen { keys: latest.keys.clone(), fetched_at: latest.fetched_at, asked_at: now, fresh_until }
            }
            None => Seen { keys: Err(fault), fetched_at: now, asked_at: now, fresh_until },
        }
    }

    async fn fetch(&self, uri: &str) -> Result<(Vec<Jwk>, Option<Duration>), KeyFault> {
        let url = Url::parse(uri).map_err(|_| KeyFault::Malformed)?;
        let fetched = self.fetcher.get(&url, MAX_KEY_SET).await?;
        let set = serde_json::from_slice(&fetched.body).map_err(|_| KeyFault::Malformed)?;
        let mut keys = public_keys(&set).ok_or(KeyFault::Malformed)?;
        keys.truncate(MOST_KEYS);
        Ok((keys, fetched.fresh_for))
    }
}

/// Keys without a name may be any that is asked for, when none has that name.
fn select(keys: &[Jwk], kid: Option<&str>) -> Result<Vec<Jwk>, KeyFault> {
    let called = |name: Option<&str>| -> Vec<Jwk> {
        keys.iter().filter(|key| key.common.key_id.as_deref() == name).cloned().collect()
    };
    let named = if kid.is_some() { called(kid) } else { keys.to_vec() };
    let found = if named.is_empty() { called(None) } else { named };
    if found.is_empty() { Err(KeyFault::NoKey) } else { Ok(found) }
}

/// Why there is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// They were not to be had.
    #[error(transparent)]
    Fetch(#[from] FetchFault),
    /// Not a JWK set (RFC 7517 §5).
    #[error("The keys of the client are not a JWK set.")]
    Malformed,
    /// None of that id, or none at all that could be used.
    #[error("The client has no such key.")]
    NoKey,
}
