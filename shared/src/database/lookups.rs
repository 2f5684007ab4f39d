//! Looking one thing up by its key, where the database is a file: a call that takes microseconds, and would take several times
//! as long to be handed to another thread and back.

use std::sync::{Mutex, PoisonError};

use diesel::QueryResult;

use super::AnyConnection;

/// A connection for lookups that never waits for a lock: what cannot be had at once is left to the queue.
pub(super) struct Lookups(Mutex<AnyConnection>);

impl Lookups {
    pub(super) fn new(connection: AnyConnection) -> Lookups {
        Lookups(Mutex::new(connection))
    }

    /// Runs a job that reads.
    pub(super) fn run<T>(
        &self,
        job: &mut impl FnMut(&mut AnyConnection) -> QueryResult<T>,
    ) -> QueryResult<T> {
        job(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
