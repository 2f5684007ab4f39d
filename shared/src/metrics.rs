//! Figures for whoever watches, as Prometheus reads them. Every server counts for itself: nothing here is global.
//!
//! What a label says is always one of few words of ours, so whoever sends odd requests makes no figure, and reads nothing
//! of anybody here.

mod process;
mod requests;
mod words;

use std::net::SocketAddr;

use prometheus_client::{
    encoding,
    metrics::{
        gauge::ConstGauge,
        histogram::{Histogram, exponential_buckets},
    },
};
pub use prometheus_client::{metrics::counter::Counter, registry::Registry};

pub use {requests::Requests, words::ByWords};

use crate::{database::Database, env::Reader};

/// The media type of [`text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Reads `METRICS_LISTEN`: where the figures are shown, if anywhere.
pub fn listen(reader: &mut Reader<'_>) -> Option<SocketAddr> {
    const NAME: &str = "METRICS_LISTEN";
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9464));
    reader.optional(NAME).map(|_| reader.parsed(NAME, nowhere, "127.0.0.1:9464"))
}

/// What every service counts: its requests, its database and its process. Made for whoever asks, with the counts of that
/// moment.
pub fn registry(requests: &Requests, database: &Database) -> Registry {
    let mut registry = Registry::default();
    requests.register(&mut registry);
    database.register(&mut registry);
    process::register(&mut registry);
    registry
}

/// Adds a figure that nobody keeps, as it is now.
pub fn gauge(registry: &mut Registry, name: &str, help: &str, value: f64) {
    registry.register(name, help, ConstGauge::new(value));
}

/// A number of things, as figures are.
pub fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::from(u32::MAX), f64::from)
}

/// All of it, as text.
pub fn text(registry: &Registry) -> String {
    let mut text = String::new();
    if encoding::text::encode(&mut text, registry).is_err() {
        tracing::error!("the metrics could not be written");
    }
    text
}

/// Spans from a tenth of a millisecond to a minute and a half.
pub fn spans() -> Histogram {
    Histogram::new(exponential_buckets(0.0001, 2.5, 16))
}
