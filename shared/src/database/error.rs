//! What can go wrong, and which of it passes by itself.

use diesel::result::{DatabaseErrorKind, Error};

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
    Query(#[from] Error),
    /// More jobs wait than the queue holds, or the database took too long or has no room.
    #[error("the database has too much to do")]
    Overloaded,
    /// There is no connection, and nothing was done.
    #[error("the database is away")]
    Away,
    /// The connection broke while the job was being committed: it was done or it was not.
    #[error("the database went away in the middle of a commit")]
    InDoubt,
    /// Its threads have ended.
    #[error("the database is closed")]
    Closed,
}

/// Whether two transactions waited for each other, and this one was given up so that the other could go on: it may simply be
/// run again.
pub(super) fn is_collision(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        Error::DatabaseError(DatabaseErrorKind::Unknown, told) => told.message().contains("deadlock"),
        _ => false,
    }
}

impl DatabaseError {
    /// What a failed statement means. PostgreSQL's codes do not reach us, only its words.
    pub(super) fn of(error: Error) -> DatabaseError {
        const PASSES: [&str; 5] =
            ["statement timeout", "lock timeout", "deadlock", "database is locked", "is full"];
        match &error {
            Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => DatabaseError::Overloaded,
            Error::DatabaseError(DatabaseErrorKind::Unknown, told)
                if PASSES.iter().any(|words| told.message().contains(words)) =>
            {
                tracing::warn!(%error, "the database did not get to it");
                DatabaseError::Overloaded
            }
            _ => DatabaseError::Query(error),
        }
    }

    /// Whether the same may succeed in a moment.
    pub fn is_temporary(&self) -> bool {
        matches!(self, DatabaseError::Overloaded | DatabaseError::Away | DatabaseError::InDoubt)
    }
}
