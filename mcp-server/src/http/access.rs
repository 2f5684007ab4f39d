//! Each request once, for the log (`LOG=info,mcp_server::http::access=debug`) and for traces: method, template of the route,
//! status. What a path or a query says stays here.

use std::time::Instant;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use shared::telemetry::request::{TRACEPARENT, answered, is_traced, known_method, known_route, span};
use tracing::{Instrument, Level};

/// Middleware of every endpoint, outside of all others.
pub(crate) async fn observed<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let is_logged = tracing::enabled!(Level::DEBUG);
    if !is_logged && !is_traced() {
        return next.call(request).await;
    }
    let (method, begun_at) = (known_method(request.method().as_str()), Instant::now());
    let route = known_route(request.match_pattern());
    let caller = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let span = span(method, &route, caller);
    let response = next.call(request).instrument(span.clone()).await?;
    let status = response.status().as_u16();
    answered(&span, status);
    if is_logged {
        let milliseconds = u64::try_from(begun_at.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(method, %route, status, milliseconds, "answered");
    }
    Ok(response)
}
