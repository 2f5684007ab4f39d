//! Each request once, for metrics, for the log and for traces: method, template of the route, status. What a path or a query
//! says stays here. And whose address it comes from.

use std::{net::IpAddr, time::Instant};

use actix_web::{
    Error, HttpRequest,
    dev::{Extensions, ServiceRequest, ServiceResponse},
    http::header::{FORWARDED, HeaderValue, X_FORWARDED_FOR},
};
use tracing::{Instrument, Span};

use super::Edge;
use crate::{
    address::{Header, TrustedProxies},
    telemetry::request::{OTHER, TRACEPARENT, answered, is_traced, span},
};

/// How a service logs what it answered, under a target of its own.
#[derive(Clone, Copy)]
pub struct Log {
    /// Whether anybody reads it.
    pub is_on: fn() -> bool,
    /// Writes the line, with what the service has put beside its answer.
    pub write: fn(Line<'_>, &Extensions),
}

/// What was answered, in words of ours.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// One of those that are known, or another.
    pub method: &'static str,
    /// The template the path matched.
    pub route: &'a str,
    /// Of the answer.
    pub status: u16,
    /// Until the answer began.
    pub milliseconds: u64,
}

/// Counts, logs and traces what is answered by `next`, which is everything. What is refused on the way in is told too.
pub(super) async fn observed<B, F: Future<Output = Result<ServiceResponse<B>, Error>>>(
    edge: &Edge,
    request: ServiceRequest,
    next: impl FnOnce(ServiceRequest) -> F,
) -> Result<ServiceResponse<B>, Error> {
    let (begun, begun_at) = (edge.requests.begin(), Instant::now());
    // Only a span needs the route now. The router says later which it took, and here each would be tried.
    let span = if is_traced() { span_of(&request, request.match_pattern().as_deref()) } else { Span::none() };
    let response = match span.is_disabled() {
        true => next(request).await?,
        false => next(request).instrument(span.clone()).await?,
    };
    let (took, status) = (begun_at.elapsed(), response.status().as_u16());
    answered(&span, status);
    let asked = response.request();
    let method = known(asked.method().as_str());
    let route = edge.requests.route(asked.path(), || asked.match_pattern());
    if (edge.log.is_on)() {
        let (method, route) = (method.unwrap_or(OTHER), route.template().unwrap_or(OTHER));
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        (edge.log.write)(Line { method, route, status, milliseconds }, &response.response().extensions());
    }
    begun.answered(&route, method, status, took);
    Ok(response)
}

fn span_of(request: &ServiceRequest, route: Option<&str>) -> Span {
    let caller = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let method = known(request.method().as_str()).unwrap_or(OTHER);
    span(method, route.unwrap_or(OTHER), caller)
}

/// A method by its name, if it is one of RFC 9110 §9 or RFC 5789: whoever asks can make up as many others as they like.
fn known(method: &str) -> Option<&'static str> {
    const METHODS: [&str; 9] =
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
    METHODS.into_iter().find(|known| *known == method)
}

/// The address of whoever asks, as far as trusted proxies say; none where there is no socket.
pub fn asker(request: &HttpRequest, proxies: &TrustedProxies) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let lines = |header: Header| match header {
        Header::Forwarded => request.headers().get_all(FORWARDED),
        Header::XForwardedFor => request.headers().get_all(X_FORWARDED_FOR),
    };
    Some(proxies.asker(peer, |header| lines(header).map(HeaderValue::as_bytes).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_nobody_knows_has_no_name() {
        assert_eq!(["GET", "PATCH", "BREW", "get"].map(known), [Some("GET"), Some("PATCH"), None, None]);
    }
}
