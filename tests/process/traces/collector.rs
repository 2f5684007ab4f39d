//! What receives traces: HTTP as far as an exporter speaks it, and protobuf.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use conformance::failure::Outcome;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
};
use prost::Message;

/// A collector on a port of its own. Its thread ends with the process.
pub(super) struct Collector {
    port: u16,
    received: Arc<Mutex<Received>>,
}

#[derive(Default)]
struct Received {
    spans: Vec<Span>,
    headers: BTreeMap<String, String>,
}

/// A span, as far as tests look at it.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) service: String,
    pub(super) name: String,
    pub(super) trace: String,
    pub(super) id: String,
    pub(super) parent: String,
    pub(super) attributes: BTreeMap<String, String>,
    /// Everything else a span could tell, which ours do not.
    #[expect(dead_code, reason = "it is shown, and searched there")]
    rest: String,
}

impl Collector {
    pub(super) fn start() -> Outcome<Collector> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let received = Arc::new(Mutex::new(Received::default()));
        let into = Arc::clone(&received);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let into = Arc::clone(&into);
                thread::spawn(move || while serve(&stream, &into).is_some() {});
            }
        });
        Ok(Collector { port, received })
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn spans(&self) -> Vec<Span> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).spans.clone()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.spans().into_iter().map(|span| format!("{}: {}", span.service, span.name)).collect()
    }

    pub(super) fn header(&self, name: &str) -> Option<String> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).headers.get(name).cloned()
    }
}

/// Takes one request and answers it; none when there is no other.
fn serve(mut stream: &TcpStream, into: &Mutex<Received>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let is_for_traces = line.starts_with("POST /v1/traces HTTP/1.1");
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    let request = ExportTraceServiceRequest::decode(body.as_slice()).ok().filter(|_| is_for_traces);
    let status = if request.is_some() { "200 OK" } else { "400 Bad Request" };
    if let Some(request) = request {
        let mut received = into.lock().unwrap_or_else(PoisonError::into_inner);
        received.spans.extend(read(request));
        received.headers.extend(headers);
    }
    let answer =
        format!("HTTP/1.1 {status}\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n");
    stream.write_all(answer.as_bytes()).ok()
}

fn read(request: ExportTraceServiceRequest) -> Vec<Span> {
    let mut spans = Vec::new();
    for of_service in request.resource_spans {
        let resource = texts(of_service.resource.unwrap_or_default().attributes);
        let service = resource.get("service.name").cloned().unwrap_or_default();
        for span in of_service.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            spans.push(Span {
                service: service.clone(),
                name: span.name,
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                attributes: texts(span.attributes),
                rest: format!("{:?} {:?} {:?} {:?}", span.events, span.links, span.status, resource),
            });
        }
    }
    spans
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |value: Option<Value>| match value {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    attributes.into_iter().map(|pair| (pair.key, text(pair.value.and_then(|value| value.value)))).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
