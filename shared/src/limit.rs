//! How often somebody may ask: so many at once, and then so many a second. Counted by our clock, in memory, for a bounded
//! number of askers; those who are seldom seen are forgotten first.

mod places;

pub use places::Places;

use std::{fmt, hash::Hash, num::NonZeroU32, sync::Arc, time::Duration};

use governor::{
    Quota, RateLimiter,
    clock::{self, Clock as _},
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed, StateStore},
};
use moka::sync::Cache;

use crate::{address::TrustedProxies, clock::Clock, env::Reader};

/// Askers that are counted, which takes 10 MB at most. Whoever has not asked for some minutes has nothing against them, and
/// may as well be forgotten.
const MOST: u64 = 25_000;

/// What an operator decides about it.
#[derive(Clone, Debug)]
pub struct Options {
    /// `RATE_LIMITS`: whether anything is counted at all.
    pub are_on: bool,
    /// `TRUSTED_PROXIES`: whose word about addresses is believed.
    pub proxies: TrustedProxies,
}

impl Options {
    /// Reads both settings.
    pub fn read(reader: &mut Reader<'_>) -> Options {
        Options {
            are_on: reader.is_on("RATE_LIMITS", true),
            proxies: TrustedProxies::read(reader, "TRUSTED_PROXIES"),
        }
    }
}

/// How often one asker may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// At once.
    pub burst: u32,
    /// From then on.
    pub per_second: u32,
}

/// Counts askers, each told apart by a key.
pub struct Limiter<K: Hash + Eq + Clone + Send + Sync + 'static> {
    limiter: RateLimiter<K, Askers<K>, Ticks, NoOpMiddleware<Duration>>,
    /// The same as in there, for what is taken back.
    askers: Cache<K, Arc<InMemoryState>>,
    /// What one more costs.
    each: Nanos,
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> Limiter<K> {
    /// Nobody has asked so far.
    pub fn new(rate: Rate, clock: Clock) -> Limiter<K> {
        let at_least_one = |count| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(at_least_one(rate.per_second)).allow_burst(at_least_one(rate.burst));
        let askers = Cache::new(MOST);
        let limiter = RateLimiter::new(quota, Askers(askers.clone()), Ticks(clock));
        Limiter { limiter, askers, each: quota.replenish_interval().into() }
    }

    /// Counts one more, if there is room.
    ///
    /// # Errors
    /// How long to wait: whole seconds, and one at least.
    pub fn check(&self, key: &K) -> Result<(), Duration> {
        self.limiter.check_key(key).map_err(|until| {
            let wait = until.wait_time_from(self.limiter.clock().now());
            Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0 || wait.is_zero()))
        })
    }

    /// Takes back one that was counted.
    pub fn take_back(&self, key: &K) {
        let earlier = |at: Option<Nanos>| at.map(|at| ((), at.saturating_sub(self.each))).ok_or(());
        if let Some(state) = self.askers.get(key) {
            // Nothing was counted: nothing to take back.
            state.measure_and_replace(&NotKeyed::NonKey, earlier).unwrap_or_default();
        }
    }
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> fmt::Debug for Limiter<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Limiter").finish_non_exhaustive()
    }
}

/// Our clock, as what counts sees it.
#[derive(Clone)]
struct Ticks(Clock);

impl clock::Clock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.milliseconds()).unwrap_or_default())
    }
}

struct Askers<K>(Cache<K, Arc<InMemoryState>>);

impl<K: Hash + Eq + Clone + Send + Sync + 'static> StateStore for Askers<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let state = self.0.get_with_by_ref(key, Arc::default);
        state.measure_and_replace(&NotKeyed::NonKey, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_at_once_and_then_so_many_a_second_each() {
        let clock = Clock::manual();
        let limiter = Limiter::new(Rate { burst: 10, per_second: 2 }, clock.clone());
        let allowed = |key: &str| (0..50).filter(|_| limiter.check(&key.to_owned()).is_ok()).count();
        assert_eq!((allowed("a"), allowed("b"), allowed("a")), (10, 10, 0));
        assert_eq!(limiter.check(&"a".to_owned()), Err(Duration::from_secs(1)));
        clock.advance(Duration::from_secs(2));
        assert_eq!((allowed("a"), allowed("a")), (4, 0));
        clock.advance(Duration::from_secs(3600));
        assert_eq!(allowed("a"), 10);
    }

    #[test]
    fn what_is_taken_back_was_never_asked_and_no_more() {
        let clock = Clock::manual();
        let limiter = Limiter::new(Rate { burst: 3, per_second: 1 }, clock.clone());
        let allowed = || (0..50).filter(|_| limiter.check(&1).is_ok()).count();
        for _ in 0..100 {
            assert_eq!(limiter.check(&1), Ok(()));
            limiter.take_back(&1);
        }
        assert_eq!(allowed(), 3);
        limiter.take_back(&1);
        assert_eq!(allowed(), 1);
        (0..50).for_each(|_| limiter.take_back(&1));
        limiter.take_back(&2);
        assert_eq!(allowed(), 3, "never more than at the start");
    }

    /// Whoever asks from ever new addresses does not fill the memory, and does not wipe out what is held against others.
    #[test]
    fn a_crowd_that_is_seen_once_pushes_out_nobody_who_is_seen_often() {
        let limiter = Limiter::new(Rate { burst: 10, per_second: 1 }, Clock::manual());
        let crowd = |from, to| (from..to).for_each(|asker| assert_eq!(limiter.check(&asker), Ok(())));
        // How often somebody is seen counts from when there is little room left.
        crowd(1, MOST);
        assert_eq!((0..50).filter(|_| limiter.check(&0).is_ok()).count(), 10);
        crowd(MOST, 4 * MOST);
        limiter.askers.run_pending_tasks();
        assert!(limiter.askers.entry_count() <= MOST, "{}", limiter.askers.entry_count());
        assert!(limiter.check(&0).is_err());
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_after_which_there_is_room() {
        let clock = Clock::manual();
        let limiter = Limiter::new(Rate { burst: 1, per_second: 3 }, clock.clone());
        assert_eq!(limiter.check(&1), Ok(()));
        let wait = limiter.check(&1).unwrap_err();
        assert_eq!(wait, Duration::from_secs(1));
        clock.advance(wait);
        assert_eq!(limiter.check(&1), Ok(()));
    }
}
