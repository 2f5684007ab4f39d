//! A request as traces tell it: its method, the template of its route, its status, and what it waited for. Never its path,
//! query or headers.

use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState},
};
use tracing::{Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::SPANS;

/// The header that joins traces: W3C Trace Context §3.2.
pub const TRACEPARENT: &str = "traceparent";
/// In the place of a route's template, and of a method nobody knows.
pub const OTHER: &str = "_OTHER";

/// Whether anybody collects spans.
pub fn is_traced() -> bool {
    tracing::span_enabled!(target: SPANS, tracing::Level::INFO)
}

/// The span of a request, below the one that the caller names; disabled where nobody collects them.
pub fn span(method: &'static str, route: &str, traceparent: Option<&str>) -> Span {
    let span = tracing::info_span!(
        target: SPANS,
        parent: None,
        "request",
        otel.name = Empty,
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
    );
    if !span.is_disabled() {
        span.record("otel.name", format!("{method} {route}"));
        if let Some(caller) = traceparent.and_then(read) {
            // Only a span that has started already, or one of no trace, has no place for it.
            let _ = span.set_parent(Context::new().with_remote_span_context(caller));
        }
    }
    span
}

/// A span of what a request waits for; disabled where there is no request, or nobody collects spans.
pub fn step(name: &'static str) -> Span {
    if Span::current().is_disabled() {
        return Span::none();
    }
    tracing::info_span!(target: SPANS, "step", otel.name = name)
}

/// Notes what a request was answered. Errors are those of the server, as the conventions of OpenTelemetry have it.
pub fn answered(span: &Span, status: u16) {
    span.record("http.response.status_code", status);
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}

/// What the present span is called in the header of a request that belongs to it; none outside of a trace.
pub fn traceparent() -> Option<String> {
    let context = Span::current().context();
    let span = context.span().span_context().clone();
    let flags = span.trace_flags() & TraceFlags::SAMPLED;
    span.is_valid().then(|| format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), flags))
}

/// W3C Trace Context §3.2.2: version, trace, span and flags. Of a later version the first four parts are read.
fn read(header: &str) -> Option<SpanContext> {
    let parts: Vec<&str> = header.trim().splitn(5, '-').collect();
    let [version, trace, span, flags, rest @ ..] = parts.as_slice() else { return None };
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let lengths = [version, trace, span, flags].map(|part| part.len());
    let is_whole =
        lengths == [2, 32, 16, 2] && [version, trace, span, flags].into_iter().all(|part| is_hex(part));
    if !is_whole || *version == "ff" || (*version == "00" && !rest.is_empty()) {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    Some(SpanContext::new(trace, span, flags, true, TraceState::NONE)).filter(SpanContext::is_valid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_read_as_the_recommendation_says() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let read_good = read(good).unwrap();
        assert!(read_good.is_sampled() && read_good.is_remote());
        assert_eq!(read_good.span_id().to_string(), "00f067aa0ba902b7");
        assert!(!read(&format!("{}0", &good[..good.len() - 1])).unwrap().is_sampled());
        assert!(read(&format!("01{}-more", &good[2..])).is_some(), "a later version");
        for wrong in [
            "",
            "00",
            &good.to_uppercase(),
            &format!("{good}-more"),
            &format!("ff{}", &good[2..]),
            &good[1..],
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        ] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn without_a_collector_nothing_joins() {
        let span = span("GET", "/a", Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        answered(&span, 200);
        assert_eq!(span.in_scope(traceparent), None);
    }
}
