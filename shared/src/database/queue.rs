//! What is asked of the database: jobs that run on a thread with a connection, and whoever waits for their answers.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use diesel::QueryResult;
use tokio::{sync::oneshot, time::timeout};

use super::{
    AnyConnection, DatabaseError,
    figures::OfQueue,
    line::Line,
    worker::{Connect, Worker},
};

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
        let line = Arc::new(Line::new(figures, batch > 1 && connections.len() == 1));
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
        let begun = Instant::now();
        let answer = self.enter((begun, job), None)?;
        self.wait(begun, async { answer.await.unwrap_or(Err(DatabaseError::Closed)) }).await
    }

    /// The same, and does something with the value while it is being committed. Where another value was, because the job
    /// had to be run again, it is done again.
    pub(super) async fn run_while<T, U, F>(
        &self,
        mut job: F,
        meanwhile: impl Fn(&T) -> U,
    ) -> Result<(T, U), DatabaseError>
    where
        T: Send + Sync + 'static,
        F: FnMut(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        let begun = Instant::now();
        let (channel, foretold) = oneshot::channel::<Arc<T>>();
        let job = move |connection: &mut AnyConnection| job(connection).map(Arc::new);
        let answer = self.enter((begun, job), Some(Foretelling { channel, copy: Arc::clone }))?;
        let both = async {
            // None where the job failed.
            let done = foretold.await.ok().map(|value| (meanwhile(&value), value));
            let value = answer.await.unwrap_or(Err(DatabaseError::Closed))?;
            let done = done.filter(|(_, early)| Arc::ptr_eq(early, &value)).map(|(done, _)| done);
            let done = done.unwrap_or_else(|| meanwhile(&value));
            Arc::into_inner(value).map(|value| (value, done)).ok_or(DatabaseError::Closed)
        };
        self.wait(begun, both).await
    }

    fn enter<T, F>(
        &self,
        (begun, job): (Instant, F),
        foretelling: Option<Foretelling<T>>,
    ) -> Result<oneshot::Receiver<Result<T, DatabaseError>>, DatabaseError>
    where
        T: Send + 'static,
        F: FnMut(&mut AnyConnection) -> QueryResult<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.0.push(begun, Box::new(Pending { job, value: None, foretelling, reply }))?;
        Ok(answer)
    }

    async fn wait<T>(
        &self,
        begun: Instant,
        answer: impl Future<Output = Result<T, DatabaseError>>,
    ) -> Result<T, DatabaseError> {
        let answer = timeout(PATIENCE, answer).await;
        self.took(begun);
        answer.unwrap_or(Err(DatabaseError::Overloaded))
    }

    /// Counts a job that did without the queue.
    pub(super) fn took(&self, begun: Instant) {
        self.0.figures.took.observe(begun.elapsed().as_secs_f64());
    }

    /// Jobs that wait.
    pub(super) fn depth(&self) -> usize {
        self.0.lock().jobs.len()
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A job whose result type is forgotten: it keeps its value until the commit is known.
pub(super) trait Job: Send {
    fn run(&mut self, connection: &mut AnyConnection) -> QueryResult<()>;
    /// Tells the value before it is committed, to whoever wants to know.
    fn foretell(&mut self);
    fn answer(self: Box<Self>, outcome: Result<(), DatabaseError>);
    /// Whether somebody still waits for it.
    fn is_wanted(&self) -> bool;
}

struct Pending<T, F> {
    job: F,
    value: Option<T>,
    /// Until it was told once.
    foretelling: Option<Foretelling<T>>,
    reply: oneshot::Sender<Result<T, DatabaseError>>,
}

/// Where a value is told early, and how it is had twice.
struct Foretelling<T> {
    channel: oneshot::Sender<T>,
    copy: fn(&T) -> T,
}

impl<T: Send, F: FnMut(&mut AnyConnection) -> QueryResult<T> + Send> Job for Pending<T, F> {
    fn run(&mut self, connection: &mut AnyConnection) -> QueryResult<()> {
        self.value = Some((self.job)(connection)?);
        Ok(())
    }

    fn foretell(&mut self) {
        if let (Some(value), Some(Foretelling { channel, copy })) = (&self.value, self.foretelling.take()) {
            // Nobody waits any more when the caller went away.
            let _ = channel.send(copy(value));
        }
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
