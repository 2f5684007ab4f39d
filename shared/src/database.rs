//! SQLite and PostgreSQL behind one type, and the only file that tells them apart.
//!
//! Every query is written once, in the subset both speak. Writes go through one queue whose thread commits what has
//! gathered as a group: what is answered with success is on disk.

mod queue;
#[cfg(test)]
mod tests;

use std::{fs, path::Path, sync::Arc};

use diesel::{
    Connection, PgConnection, QueryResult, SqliteConnection,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
// Linked for their bundled C libraries only.
use libsqlite3_sys as _;
use pq_sys as _;

pub use connection::AnyConnection;

mod connection {
    /// A connection to whichever database the URL named.
    #[derive(diesel::MultiConnection)]
    pub enum AnyConnection {
        /// The default: one file beside the service.
        Sqlite(diesel::SqliteConnection),
        /// Any number of replicas.
        Postgres(diesel::PgConnection),
    }
}

/// A database with its threads. Cheap to clone; the last clone ends the threads.
#[derive(Clone)]
pub struct Database {
    writer: Arc<queue::Queue>,
    reader: Arc<queue::Queue>,
}

impl Database {
    /// Connects, brings the schema up to date and starts the threads.
    ///
    /// # Errors
    /// The URL names no database we know, the database cannot be reached, or a migration failed.
    pub fn open(url: &str, migrations: EmbeddedMigrations) -> Result<Database, DatabaseError> {
        let url = DatabaseUrl::parse(url)?;
        let mut first = connect(&url)?;
        migrate(&mut first, migrations)?;
        // One writer on SQLite: it allows no more, and group commit makes it fast. Readers see the last commit.
        let (writers, batch, readers) = match url {
            DatabaseUrl::Sqlite(_) => (1, 256, 2),
            DatabaseUrl::Postgres(_) => (4, 64, 4),
        };
        let mut connections = vec![first];
        for _ in 1..writers + readers {
            connections.push(connect(&url)?);
        }
        let read = connections.split_off(writers);
        Ok(Database {
            writer: Arc::new(queue::Queue::start("database-writer", connections, batch)),
            reader: Arc::new(queue::Queue::start("database-reader", read, 1)),
        })
    }

    /// Runs a writing job and answers once it is committed. Jobs that wait at the same time are committed as one;
    /// when one of them fails, each is run again alone, so a job must be repeatable until it has been answered.
    ///
    /// # Errors
    /// The job's own error (its changes are gone), or the queue is full, or the database is closed.
    pub async fn write<T, F>(&self, job: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: FnMut(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        self.writer.run(job).await
    }

    /// Runs a reading job on a connection of its own. It sees what was committed before it started.
    ///
    /// # Errors
    /// As [`write`](Database::write).
    pub async fn read<T, F>(&self, job: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: FnMut(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        self.reader.run(job).await
    }
}

/// Where a database is. Anything but these two schemes is refused, so a mistyped PostgreSQL URL makes no SQLite file.
enum DatabaseUrl {
    Sqlite(String),
    Postgres(String),
}

impl DatabaseUrl {
    fn parse(url: &str) -> Result<DatabaseUrl, DatabaseError> {
        match url.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(DatabaseUrl::Sqlite(path.to_owned())),
            Some(("postgres" | "postgresql", _)) => Ok(DatabaseUrl::Postgres(url.to_owned())),
            _ => Err(DatabaseError::UnknownScheme),
        }
    }
}

/// The file of a `sqlite:` URL; none for a server.
pub fn sqlite_path(url: &str) -> Option<&Path> {
    url.strip_prefix("sqlite:").map(Path::new)
}

fn connect(url: &DatabaseUrl) -> Result<AnyConnection, DatabaseError> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            create_private(Path::new(path))
                .map_err(|fault| DatabaseError::Connect(format!("{path}: {fault}")))?;
            let mut connection = SqliteConnection::establish(path)
                .map_err(|fault| DatabaseError::Connect(format!("{path}: {fault}")))?;
            // The wait comes first: switching to WAL already needs a lock another process may hold.
            connection.batch_execute(
                "PRAGMA busy_timeout = 10000;
                 PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = FULL;
                 PRAGMA foreign_keys = ON;
                 PRAGMA wal_autocheckpoint = 4000;",
            )?;
            Ok(AnyConnection::Sqlite(connection))
        }
        // The URL may hold a password, and the driver's message may hold the URL: neither is shown.
        DatabaseUrl::Postgres(url) => match PgConnection::establish(url) {
            Ok(connection) => Ok(AnyConnection::Postgres(connection)),
            Err(fault) => {
                let text = fault.to_string();
                let shown = if text.contains(url) { "the server refused" } else { &text };
                Err(DatabaseError::Connect(shown.to_owned()))
            }
        },
    }
}

/// Makes the file and its folder for the owner alone: password hashes stand in it.
fn create_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// All of it in one transaction that only one process can hold: of several that start on an empty database one brings it
/// up to date, and the others then find it so.
fn migrate(connection: &mut AnyConnection, migrations: EmbeddedMigrations) -> Result<(), DatabaseError> {
    type Fault = Box<dyn std::error::Error + Send + Sync>;
    let migrated = match connection {
        AnyConnection::Sqlite(sqlite) => {
            sqlite.immediate_transaction(|sqlite| sqlite.run_pending_migrations(migrations).map(drop))
        }
        AnyConnection::Postgres(postgres) => postgres.transaction(|postgres| -> Result<(), Fault> {
            // Any constant will do, as long as all replicas name the same.
            postgres.batch_execute("SELECT pg_advisory_xact_lock(7161727265)")?;
            postgres.run_pending_migrations(migrations).map(drop)
        }),
    };
    migrated.map_err(|fault| DatabaseError::Migrate(fault.to_string()))
}

/// Begins a writing transaction. SQLite takes the write lock at once: a transaction that reads first and writes later
/// would be refused when another process wrote in between.
fn begin(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection {
        AnyConnection::Sqlite(sqlite) => {
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")
        }
        AnyConnection::Postgres(postgres) => AnsiTransactionManager::begin_transaction(postgres),
    }
}

/// Why the database did not do what it was asked. Never shown to a caller: it is logged once, at the edge.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Not `sqlite:` and not `postgres:`.
    #[error("the database URL starts with neither `sqlite:` nor `postgres:`")]
    UnknownScheme,
    /// It could not be opened or reached.
    #[error("cannot open the database: {0}")]
    Connect(String),
    /// The schema could not be brought up to date.
    #[error("cannot migrate the database: {0}")]
    Migrate(String),
    /// A statement failed.
    #[error("the database refused: {0}")]
    Query(#[from] diesel::result::Error),
    /// More jobs wait than the queue holds.
    #[error("too many requests wait for the database")]
    Overloaded,
    /// Its threads have ended.
    #[error("the database is closed")]
    Closed,
}
