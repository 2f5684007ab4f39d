//! What this server counts, beside what every service does (`shared::metrics`).

use shared::metrics::{Registry, Requests, registry, text};

use crate::store::Store;

/// The figures of one server.
pub struct Metrics {
    /// Requests by route.
    pub requests: Requests,
    registry: Registry,
}

impl Metrics {
    /// Nothing has happened so far.
    pub fn new(store: &Store) -> Metrics {
        let requests = Requests::default();
        let registry = registry(&requests, store.database());
        Metrics { requests, registry }
    }

    /// All of them, as Prometheus reads them.
    pub fn text(&self) -> String {
        text(&self.registry)
    }
}
