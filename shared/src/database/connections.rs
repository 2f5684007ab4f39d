//! Getting a connection: how many there are, how long a start waits for the first, and limits that no network can hang.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{AnyConnection, DatabaseError, DatabaseUrl, connect};
use crate::env::Reader;

/// How often a start looks for a database that is not there yet.
const LOOK: Duration = Duration::from_millis(250);
/// What a server may take for one statement, in milliseconds, unless the URL says otherwise.
pub(super) const STATEMENT_TIMEOUT: u32 = 10_000;

/// What libpq is told unless the URL says otherwise: a server that cannot be reached is given up after 3 seconds, one that
/// no longer acknowledges what was sent after 5, and one that is silent after about 10.
const PATIENCE: [(&str, &str); 5] = [
    ("connect_timeout", "3"),
    ("tcp_user_timeout", "5000"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "2"),
    ("keepalives_count", "3"),
];

/// How a database is opened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Connections of this process, readers and writers together; none for what suits the database.
    pub connections: Option<usize>,
    /// How long a start waits for a database that is not there yet.
    pub wait: Duration,
}

impl Options {
    /// Reads `DATABASE_CONNECTIONS` and `DATABASE_WAIT`.
    pub fn read(reader: &mut Reader<'_>) -> Options {
        const NAME: &str = "DATABASE_CONNECTIONS";
        let connections = reader.optional(NAME).map(|_| reader.parsed(NAME, 8, "8"));
        if connections.is_some_and(|count: usize| !(2..=200).contains(&count)) {
            reader.fault(NAME, "is not between 2 and 200", "8");
        }
        Options { connections, wait: reader.seconds("DATABASE_WAIT", 30) }
    }

    /// How many write and how many read. SQLite allows one writer, and group commit makes it fast; of its readers one is for
    /// lookups, if there are several.
    pub(super) fn shares(self, url: &DatabaseUrl) -> (usize, usize) {
        match url {
            DatabaseUrl::Sqlite(_) => (1, self.connections.unwrap_or(3).max(2) - 1),
            DatabaseUrl::Postgres(_) => {
                let all = self.connections.unwrap_or(8).max(2);
                (all / 2, all - all / 2)
            }
        }
    }
}

/// The first connection. In a deployment that starts all at once the database may be the last to be ready.
pub(super) fn first(url: &DatabaseUrl, wait: Duration) -> Result<AnyConnection, DatabaseError> {
    let begun = Instant::now();
    let mut is_told = false;
    loop {
        match connect(url) {
            Err(DatabaseError::Connect(fault)) if begun.elapsed() < wait && may_come(url, &fault) => {
                if !is_told {
                    tracing::warn!(fault, seconds = wait.as_secs(), "waiting for the database");
                    is_told = true;
                }
                thread::sleep(LOOK);
            }
            connected => return connected,
        }
    }
}

/// Whether the fault may pass by waiting. A server that is there and says no goes on saying it.
fn may_come(url: &DatabaseUrl, fault: &str) -> bool {
    let refused = fault.contains("FATAL");
    let passes = ["starting up", "shutting down", "recovery", "too many", "slots"];
    matches!(url, DatabaseUrl::Postgres(_)) && (!refused || passes.iter().any(|part| fault.contains(part)))
}

/// The URL with limits for everything it does not limit itself.
pub(super) fn bounded(url: &str) -> String {
    let (address, parameters) = url.split_once('?').unwrap_or((url, ""));
    let is_given = |name: &str| parameters.split('&').any(|pair| pair.split('=').next() == Some(name));
    let missing = PATIENCE.iter().filter(|(name, _)| !is_given(name));
    let added = missing.map(|(name, value)| format!("{name}={value}"));
    let all: Vec<String> =
        Some(parameters.to_owned()).filter(|given| !given.is_empty()).into_iter().chain(added).collect();
    format!("{address}?{}", all.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_keeps_the_limits_it_has_and_gets_those_it_lacks() {
        assert_eq!(
            bounded("postgres://a:b@h1,h2:5433/d?tcp_user_timeout=9&options=-cx%3Dy"),
            "postgres://a:b@h1,h2:5433/d?tcp_user_timeout=9&options=-cx%3Dy&connect_timeout=3&keepalives_idle=5\
             &keepalives_interval=2&keepalives_count=3"
        );
        assert!(
            bounded("postgres://h/d").starts_with("postgres://h/d?connect_timeout=3&tcp_user_timeout=5000&")
        );
    }

    #[test]
    fn a_server_that_says_no_is_not_waited_for() {
        let postgres = DatabaseUrl::Postgres(String::new());
        for fault in ["connection refused", "timeout expired", "FATAL:  the database system is starting up"] {
            assert!(may_come(&postgres, fault), "{fault}");
        }
        for fault in ["FATAL:  password authentication failed", "FATAL:  database \"x\" does not exist"] {
            assert!(!may_come(&postgres, fault), "{fault}");
        }
        assert!(!may_come(&DatabaseUrl::Sqlite(String::new()), "no such folder"));
    }

    #[test]
    fn writers_and_readers_share_the_connections() {
        let shares =
            |url: DatabaseUrl, connections| Options { connections, ..Options::default() }.shares(&url);
        assert_eq!(shares(DatabaseUrl::Sqlite(String::new()), None), (1, 2));
        assert_eq!(shares(DatabaseUrl::Postgres(String::new()), None), (4, 4));
        assert_eq!(shares(DatabaseUrl::Postgres(String::new()), Some(5)), (2, 3));
        assert_eq!(shares(DatabaseUrl::Sqlite(String::new()), Some(2)), (1, 1));
    }
}
