//! What is counted of the two queues: how much waits, how long, how long a job takes in all, and lost connections.

use std::sync::Weak;

use prometheus_client::{
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

use super::{Database, queue::Line};
use crate::metrics::{ByWord, look_up_by, spans};

type Spans = Family<[(&'static str, &'static str); 1], Histogram, fn() -> Histogram>;

/// The figures of all queues of a database.
#[derive(Clone)]
pub(super) struct Figures {
    waited: Spans,
    took: Spans,
    lost: ByWord,
}

impl Default for Figures {
    fn default() -> Figures {
        let spans = || Spans::new_with_constructor(spans);
        Figures { waited: spans(), took: spans(), lost: ByWord::default() }
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
            lost: self.lost.get_or_create_owned(&labels),
        }
    }
}

impl Database {
    /// Has the figures of both queues shown.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let Figures { waited, took, lost } = self.figures.clone();
        registry.register("gatehouse_database_wait_seconds", "How long jobs waited for a connection", waited);
        registry.register(
            "gatehouse_database_job_duration_seconds",
            "How long jobs took, with their wait and their commit",
            took,
        );
        registry.register("gatehouse_database_lost_connections", "Connections that were lost", lost);
        // Not held: the last clone of a database ends its threads.
        let lines = [("writer", self.writer.line()), ("reader", self.reader.line())];
        let look = move || lines.iter().map(|(queue, line)| (*queue, depth(line))).collect();
        let help = "Jobs that wait for a connection";
        look_up_by(registry, ("gatehouse_database_queue_depth", help, "queue"), look);
    }
}

fn depth(line: &Weak<Line>) -> f64 {
    line.upgrade().and_then(|line| u32::try_from(line.depth()).ok()).map_or(0.0, f64::from)
}
