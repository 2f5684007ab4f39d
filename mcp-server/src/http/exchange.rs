//! What every request to a protected endpoint goes through: its body, where it comes from, and what a browser is told.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method, StatusCode,
        header::{CONTENT_TYPE, HeaderMap},
    },
    web::Payload,
};
use bytes::Bytes;
use shared::wire::{self, BodyFault};

use super::{cors, message::code, refusal};
use crate::App;

/// The largest body that is read.
const MAX_BODY: usize = 1024 * 1024;

/// Has a request answered: preflights here, everything else by `answer`, which gets the whole body.
pub(super) async fn run(
    app: &App,
    request: &HttpRequest,
    payload: Payload,
    answer: impl AsyncFnOnce(Bytes) -> HttpResponse,
) -> HttpResponse {
    // First of all, for a connection whose body was left unread is closed.
    let body = wire::body(request, payload.into_inner(), MAX_BODY, app.settings.bounds.patience).await;
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
        Ok(body) => answer(body).await,
        Err(BodyFault::Broken) => {
            refusal::rpc(StatusCode::BAD_REQUEST, None, code::PARSE_ERROR, "the body could not be read")
        }
        Err(BodyFault::TooSlow) => {
            let text = "the body took too long";
            refusal::rpc(StatusCode::REQUEST_TIMEOUT, None, code::INVALID_REQUEST, text)
        }
        Err(BodyFault::TooLarge) => {
            let text = format!("the body is larger than {MAX_BODY} bytes");
            refusal::rpc(StatusCode::PAYLOAD_TOO_LARGE, None, code::INVALID_REQUEST, &text)
        }
    };
    if let Some(origin) = origin {
        cors::open_to(origin, reply.headers_mut());
    }
    reply
}

/// Whether the body is said to be JSON. Parameters such as a charset make no difference, and what does not say is taken
/// for JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else { return true };
    let essence = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/json")
}
