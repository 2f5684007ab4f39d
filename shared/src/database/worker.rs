//! The threads that own the connections: group commit, and a new connection in the place of one that was lost.
//!
//! What was never committed is run again on the new connection, once. Of what was being committed when the connection
//! broke nobody knows whether it was: that answers [`DatabaseError::InDoubt`], and whoever asked asks again.

use std::{sync::Arc, time::Duration};

use diesel::{
    QueryResult, RunQueryDsl,
    connection::TransactionManager,
    result::{DatabaseErrorKind, Error},
    sql_query,
};

use super::{AnyConnection, DatabaseError, begin, error::is_collision, line::Line, queue::Job};
use crate::random;

type Transactions = <AnyConnection as diesel::Connection>::TransactionManager;
type Jobs = Vec<Box<dyn Job>>;

/// Makes a new connection.
pub(super) type Connect = Arc<dyn Fn() -> Result<AnyConnection, DatabaseError> + Send + Sync>;

/// The pauses between attempts to connect: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// How often a job that got in another's way is run again: each time the other one has gone on.
const AGAIN: usize = 5;

/// One thread of a queue.
pub(super) struct Worker {
    pub(super) line: Arc<Line>,
    pub(super) connect: Connect,
    pub(super) batch: usize,
}

impl Worker {
    /// Works until the queue is dropped.
    pub(super) fn work(self, mut connection: AnyConnection) {
        while let Some(mut jobs) = self.line.gather(self.batch) {
            jobs.retain(|job| job.is_wanted());
            if jobs.is_empty() {
                continue;
            }
            if let Err(left) = self.serve(&mut connection, jobs) {
                match self.replace(left) {
                    Some(new) => connection = new,
                    None => return,
                }
            }
        }
    }

    /// Answers the jobs. When the connection is lost, those that left no trace come back unanswered.
    fn serve(&self, connection: &mut AnyConnection, jobs: Jobs) -> Result<(), Jobs> {
        if self.batch == 1 { read(connection, jobs) } else { write(connection, jobs) }
    }

    /// A new connection, and what was left over done on it, if there is one to be had at once; otherwise nobody waits until
    /// there is. None when the queue was dropped.
    fn replace(&self, left: Jobs) -> Option<AnyConnection> {
        self.line.figures.lost.inc();
        tracing::warn!("the connection to the database was lost");
        let left = match (self.connect)() {
            Ok(mut connection) => match self.serve(&mut connection, left) {
                Ok(()) => return Some(connection),
                Err(left) => left,
            },
            Err(error) => {
                tracing::warn!(%error, "the database is away");
                left
            }
        };
        self.line.lose();
        left.into_iter().for_each(|job| job.answer(Err(DatabaseError::Away)));
        let (mut pause, longest) = PAUSES;
        while self.line.rest(spread(pause)) {
            if let Ok(mut connection) = (self.connect)()
                && ask(&mut connection).is_ok()
            {
                tracing::info!("the database is back");
                self.line.find();
                return Some(connection);
            }
            pause = (pause * 2).min(longest);
        }
        None
    }
}

/// Between half of a pause and all of it: many threads of many servers do not come back at one moment.
fn spread(pause: Duration) -> Duration {
    let [chance] = random::bytes::<1>();
    pause / 2 + pause / 2 * u32::from(chance) / 255
}

fn read(connection: &mut AnyConnection, jobs: Jobs) -> Result<(), Jobs> {
    let mut jobs = jobs.into_iter();
    while let Some(mut job) = jobs.next() {
        match job.run(connection) {
            Err(error) if is_lost(connection, &error) => {
                // It was to change nothing, so it may be run again.
                return Err([job].into_iter().chain(jobs).collect());
            }
            outcome => job.answer(outcome.map_err(DatabaseError::of)),
        }
    }
    Ok(())
}

fn write(connection: &mut AnyConnection, mut jobs: Jobs) -> Result<(), Jobs> {
    match commit(connection, &mut jobs) {
        Committing::Refused(error) if jobs.len() > 1 || is_collision(&error) => {
            // Alone, so that one job's failure is its own.
            let mut jobs = jobs.into_iter();
            while let Some(job) = jobs.next() {
                let mut alone = vec![job];
                let mut outcome = commit(connection, &mut alone);
                for _ in 0..AGAIN {
                    match &outcome {
                        Committing::Refused(error) if is_collision(error) => {
                            outcome = commit(connection, &mut alone);
                        }
                        _ => break,
                    }
                }
                if let Err(mut left) = tell(outcome, alone) {
                    left.extend(jobs);
                    return Err(left);
                }
            }
            Ok(())
        }
        outcome => tell(outcome, jobs),
    }
}

/// Answers jobs that were run together.
fn tell(outcome: Committing, jobs: Jobs) -> Result<(), Jobs> {
    match outcome {
        Committing::Done => jobs.into_iter().for_each(|job| job.answer(Ok(()))),
        Committing::Refused(error) => {
            let mut error = Some(error);
            for job in jobs {
                job.answer(Err(error.take().map_or(DatabaseError::Away, DatabaseError::of)));
            }
        }
        Committing::Broken => return Err(jobs),
        Committing::Unknown => {
            jobs.into_iter().for_each(|job| job.answer(Err(DatabaseError::InDoubt)));
            return Err(Vec::new());
        }
    }
    Ok(())
}

/// What became of a transaction.
enum Committing {
    /// It is on disk.
    Done,
    /// Nothing of it remains.
    Refused(Error),
    /// Nothing of it remains, nor does the connection.
    Broken,
    /// The connection broke while it was being committed.
    Unknown,
}

/// Runs the jobs in one transaction.
fn commit(connection: &mut AnyConnection, jobs: &mut [Box<dyn Job>]) -> Committing {
    if let Err(error) = begin(connection) {
        return if is_lost(connection, &error) { Committing::Broken } else { Committing::Refused(error) };
    }
    match jobs.iter_mut().try_for_each(|job| job.run(connection)) {
        Ok(()) => {
            jobs.iter_mut().for_each(|job| job.foretell());
            match Transactions::commit_transaction(connection) {
                Ok(()) => Committing::Done,
                Err(error) if is_lost(connection, &error) => Committing::Unknown,
                Err(error) => Committing::Refused(error),
            }
        }
        Err(error) => match Transactions::rollback_transaction(connection) {
            Ok(()) if !is_lost(connection, &error) => Committing::Refused(error),
            _ => Committing::Broken,
        },
    }
}

/// Whether the connection is of no more use. Where the error does not say, the connection is asked.
fn is_lost(connection: &mut AnyConnection, error: &Error) -> bool {
    match error {
        // A server that became a standby refuses to write: the next connection may reach the one in its place.
        Error::DatabaseError(
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::ReadOnlyTransaction,
            _,
        )
        | Error::RollbackErrorOnCommit { .. }
        | Error::BrokenTransactionManager
        | Error::AlreadyInTransaction => true,
        Error::DatabaseError(DatabaseErrorKind::Unknown | DatabaseErrorKind::UnableToSendCommand, _) => {
            ask(connection).is_err()
        }
        _ => false,
    }
}

/// Asks the database for nothing, which it answers if it answers at all.
pub(super) fn ask(connection: &mut AnyConnection) -> QueryResult<()> {
    sql_query("SELECT 1").execute(connection).map(drop)
}
