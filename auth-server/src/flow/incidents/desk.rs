//! How much is kept: few in a second, few at once, one after the other.

use std::sync::{Arc, Mutex, PoisonError};

use shared::clock::Timestamp;
use tokio::sync::{MutexGuard, OwnedSemaphorePermit, Semaphore};

/// Incidents that are kept of one second.
const MOST_A_SECOND: u32 = 10;
/// Incidents that may wait to be written.
const MOST_WAITING: usize = 32;

/// Where incidents wait to be written. Who finds it full goes away.
pub struct Desk {
    places: Arc<Semaphore>,
    /// The ring is continued by one at a time.
    turn: tokio::sync::Mutex<()>,
    second: Mutex<(Timestamp, u32)>,
}

impl Default for Desk {
    fn default() -> Desk {
        let (places, turn) = (Arc::new(Semaphore::new(MOST_WAITING)), tokio::sync::Mutex::default());
        Desk { places, turn, second: Mutex::default() }
    }
}

impl Desk {
    /// A place for one more, if this second has one left.
    pub(super) fn place(&self, now: Timestamp) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        if second.0 != now {
            *second = (now, 0);
        }
        second.1 += 1;
        (second.1 <= MOST_A_SECOND).then_some(place)
    }

    /// Waits until nobody else writes.
    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_few_places_and_so_has_the_desk() {
        let desk = Desk::default();
        let kept = (0..100).filter(|_| desk.place(Timestamp(1)).is_some()).count();
        assert_eq!(kept, 10);
        assert!(desk.place(Timestamp(2)).is_some(), "the next second has its own");
        let waiting: Vec<_> = (3..100).filter_map(|second| desk.place(Timestamp(second))).collect();
        assert_eq!(waiting.len(), MOST_WAITING);
        drop(waiting);
        assert!(desk.place(Timestamp(100)).is_some());
    }
}
