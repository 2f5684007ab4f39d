//! How much is kept: few in a second, few at once, one after the other, and nobody takes all of it.
//!
//! Whoever brings a code or a refresh token of ours has been let in by somebody with an account. They have places of their
//! own, here and in the ring, so that strangers, who need nothing to be refused, push out none of theirs.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use shared::clock::Timestamp;
use tokio::sync::{MutexGuard, OwnedSemaphorePermit, Semaphore};

/// Incidents that are kept of one second, of strangers and of those who were let in.
const MOST_A_SECOND: u32 = 10;
/// How many of them may be of one source.
const MOST_OF_ONE_A_SECOND: u32 = 5;
/// How many of one source are kept in an hour: a ring of strangers holds a dozen sources that never stop.
const MOST_OF_ONE_AN_HOUR: u32 = 200;
/// How many of one address, whichever clients it names: anybody can name any.
const MOST_OF_ADDRESS_AN_HOUR: u32 = 1000;
/// So many sources are counted apart in an hour; those after them together.
const MOST_SOURCES: usize = 4096;
/// Incidents that may wait to be written.
const MOST_WAITING: usize = 32;

/// Whose a request is, as far as it shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// Whoever holds a code or a refresh token of this grant.
    Grant(i64),
    /// Where it came from, and the client it names. Behind a proxy that is not trusted all come from one address, and the
    /// client tells some apart.
    Stranger(Option<IpAddr>, Option<String>),
}

impl Source {
    /// A stranger. Whoever has an IPv6 address has a whole network of them.
    pub(super) fn stranger(address: Option<IpAddr>, client: Option<String>) -> Source {
        let network = address.map(|address| match address.to_canonical() {
            IpAddr::V4(own) => IpAddr::V4(own),
            IpAddr::V6(own) => IpAddr::V6((own.to_bits() >> 64 << 64).into()),
        });
        Source::Stranger(network, client)
    }
}

/// Where incidents wait to be written. Who finds it full goes away.
#[derive(Default)]
pub struct Desk {
    strangers: Counter,
    let_in: Counter,
    /// The ring is continued by one at a time.
    turn: tokio::sync::Mutex<()>,
}

struct Counter {
    places: Arc<Semaphore>,
    counts: Mutex<Counts>,
    hash: RandomState,
}

impl Default for Counter {
    fn default() -> Counter {
        let places = Arc::new(Semaphore::new(MOST_WAITING));
        Counter { places, counts: Mutex::default(), hash: RandomState::new() }
    }
}

#[derive(Default)]
struct Counts {
    second: Span,
    hour: Span,
    /// Of an hour too.
    addresses: Span,
}

/// What was kept since a span of time began.
#[derive(Default)]
struct Span {
    number: i64,
    all: u32,
    of: HashMap<u64, u32>,
}

impl Span {
    /// The same span, or the next one, which is empty.
    fn at(&mut self, number: i64) -> &mut Span {
        if self.number != number {
            *self = Span { number, ..Span::default() };
        }
        self
    }

    fn has_room(&self, source: u64, most: u32) -> bool {
        self.of.get(&self.counted(source)).is_none_or(|count| *count < most)
    }

    fn add(&mut self, source: u64) {
        self.all += 1;
        *self.of.entry(self.counted(source)).or_default() += 1;
    }

    /// Under what a source is counted: those that come too late for a number of their own share one.
    fn counted(&self, source: u64) -> u64 {
        let is_own = self.of.contains_key(&source) || self.of.len() < MOST_SOURCES;
        if is_own { source } else { 0 }
    }
}

impl Counter {
    fn place(&self, now: Timestamp, source: &Source) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let address = match source {
            Source::Stranger(address, _) => self.hash.hash_one(address),
            Source::Grant(grant) => self.hash.hash_one(grant),
        };
        let source = self.hash.hash_one(source);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let Counts { second, hour, addresses } = &mut *counts;
        let (second, hour) = (second.at(now.seconds()), hour.at(now.seconds() / 3600));
        let addresses = addresses.at(hour.number);
        let has_room = second.all < MOST_A_SECOND
            && second.has_room(source, MOST_OF_ONE_A_SECOND)
            && hour.has_room(source, MOST_OF_ONE_AN_HOUR)
            && addresses.has_room(address, MOST_OF_ADDRESS_AN_HOUR);
        if has_room {
            second.add(source);
            hour.add(source);
            addresses.add(address);
        }
        has_room.then_some(place)
    }
}

impl Desk {
    /// A place for one more, if this second and its source have one left.
    pub(super) fn place(&self, now: Timestamp, source: &Source) -> Option<OwnedSemaphorePermit> {
        match source {
            Source::Grant(_) => self.let_in.place(now, source),
            Source::Stranger(..) => self.strangers.place(now, source),
        }
    }

    /// Waits until nobody else writes.
    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Source {
        Source::stranger(Some(address.parse().unwrap()), None)
    }

    /// How many of a hundred are kept in a second.
    fn kept(desk: &Desk, second: i64, source: &Source) -> usize {
        (0..100).filter(|_| desk.place(Timestamp(second), source).is_some()).count()
    }

    #[test]
    fn a_second_has_few_places_and_so_has_the_desk() {
        let desk = Desk::default();
        let count =
            (0_u8..100).filter(|last| desk.place(Timestamp(1), &at(&format!("192.0.2.{last}"))).is_some());
        assert_eq!(count.count(), 10);
        assert_eq!(kept(&desk, 2, &at("192.0.2.1")), 5, "the next second has its own");
        let waiting: Vec<_> =
            (3..100).filter_map(|second| desk.place(Timestamp(second), &at("192.0.2.2"))).collect();
        assert_eq!(waiting.len(), MOST_WAITING);
        assert!(desk.place(Timestamp(100), &Source::Grant(1)).is_some(), "strangers take nobody else's");
        drop(waiting);
        assert!(desk.place(Timestamp(100), &at("192.0.2.2")).is_some());
    }

    #[test]
    fn a_flood_leaves_room_for_others() {
        let desk = Desk::default();
        let flood: usize = (0..3600).map(|second| kept(&desk, second, &at("2001:db8::1"))).sum();
        assert_eq!(flood, 200);
        assert_eq!(kept(&desk, 3599, &at("2001:db8::2")), 0, "its neighbours are itself");
        assert_eq!(kept(&desk, 3599, &at("2001:db8:0:1::1")), 5);
        assert_eq!(kept(&desk, 3599, &Source::stranger(None, Some("client".to_owned()))), 5);
        assert_eq!(kept(&desk, 3600, &at("2001:db8::1")), 5, "the next hour has its own");
    }

    #[test]
    fn whoever_names_another_client_each_time_is_still_one() {
        let desk = Desk::default();
        let address = Some("192.0.2.1".parse().unwrap());
        let of = |client: i64| Source::stranger(address, Some(client.to_string()));
        let flood = (0..3600).filter(|second| desk.place(Timestamp(*second), &of(*second)).is_some());
        assert_eq!(flood.count(), 1000);
        assert_eq!(kept(&desk, 3599, &at("192.0.2.2")), 5);
    }

    #[test]
    fn sources_are_not_counted_without_end() {
        let mut span = Span::default();
        for source in 1..=2 * MOST_SOURCES as u64 {
            span.add(source);
        }
        assert_eq!(span.of.len(), MOST_SOURCES + 1);
        assert!(span.has_room(1, 2) && !span.has_room(u64::MAX, 2));
    }
}
