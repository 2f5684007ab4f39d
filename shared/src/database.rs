//! SQLite and PostgreSQL behind one type, and the only file that tells them apart.
//!
//! Every query is written once, in the subset both speak. Writes go through one queue whose thread commits what has
//! gathered as a group: what is answered with success is on disk. A connection that is lost is made anew; while there is
//! none, jobs are answered at once ([`DatabaseError::Away`]).

pub mod backup;
mod connections;
pub mod copy;
mod dialect;
mod error;
mod figures;
mod line;
mod lookups;
mod queue;
#[cfg(test)]
mod tests;
mod worker;

use std::{fs, path::Path, sync::Arc, time::Instant};

use diesel::{
    Connection, PgConnection, QueryResult, SqliteConnection,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
// Linked for their bundled C libraries only.
use libsqlite3_sys as _;
use pq_sys as _;
use tracing::Instrument;

use crate::telemetry::request::step;

pub use connection::AnyConnection;
pub use connections::Options;
pub use error::DatabaseError;

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
    /// Where the database is a file.
    lookups: Option<Arc<lookups::Lookups>>,
    figures: figures::Figures,
}

impl Database {
    /// Connects, brings the schema up to date and starts the threads.
    ///
    /// # Errors
    /// The URL names no database we know, the database cannot be reached, or a migration failed.
    pub fn open(url: &str, migrations: EmbeddedMigrations) -> Result<Database, DatabaseError> {
        Database::open_with(url, Options::default(), migrations)
    }

    /// The same with a number of connections, and patience with a database that is not there yet.
    ///
    /// # Errors
    /// As [`open`](Database::open).
    pub fn open_with(
        url: &str,
        options: Options,
        migrations: EmbeddedMigrations,
    ) -> Result<Database, DatabaseError> {
        let url = DatabaseUrl::parse(url)?;
        let mut first = connections::first(&url, options.wait)?;
        migrate(&mut first, migrations)?;
        let (writers, readers) = options.shares(&url);
        let batch = match url {
            DatabaseUrl::Sqlite(_) => 256,
            DatabaseUrl::Postgres(_) => 64,
        };
        let lookups = lookups(&url, readers)?.map(Arc::new);
        let readers = readers - usize::from(lookups.is_some());
        let mut connections = vec![first];
        for _ in 1..writers + readers {
            connections.push(connect(&url)?);
        }
        let read = connections.split_off(writers);
        let connect: worker::Connect = Arc::new(move || connect(&url));
        let figures = figures::Figures::default();
        let queue = |name, connections, batch| {
            Arc::new(queue::Queue::start((name, figures.of(name)), connections, (&connect, batch)))
        };
        Ok(Database {
            writer: queue("writer", connections, batch),
            reader: queue("reader", read, 1),
            lookups,
            figures,
        })
    }

    /// Runs a writing job and answers once it is committed. Jobs that wait at the same time are committed as one;
    /// when one of them fails, each is run again alone, so a job must be repeatable until it has been answered.
    ///
    /// # Errors
    /// The job's own error (its changes are gone); the queue is full, or the database away or closed. Where the connection
    /// broke in the middle of a commit, [`DatabaseError::InDoubt`] leaves open whether it was done.
    pub async fn write<T, F>(&self, job: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: FnMut(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        self.writer.run(job).instrument(step("database write")).await
    }

    /// The same, and does something with the value while it is being committed: it is of use only once this has answered.
    /// Where the job had to be run again it is done again.
    ///
    /// # Errors
    /// As [`write`](Database::write).
    pub async fn write_while<T, U, F>(
        &self,
        job: F,
        meanwhile: impl Fn(&T) -> U,
    ) -> Result<(T, U), DatabaseError>
    where
        T: Send + Sync + 'static,
        F: FnMut(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        self.writer.run_while(job, meanwhile).instrument(step("database write")).await
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
        self.reader.run(job).instrument(step("database read")).await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn answers(&self) -> Result<(), DatabaseError> {
        self.read(worker::ask).await
    }

    /// Runs a reading job that finds what it looks for by a key, and so takes no time: where the database is a file it is
    /// done here and now. Nothing that goes through many rows belongs here, for this thread has others to answer.
    ///
    /// # Errors
    /// As [`write`](Database::write).
    pub async fn look<T, F>(&self, mut job: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: FnMut(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        let found = self.lookups.as_ref().map(|lookups| {
            let begun = Instant::now();
            let found = step("database lookup").in_scope(|| lookups.run(&mut job));
            self.reader.took(begun);
            found
        });
        match found {
            Some(Ok(found)) => Ok(found),
            // Whoever waits in the queue may wait for a lock, and says in full what is wrong. Boxed: it is large, and seldom
            // needed.
            Some(Err(_)) | None => Box::pin(self.read(job)).await,
        }
    }
}

/// The connection for lookups, where there is one. It finds the file another connection has made.
fn lookups(url: &DatabaseUrl, readers: usize) -> Result<Option<lookups::Lookups>, DatabaseError> {
    if readers < 2 || matches!(url, DatabaseUrl::Postgres(_)) {
        return Ok(None);
    }
    let mut connection = connect(url)?;
    connection.batch_execute("PRAGMA busy_timeout = 0; PRAGMA query_only = ON;")?;
    Ok(Some(lookups::Lookups::new(connection)))
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
        DatabaseUrl::Postgres(url) => {
            // The URL may hold a password, and the driver's message may hold the URL: neither is shown.
            let told = |fault: diesel::ConnectionError| {
                let text = fault.to_string();
                let shown = if text.contains(url) { "the server refused" } else { &text };
                DatabaseError::Connect(shown.to_owned())
            };
            let mut connection = PgConnection::establish(&connections::bounded(url)).map_err(told)?;
            if !url.contains("statement_timeout") {
                let limit = connections::STATEMENT_TIMEOUT;
                // A transaction whose process is gone must not keep its locks either.
                connection.batch_execute(&format!(
                    "SET statement_timeout = {limit}; SET idle_in_transaction_session_timeout = {limit}"
                ))?;
            }
            Ok(AnyConnection::Postgres(connection))
        }
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
            // However long another one takes. Any constant will do, as long as all replicas name the same.
            postgres
                .batch_execute("SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(7161727265)")?;
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

/// How it speaks where the two differ.
fn dialect_of(connection: &AnyConnection) -> &'static dialect::Dialect {
    match connection {
        AnyConnection::Sqlite(_) => &dialect::SQLITE,
        AnyConnection::Postgres(_) => &dialect::POSTGRES,
    }
}
