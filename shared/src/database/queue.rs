//! The threads that own the connections, and group commit.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
};

use diesel::{QueryResult, connection::TransactionManager};
use tokio::sync::oneshot;

use super::{AnyConnection, DatabaseError, begin};

/// Jobs that may wait at one time; a further one is refused as overload.
const CAPACITY: usize = 4096;

/// A bounded queue in front of database threads. The threads end when it is dropped.
pub(super) struct Queue(SyncSender<Box<dyn Job>>);

impl Queue {
    /// One thread a connection, each taking up to `batch` waiting jobs into one transaction. A batch of one runs
    /// without a transaction of its own: that is for reading.
    pub(super) fn start(name: &str, connections: Vec<AnyConnection>, batch: usize) -> Queue {
        let (sender, receiver) = sync_channel(CAPACITY);
        let receiver = Arc::new(Mutex::new(receiver));
        for connection in connections {
            let receiver = Arc::clone(&receiver);
            let worker = move || work(connection, &receiver, batch);
            // A thread that cannot be started leaves the queue without a receiver: jobs then answer `Closed`.
            if let Err(error) = thread::Builder::new().name(name.to_owned()).spawn(worker) {
                tracing::error!(%error, "a database thread could not be started");
            }
        }
        Queue(sender)
    }

    /// Queues a job and waits for its answer.
    pub(super) async fn run<T, F>(&self, job: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: FnMut(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.0.try_send(Box::new(Pending { job, value: None, reply })).map_err(|refused| match refused {
            TrySendError::Full(_) => DatabaseError::Overloaded,
            TrySendError::Disconnected(_) => DatabaseError::Closed,
        })?;
        answer.await.unwrap_or(Err(DatabaseError::Closed))
    }
}

/// A job whose result type is forgotten: it keeps its value until the commit is known.
trait Job: Send {
    fn run(&mut self, connection: &mut AnyConnection) -> QueryResult<()>;
    fn answer(self: Box<Self>, outcome: QueryResult<()>);
}

struct Pending<T, F> {
    job: F,
    value: Option<T>,
    reply: oneshot::Sender<Result<T, DatabaseError>>,
}

impl<T: Send, F: FnMut(&mut AnyConnection) -> QueryResult<T> + Send> Job for Pending<T, F> {
    fn run(&mut self, connection: &mut AnyConnection) -> QueryResult<()> {
        self.value = Some((self.job)(connection)?);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: QueryResult<()>) {
        let answer = match (outcome, self.value) {
            (Ok(()), Some(value)) => Ok(value),
            (Ok(()), None) => Err(DatabaseError::Closed),
            (Err(error), _) => Err(DatabaseError::Query(error)),
        };
        // Nobody waits any more when the caller went away; what was committed stays committed.
        let _ = self.reply.send(answer);
    }
}

fn work(mut connection: AnyConnection, receiver: &Mutex<Receiver<Box<dyn Job>>>, batch: usize) {
    while let Some(mut jobs) = gather(receiver, batch) {
        if batch == 1 {
            for mut job in jobs {
                let outcome = job.run(&mut connection);
                job.answer(outcome);
            }
        } else if jobs.len() == 1 || commit(&mut connection, &mut jobs).is_err() {
            // Alone, so that one job's failure is its own.
            for job in jobs {
                let mut job = [job];
                let outcome = commit(&mut connection, &mut job);
                let [job] = job;
                job.answer(outcome);
            }
        } else {
            for job in jobs {
                job.answer(Ok(()));
            }
        }
    }
}

/// Waits for a job and takes what else is already there. None when the queue was dropped.
fn gather(receiver: &Mutex<Receiver<Box<dyn Job>>>, batch: usize) -> Option<Vec<Box<dyn Job>>> {
    let receiver = receiver.lock().unwrap_or_else(PoisonError::into_inner);
    let mut jobs = vec![receiver.recv().ok()?];
    while jobs.len() < batch {
        match receiver.try_recv() {
            Ok(job) => jobs.push(job),
            Err(_) => break,
        }
    }
    Some(jobs)
}

/// Runs the jobs in one transaction; on any failure nothing of it remains.
fn commit(connection: &mut AnyConnection, jobs: &mut [Box<dyn Job>]) -> QueryResult<()> {
    type Transactions = <AnyConnection as diesel::Connection>::TransactionManager;
    begin(connection)?;
    let outcome = jobs
        .iter_mut()
        .try_for_each(|job| job.run(connection))
        .and_then(|()| Transactions::commit_transaction(connection));
    if outcome.is_err() {
        // A connection that cannot even roll back says so on its next use.
        let _ = Transactions::rollback_transaction(connection);
    }
    outcome
}
