//! What is counted of the two queues: how much waits, how long, how long a job takes in all, and lost connections.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use super::Database;
use crate::metrics::{ByWords, count, spans};

type Spans = Family<[(&'static str, &'static str); 1], Histogram, fn() -> Histogram>;

/// The figures of all queues of a database.
#[derive(Clone)]
pub(super) struct Figures {
    waited: Spans,
    took: Spans,
    lost: ByWords<1>,
}

impl Default for Figures {
    fn default() -> Figures {
        let spans = || Spans::new_with_constructor(spans);
        Figures { waited: spans(), took: spans(), lost: ByWords::new(["queue"]) }
    }
}

/// Those of one queue, found once.
pub(super) struct OfQueue {
    /// From being asked for until a thread takes it.
    pub(super) waited: Histogram,
    /// From being asked for until it is answered.
    pub(super) took: Histogram,
    /// Connections that were lost.
    pub(super) lost: Counter,
}

impl Figures {
    pub(super) fn of(&self, queue: &'static str) -> OfQueue {
        let labels = [("queue", queue)];
        OfQueue {
            waited: self.waited.get_or_create_owned(&labels),
            took: self.took.get_or_create_owned(&labels),
            lost: self.lost.of([queue]),
        }
    }
}

impl Database {
    /// Adds the figures of both queues.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let Figures { waited, took, lost } = self.figures.clone();
        registry.register("gatehouse_database_wait_seconds", "How long jobs waited for a connection", waited);
        let help = "How long jobs took, with their wait and their commit";
        registry.register("gatehouse_database_job_duration_seconds", help, took);
        registry.register("gatehouse_database_lost_connections", "Connections that were lost", lost.family());
        let depths = Family::<[(&str, &str); 1], Gauge<f64, AtomicU64>>::default();
        for (name, queue) in [("writer", &self.writer), ("reader", &self.reader)] {
            depths.get_or_create(&[("queue", name)]).set(count(queue.depth()));
        }
        registry.register("gatehouse_database_queue_depth", "Jobs that wait for a connection", depths);
    }
}
