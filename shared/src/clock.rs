//! The only reader of the time, so that a test can move it.

use std::{
    fmt,
    ops::{Add, Sub},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// An instant in whole seconds since the Unix epoch, as JWTs (RFC 7519 §2) and the database hold it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Its day in UTC, as `2026-11-22` (RFC 3339 §5.6); the seconds where no calendar reaches.
    pub fn day(self) -> String {
        OffsetDateTime::from_unix_timestamp(self.0)
            .map_or_else(|_| self.0.to_string(), |at| at.date().to_string())
    }

    /// Seconds since the Unix epoch.
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// How long ago `earlier` was; zero when it lies ahead, so a clock that steps back ages nothing.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0).max(0).unsigned_abs())
    }

    /// Whether `lifetime` has run out since `start`. The last second of a lifetime is already outside it.
    pub fn is_past(self, start: Timestamp, lifetime: Duration) -> bool {
        self >= start + lifetime
    }
}

/// In UTC, as `2026-11-22T08:30:00Z` (RFC 3339 §5.6); the seconds where no calendar reaches.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = OffsetDateTime::from_unix_timestamp(self.0).ok().and_then(|at| at.format(&Rfc3339).ok());
        match at {
            Some(text) => f.write_str(&text),
            None => self.0.fmt(f),
        }
    }
}

impl From<i64> for Timestamp {
    fn from(seconds: i64) -> Timestamp {
        Timestamp(seconds)
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;

    fn add(self, span: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add_unsigned(span.as_secs()))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Timestamp;

    fn sub(self, span: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub_unsigned(span.as_secs()))
    }
}

/// Where the time comes from: the system, or a test's hand.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    /// Milliseconds since the Unix epoch.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Clock {
        Clock(Source::System)
    }

    /// A clock that stands at the system's present until [`advance`](Clock::advance) moves it. Clones move together.
    pub fn manual() -> Clock {
        let start = Clock::system().milliseconds();
        Clock(Source::Manual(Arc::new(AtomicI64::new(start))))
    }

    /// Moves a manual clock ahead. The system's clock cannot be moved, and this does nothing to it.
    pub fn advance(&self, span: Duration) {
        if let Source::Manual(milliseconds) = &self.0 {
            let span = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
            milliseconds.fetch_add(span, Ordering::SeqCst);
        }
    }

    /// The present, in seconds.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.milliseconds().div_euclid(1000))
    }

    /// The present in milliseconds since the Unix epoch, for time-ordered keys.
    pub fn milliseconds(&self) -> i64 {
        match &self.0 {
            Source::System => system_milliseconds(),
            Source::Manual(milliseconds) => milliseconds.load(Ordering::SeqCst),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]
fn system_milliseconds() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told_and_its_clones_with_it() {
        let clock = Clock::manual();
        let (twin, start) = (clock.clone(), clock.now());
        assert_eq!(clock.now(), start);
        twin.advance(Duration::from_secs(90));
        assert_eq!(clock.now(), start + Duration::from_secs(90));
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_795_305_600, "2026-11-22"),
            (4_107_542_399, "2100-02-28"),
            (4_107_542_400, "2100-03-01"),
            (-1, "1969-12-31"),
        ] {
            assert_eq!(Timestamp(seconds).day(), text);
        }
    }

    #[test]
    fn moments_are_told_as_in_rfc_3339() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_795_305_600 + 3_723, "2026-11-22T01:02:03Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (i64::MAX, "9223372036854775807"),
        ] {
            assert_eq!(Timestamp(seconds).to_string(), text);
        }
    }

    #[test]
    fn a_clock_that_steps_back_makes_nothing_older() {
        assert_eq!(Timestamp(5).since(Timestamp(9)), Duration::ZERO);
        assert!(!Timestamp(5).is_past(Timestamp(9), Duration::from_secs(1)));
    }
}
