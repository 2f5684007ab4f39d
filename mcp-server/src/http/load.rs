//! One request too many is refused at once.

use actix_web::{
    Error, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{HeaderValue, RETRY_AFTER},
    },
    middleware::Next,
};
use serde_json::json;
use shared::wire::{self, Followed};

use super::{message::code, refusal};

/// Middleware: what is answered has a place among what is done at one time.
pub(crate) async fn admitted<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Followed>, Error> {
    wire::admitted(request, next, crowded).await
}

/// RFC 9110 §15.6.4, in the shape of what was asked.
fn crowded(request: &ServiceRequest) -> HttpResponse {
    let text = "the server has too much to do: try again after the seconds in Retry-After";
    let mut reply = match *request.method() {
        Method::POST => refusal::rpc(StatusCode::SERVICE_UNAVAILABLE, None, code::INTERNAL_ERROR, text),
        _ => refusal::json(StatusCode::SERVICE_UNAVAILABLE, &json!({ "error": "temporarily_unavailable" })),
    };
    reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    reply
}
