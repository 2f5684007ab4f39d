//! What waits for the database: a bounded queue, and nothing at all while no thread has a connection.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use diesel::QueryResult;
use tokio::{sync::oneshot, time::timeout};

use super::{
    AnyConnection, DatabaseError,
    figures::OfQueue,
    worker::{Connect, Worker},
};

/// Jobs that may wait at one time; a further one is refused as overload.
const CAPACITY: usize = 4096;
/// How long a caller waits for its answer. Longer than one statement may take, so that a database that says why comes first.
const PATIENCE: Duration = Duration::from_secs(12);

/// A bounded queue in front of database threads. The threads end when it is dropped.
pub(super) struct Queue(Arc<Line>);

impl Queue {
    /// One thread a connection, each taking up to `batch` waiting jobs into one transaction. A batch of one runs
    /// without a transaction of its own: that is for reading.
    pub(super) fn start(
        (name, figures): (&str, OfQueue),
        connections: Vec<AnyConnection>,
        (connect, batch): (&Connect, usize),
    ) -> Queue {
        let line = Arc::new(Line::new(figures));
        for connection in connections {
            let worker = Worker { line: Arc::clone(&line), connect: Arc::clone(connect), batch };
            line.lock().connected += 1;
            let work = move || worker.work(connection);
            // Without any thread nobody has a connection: jobs then answer `Away`.
            if let Err(error) = thread::Builder::new().name(format!("database-{name}")).spawn(work) {
                tracing::error!(%error, "a database thread could not be started");
                line.lock().connected -= 1;
            }
        }
        Queue(line)
    }

    /// Queues a job and waits for its answer.
    pub(super) async fn run<T, F>(&self, job: F) -> Result<T, DatabaseError>
    where
        T: Send + 'static,
        F: FnMut(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let begun = Instant::now();
        self.0.push(begun, Box::new(Pending { job, value: None, reply }))?;
        let answer = timeout(PATIENCE, answer).await;
        self.0.figures.took.observe(begun.elapsed().as_secs_f64());
        match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(DatabaseError::Closed),
            Err(_) => Err(DatabaseError::Overloaded),
        }
    }

    /// Jobs that wait.
    pub(super) fn depth(&self) -> usize {
        self.0.lock().jobs.len()
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.arrived.notify_all();
        self.0.closing.notify_all();
    }
}

/// The queue as its threads see it.
pub(super) struct Line {
    pub(super) figures: OfQueue,
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    closing: Condvar,
}

#[derive(Default)]
struct Waiting {
    /// With the moment each was asked for.
    jobs: VecDeque<(Instant, Box<dyn Job>)>,
    /// Threads that have a connection, as far as they know.
    connected: usize,
    is_closed: bool,
}

impl Line {
    fn new(figures: OfQueue) -> Line {
        Line { figures, waiting: Mutex::default(), arrived: Condvar::new(), closing: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, begun: Instant, job: Box<dyn Job>) -> Result<(), DatabaseError> {
        let mut waiting = self.lock();
        if waiting.connected == 0 {
            return Err(DatabaseError::Away);
        }
        if waiting.jobs.len() >= CAPACITY {
            return Err(DatabaseError::Overloaded);
        }
        waiting.jobs.push_back((begun, job));
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    /// Waits for a job and takes what else is already there, up to `batch`. None when the queue was dropped.
    pub(super) fn gather(&self, batch: usize) -> Option<Vec<Box<dyn Job>>> {
        let mut waiting = self.lock();
        while waiting.jobs.is_empty() {
            if waiting.is_closed {
                return None;
            }
            waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let count = waiting.jobs.len().min(batch);
        let taken: Vec<_> = waiting.jobs.drain(..count).collect();
        drop(waiting);
        let wait = |(since, job): (Instant, Box<dyn Job>)| {
            self.figures.waited.observe(since.elapsed().as_secs_f64());
            job
        };
        Some(taken.into_iter().map(wait).collect())
    }

    /// A thread is without a connection. Once the last one is, nobody waits for it.
    pub(super) fn lose(&self) {
        let mut waiting = self.lock();
        waiting.connected -= 1;
        if waiting.connected == 0 {
            let jobs = std::mem::take(&mut waiting.jobs);
            drop(waiting);
            jobs.into_iter().for_each(|(_, job)| job.answer(Err(DatabaseError::Away)));
        }
    }

    /// A thread has a connection again.
    pub(super) fn find(&self) {
        self.lock().connected += 1;
    }

    /// Waits, and says whether the queue is still there.
    pub(super) fn rest(&self, pause: Duration) -> bool {
        let is_open = |waiting: &mut Waiting| !waiting.is_closed;
        let rested = self.closing.wait_timeout_while(self.lock(), pause, is_open);
        let (waiting, _) = rested.unwrap_or_else(PoisonError::into_inner);
        !waiting.is_closed
    }
}

/// A job whose result type is forgotten: it keeps its value until the commit is known.
pub(super) trait Job: Send {
    fn run(&mut self, connection: &mut AnyConnection) -> QueryResult<()>;
    fn answer(self: Box<Self>, outcome: Result<(), DatabaseError>);
    /// Whether somebody still waits for it.
    fn is_wanted(&self) -> bool;
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

    fn answer(self: Box<Self>, outcome: Result<(), DatabaseError>) {
        let Pending { value, reply, .. } = *self;
        let answer = outcome.and_then(|()| value.ok_or(DatabaseError::Closed));
        // Nobody waits any more when the caller went away; what was committed stays committed.
        let _ = reply.send(answer);
    }

    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }
}
