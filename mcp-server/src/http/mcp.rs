//! One exchange with a client, check after check.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap},
    },
    web::{Data, Payload},
};
use bytes::Bytes;
use shared::resource::Resource;
use tokio::time::timeout;

use super::{
    cors,
    message::{Message, code},
    protocol, refusal,
};
use crate::App;

/// The largest body that is read.
const MAX_BODY: usize = 1024 * 1024;
/// How long a body may take to arrive.
const MAX_TIME: Duration = Duration::from_secs(10);

/// Where MCP is served: at the resource's path, and at `/mcp` for a proxy that takes a prefix away. A slash at the end
/// makes no difference, and is not worth a redirect that clients would not follow.
pub(super) fn paths(resource: &Resource) -> Vec<String> {
    let own = resource.url().path().trim_end_matches('/');
    let mut paths = vec![format!("{own}/"), "/mcp".to_owned(), "/mcp/".to_owned()];
    if !own.is_empty() {
        paths.push(own.to_owned());
    }
    paths.sort();
    paths.dedup();
    paths
}

/// Answers any request to the endpoint.
pub(super) async fn exchange(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    // First of all, for a connection whose body was left unread is closed.
    let body = timeout(MAX_TIME, payload.to_bytes_limited(MAX_BODY)).await;
    let origin = match app.origins.admit(request.headers()) {
        Ok(origin) => origin,
        Err(stranger) => return refusal::stranger(stranger),
    };
    let mut reply = match body {
        _ if request.method() == Method::OPTIONS => {
            let mut reply = HttpResponse::NoContent().finish();
            cors::preflight(request.headers(), reply.headers_mut());
            reply
        }
        Ok(Ok(Ok(body))) => answer(&app, &request, body).await,
        Ok(Ok(Err(_))) => {
            refusal::rpc(StatusCode::BAD_REQUEST, None, code::PARSE_ERROR, "the body could not be read")
        }
        Err(_) => {
            let text = "the body took too long";
            refusal::rpc(StatusCode::REQUEST_TIMEOUT, None, code::INVALID_REQUEST, text)
        }
        Ok(Err(_)) => {
            let text = format!("the body is larger than {MAX_BODY} bytes");
            refusal::rpc(StatusCode::PAYLOAD_TOO_LARGE, None, code::INVALID_REQUEST, &text)
        }
    };
    if let Some(origin) = origin {
        cors::open_to(origin, reply.headers_mut());
    }
    reply
}

async fn answer(app: &App, request: &HttpRequest, body: Bytes) -> HttpResponse {
    let headers = request.headers();
    let message = Message::read(&body);
    // A token in the query is not looked at (RFC 9700 §4.3.2).
    let authorization = headers.get_all(AUTHORIZATION).map(|value| value.as_bytes());
    let visitor = match app.guard.admit(authorization).await {
        Ok(visitor) => visitor,
        Err(denial) => {
            tracing::debug!(reason = %denial, "a request was not let in");
            return refusal::denied(app, &denial, message.as_ref());
        }
    };
    if request.method() != Method::POST {
        return refusal::method();
    }
    if !is_json(headers) {
        let text = "Content-Type is not application/json";
        return refusal::rpc(StatusCode::UNSUPPORTED_MEDIA_TYPE, None, code::INVALID_REQUEST, text);
    }
    let Some(message) = message else {
        return refusal::rpc(StatusCode::BAD_REQUEST, None, code::PARSE_ERROR, "the body is not JSON");
    };
    if let Err(objection) = protocol::check(&message, headers) {
        return refusal::json(objection.status, &objection.body);
    }
    if let Some(needed) = message.tool().and_then(|tool| app.toolbox.scopes(tool))
        && !visitor.scopes.contains_all(needed)
    {
        return refusal::insufficient(app, needed, &message, headers);
    }
    app.endpoint.answer(headers, body, &message, visitor).await
}

/// Whether the body is said to be JSON. Parameters such as a charset make no difference, and what does not say is taken
/// for JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else { return true };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}
