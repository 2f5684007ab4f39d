//! Sends spans to a collector that may be away: said once, and once more when it is back.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SpanData, SpanExporter},
};

/// An exporter whose failures are lost spans and nothing else.
#[derive(Debug)]
pub(super) struct Patient<E> {
    exporter: E,
    is_away: AtomicBool,
}

impl<E> Patient<E> {
    pub(super) fn new(exporter: E) -> Patient<E> {
        Patient { exporter, is_away: AtomicBool::new(false) }
    }
}

impl<E: SpanExporter> SpanExporter for Patient<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let sent = self.exporter.export(batch).await;
        let was_away = self.is_away.swap(sent.is_err(), Ordering::Relaxed);
        match (sent, was_away) {
            (Err(error), false) => tracing::warn!(%error, "the collector of traces is away: spans are lost"),
            (Ok(()), true) => tracing::info!("the collector of traces is back"),
            _ => {}
        }
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
