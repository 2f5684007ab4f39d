//! What waits for the database: a bounded queue, and nothing at all while no thread has a connection.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{DatabaseError, figures::OfQueue, queue::Job};

/// Jobs that may wait at one time; a further one is refused as overload.
const CAPACITY: usize = 4096;
/// How long a job may wait for others to be committed with.
const GATHERING: Duration = Duration::from_micros(500);

/// The queue as its threads see it.
pub(super) struct Line {
    pub(super) figures: OfQueue,
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    closing: Condvar,
    /// Whether its one thread waits a moment for as many jobs as came the last time.
    is_gathering: bool,
}

#[derive(Default)]
pub(super) struct Waiting {
    /// With the moment each was asked for.
    pub(super) jobs: VecDeque<(Instant, Box<dyn Job>)>,
    /// So many are worth being told of, while the thread waits for more than one.
    wanted: usize,
    /// So many were taken the last time.
    taken: usize,
    /// Threads that have a connection, as far as they know.
    pub(super) connected: usize,
    pub(super) is_closed: bool,
}

impl Line {
    pub(super) fn new(figures: OfQueue, is_gathering: bool) -> Line {
        Line {
            figures,
            waiting: Mutex::default(),
            arrived: Condvar::new(),
            closing: Condvar::new(),
            is_gathering,
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, begun: Instant, job: Box<dyn Job>) -> Result<(), DatabaseError> {
        let mut waiting = self.lock();
        if waiting.connected == 0 {
            return Err(DatabaseError::Away);
        }
        if waiting.jobs.len() >= CAPACITY {
            return Err(DatabaseError::Overloaded);
        }
        waiting.jobs.push_back((begun, job));
        let is_enough = waiting.jobs.len() >= waiting.wanted;
        drop(waiting);
        if is_enough {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Nothing further comes.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.arrived.notify_all();
        self.closing.notify_all();
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
        // Callers whose last jobs were committed together come back together. One commit for all of them costs less than one
        // for the first and one for the rest.
        if self.is_gathering && waiting.jobs.len() < waiting.taken {
            waiting.wanted = waiting.taken;
            let is_short = |waiting: &mut Waiting| waiting.jobs.len() < waiting.wanted && !waiting.is_closed;
            let gathered = self.arrived.wait_timeout_while(waiting, GATHERING, is_short);
            waiting = gathered.unwrap_or_else(PoisonError::into_inner).0;
            waiting.wanted = 0;
        }
        let count = waiting.jobs.len().min(batch);
        waiting.taken = count;
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
