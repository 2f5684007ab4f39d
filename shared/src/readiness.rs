//! Whether a service can do its work, found out once a second however many ask: a flood of probes is no load.

use tokio::sync::Mutex;

use crate::clock::{Clock, Timestamp};

/// What was found out last.
#[derive(Debug)]
pub struct Latest<T>(Mutex<Option<(Timestamp, T)>>);

impl<T> Default for Latest<T> {
    fn default() -> Latest<T> {
        Latest(Mutex::new(None))
    }
}

impl<T: Clone> Latest<T> {
    /// What somebody found out in the second of this question or after it; otherwise one looks, and the others wait for what
    /// that one finds.
    pub async fn get(&self, clock: &Clock, look: impl AsyncFnOnce() -> T) -> T {
        let asked_at = clock.now();
        let mut held = self.0.lock().await;
        if let Some((found_at, found)) = held.as_ref()
            && *found_at >= asked_at
        {
            return found.clone();
        }
        let found = look().await;
        *held = Some((clock.now(), found.clone()));
        found
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use super::*;

    #[tokio::test]
    async fn one_looks_for_all_who_ask_in_one_second() {
        let (clock, latest, looks) = (Clock::manual(), Latest::default(), AtomicUsize::new(0));
        let ask = || latest.get(&clock, async || looks.fetch_add(1, Ordering::SeqCst));
        for _ in 0..100 {
            assert_eq!(ask().await, 0);
        }
        clock.advance(Duration::from_secs(1));
        assert_eq!((ask().await, ask().await), (1, 1));
    }

    #[tokio::test]
    async fn who_waited_takes_what_was_found_meanwhile() {
        let (clock, latest) = (Clock::manual(), Latest::default());
        let slow = latest.get(&clock, async || {
            tokio::task::yield_now().await;
            clock.advance(Duration::from_secs(5));
            "first"
        });
        let waiting = latest.get(&clock, async || "second");
        assert_eq!(tokio::join!(slow, waiting), ("first", "first"));
    }
}
