//! The rows. Only here is diesel, and nothing here knows of scopes or tools.
//!
//! Every query of notes and meetings names the owner, so that no mistake in a layer above shows one user's rows to another.

pub(crate) mod copy;
pub(crate) mod meetings;
pub(crate) mod notes;
mod schema;
pub(crate) mod static_tokens;

use diesel::{
    QueryResult,
    result::{DatabaseErrorKind, Error},
};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use shared::{
    clock::Clock,
    database::{AnyConnection, Database, DatabaseError, Options},
    random,
};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations/mcp-server");

/// Keys tried before an insertion gives up. Two rows of one millisecond meet with a chance of one in four million.
const KEY_ATTEMPTS: u32 = 4;

/// Whose row it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner(String);

impl Owner {
    /// A user, as the issuer that knows them and its name for them. An issuer is a URL and has no space in it.
    pub(crate) fn new(issuer: &str, subject: &str) -> Owner {
        Owner(format!("{issuer} {subject}"))
    }

    /// Somebody who is not known: no row is theirs.
    pub(crate) fn nobody() -> Owner {
        Owner(String::new())
    }
}

/// Some rows, and whether more follow.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) more: bool,
}

impl<T> Page<T> {
    /// A page out of what a query with one row too many gave.
    fn cut(mut rows: Vec<T>, limit: i64) -> Page<T> {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = rows.len() > limit;
        rows.truncate(limit);
        Page { rows, more }
    }
}

/// The database of this service. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Store {
    database: Database,
    clock: Clock,
}

impl Store {
    /// Opens the database and brings its schema up to date.
    pub(crate) fn open(url: &str, options: Options, clock: Clock) -> Result<Store, DatabaseError> {
        Ok(Store { database: Database::open_with(url, options, MIGRATIONS)?, clock })
    }

    /// What the rows are in.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Whether the database answers.
    pub(crate) async fn answers(&self) -> Result<(), DatabaseError> {
        self.database.answers().await
    }

    /// Inserts under a fresh key and says which it was; a key that is taken already is exchanged for another.
    async fn insert_with_key<F>(&self, insert: F) -> Result<i64, DatabaseError>
    where
        F: Fn(i64, &mut AnyConnection) -> QueryResult<usize> + Clone + Send + 'static,
    {
        let mut attempts = 1;
        loop {
            let key = random::time_ordered_key(self.clock.milliseconds());
            let insert = insert.clone();
            match self.database.write(move |connection| insert(key, connection)).await {
                Err(error) if is_collision(&error) && attempts < KEY_ATTEMPTS => attempts += 1,
                outcome => return outcome.map(|_| key),
            }
        }
    }
}

/// Whether another row has the key already.
fn is_collision(error: &DatabaseError) -> bool {
    matches!(error, DatabaseError::Query(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
}

/// The letters of a text without their case, as both databases can compare them. SQLite itself folds ASCII only.
fn fold(text: &str) -> String {
    text.to_lowercase()
}
