//! Logs and traces. Logs: one line an event, to standard error, readable or as JSON. Traces: spans of requests, to a collector
//! where there is one.

mod exporter;
pub mod request;
mod traces;

use std::io::{IsTerminal, stderr};

use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, registry, util::SubscriberInitExt};

use self::traces::{Collector, Traces, TracesError};
use crate::env::Reader;

/// The target of every span that goes into a trace. Log lines do not carry them.
pub const SPANS: &str = "gatehouse::spans";

/// How a service logs, and where it sends traces. `LOG` filters as `tracing-subscriber` reads it (`info`,
/// `auth_server=debug`); `LOG_FORMAT` is `text` or `json`; the names of traces are those of OpenTelemetry.
#[derive(Clone, Debug)]
pub struct Logs {
    filter: String,
    json: bool,
    collector: Option<Collector>,
}

impl Logs {
    /// Reads `LOG`, `LOG_FORMAT` and `OTEL_…`.
    pub fn read(reader: &mut Reader<'_>) -> Logs {
        let filter = reader.text("LOG", "info");
        if let Err(fault) = EnvFilter::try_new(&filter) {
            reader.fault("LOG", &fault.to_string(), "info,auth_server=debug");
        }
        let json = match reader.text("LOG_FORMAT", "text").as_str() {
            "json" => true,
            "text" => false,
            _ => {
                reader.fault("LOG_FORMAT", "is neither `text` nor `json`", "json");
                false
            }
        };
        Logs { filter, json, collector: Collector::read(reader) }
    }

    /// Starts logging for the whole process, without traces: for what is not a server.
    pub fn start(&self) -> Telemetry {
        let _ = registry().with(self.lines()).try_init();
        Telemetry(None)
    }

    /// Starts logging and tracing for the whole process. A subscriber that is already there stays.
    ///
    /// # Errors
    /// There is a collector, and no way to send anything.
    pub fn start_with_traces(&self, service: &'static str) -> Result<Telemetry, TracesError> {
        let Some(collector) = &self.collector else {
            return Ok(self.start());
        };
        let traces = collector.open(service)?;
        let _ = registry().with(self.lines()).with(traces.layer()).try_init();
        Ok(Telemetry(Some(traces)))
    }

    fn lines<S>(&self) -> Box<dyn Layer<S> + Send + Sync>
    where
        S: tracing::Subscriber + for<'span> registry::LookupSpan<'span>,
    {
        // At `info` rmcp writes three lines a request, at `debug` whole messages, and so what people keep in their notes.
        // It is louder only for who names it (`LOG=rmcp=debug`), and so is the web server about its threads.
        let filter = format!("rmcp=warn,actix_server=warn,{},{SPANS}=off", self.filter);
        let lines = tracing_subscriber::fmt::layer().with_ansi(stderr().is_terminal()).with_writer(stderr);
        let lines = if self.json { lines.json().boxed() } else { lines.compact().boxed() };
        lines.with_filter(EnvFilter::new(filter)).boxed()
    }
}

/// What was started, to be ended with the service.
pub struct Telemetry(Option<Traces>);

impl Telemetry {
    /// Sends the spans that wait, for a few seconds at most.
    pub async fn end(self) {
        if let Some(traces) = self.0 {
            // It blocks, and makes no difference when it fails.
            let _ = tokio::task::spawn_blocking(move || traces.end()).await;
        }
    }
}
