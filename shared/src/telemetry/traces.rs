//! Traces: spans of ours, sent as OTLP over HTTP to a collector. Without `OTEL_EXPORTER_OTLP_ENDPOINT` there is no layer, and
//! a span costs a look at a flag.
//!
//! Whatever is sent is a span of [`SPANS`]: no event, no span of a library, nothing a log line says.

use std::{collections::HashMap, fmt, time::Duration};

use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider},
};
use tracing::Subscriber;
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};
use url::Url;

use super::{SPANS, exporter::Patient};
use crate::env::Reader;

/// How long one batch may take to be taken.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long a stop waits for the last one.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// Spans that wait for the collector; what comes while so many wait is lost.
const MOST_WAITING: usize = 2048;

/// Where traces go, and which.
#[derive(Clone)]
pub struct Collector {
    endpoint: Url,
    headers: HashMap<String, String>,
    service: Option<String>,
    ratio: f64,
}

/// Headers may hold a secret.
impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").field("ratio", &self.ratio).finish_non_exhaustive()
    }
}

impl Collector {
    /// Reads the `OTEL_…` settings; none without an endpoint.
    pub fn read(reader: &mut Reader<'_>) -> Option<Collector> {
        let ratio = reader.parsed("OTEL_TRACES_SAMPLER_ARG", 1.0, "0.1");
        if !(0.0..=1.0).contains(&ratio) {
            reader.fault("OTEL_TRACES_SAMPLER_ARG", "is not between 0 and 1", "0.1");
        }
        let headers = reader.optional("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default();
        let headers = parse_headers(headers).unwrap_or_else(|| {
            reader.fault("OTEL_EXPORTER_OTLP_HEADERS", "is no list of name=value", "x-api-key=…");
            HashMap::new()
        });
        let service = reader.optional("OTEL_SERVICE_NAME").map(str::to_owned);
        let text = reader.optional("OTEL_EXPORTER_OTLP_ENDPOINT")?;
        match Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme())) {
            Some(url) => Some(Collector { endpoint: traces_of(url), headers, service, ratio }),
            None => {
                let wrong = "is neither an http nor an https URL";
                reader.fault("OTEL_EXPORTER_OTLP_ENDPOINT", wrong, "http://localhost:4318");
                None
            }
        }
    }

    /// Opens the way there. `service` is what it is called unless the settings say otherwise.
    pub(super) fn open(&self, service: &'static str) -> Result<Traces, TracesError> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(self.endpoint.as_str())
            .with_headers(self.headers.clone())
            .with_timeout(TIMEOUT)
            .build()
            .map_err(|fault| TracesError(fault.to_string()))?;
        // A thread of its own sends them, and never the one that answers a request.
        let queue = BatchConfigBuilder::default().with_max_queue_size(MOST_WAITING).build();
        let sending = BatchSpanProcessor::builder(Patient::new(exporter)).with_batch_config(queue).build();
        let name = self.service.clone().unwrap_or_else(|| service.to_owned());
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let provider = SdkTracerProvider::builder()
            .with_span_processor(sending)
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(self.ratio))))
            .with_resource(Resource::builder().with_service_name(name).with_attribute(version).build())
            .build();
        Ok(Traces(provider))
    }
}

/// OTLP §4.2 (endpoint URLs): the path of the signal stands behind the one that is given.
fn traces_of(mut url: Url) -> Url {
    let path = format!("{}/v1/traces", url.path().trim_end_matches('/'));
    url.set_path(&path);
    url
}

fn parse_headers(text: &str) -> Option<HashMap<String, String>> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let read = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        (!name.trim().is_empty()).then(|| (name.trim().to_owned(), value.trim().to_owned()))
    };
    pairs.map(read).collect()
}

/// The open way to the collector.
#[derive(Clone)]
pub(super) struct Traces(SdkTracerProvider);

impl Traces {
    /// What makes spans of ours into those of a trace.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("gatehouse"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_level(false)
            .with_target(false)
            .with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target() == SPANS))
    }

    /// Sends what waits, as far as that goes quickly.
    pub(super) fn end(&self) {
        // Whatever it says was said by the exporter.
        let _ = self.0.shutdown_with_timeout(LAST_WORDS);
    }
}

/// Why there are no traces.
#[derive(Debug, thiserror::Error)]
#[error("cannot send traces: {0}")]
pub struct TracesError(String);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::Env;

    fn read(pairs: &[(&str, &str)]) -> Result<Collector, String> {
        let env: Env = pairs.iter().copied().collect();
        let mut reader = Reader::new(&env);
        let collector = Collector::read(&mut reader);
        reader.finish(collector).map_err(|faults| faults.to_string())
    }

    #[test]
    fn the_path_of_traces_is_appended() {
        for (given, path) in [
            ("http://localhost:4318", "http://localhost:4318/v1/traces"),
            ("https://otlp.example.com/in/", "https://otlp.example.com/in/v1/traces"),
        ] {
            let collector = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", given)]).unwrap();
            assert_eq!((collector.endpoint.as_str(), collector.ratio), (path, 1.0));
        }
    }

    #[test]
    fn headers_are_read_and_never_shown() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");
        let collector =
            read(&[endpoint, ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=hidden==, x-team = a")]).unwrap();
        assert_eq!(collector.headers["x-key"], "hidden==");
        assert_eq!(collector.headers["x-team"], "a");
        assert!(!format!("{collector:?}").contains("hidden"));
    }

    #[test]
    fn faults_are_told() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");
        for wrong in [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "hidden"),
            ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
            ("OTEL_TRACES_SAMPLER_ARG", "all"),
        ] {
            let faults = read(&[endpoint, wrong]).unwrap_err();
            assert!(faults.contains(wrong.0) && !faults.contains("hidden"), "{faults}");
        }
    }
}
