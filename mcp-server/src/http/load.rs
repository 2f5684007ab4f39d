//! One request too many is refused at once.

use actix_web::{
    HttpResponse,
    dev::ServiceRequest,
    http::{
        Method, StatusCode,
        header::{HeaderValue, RETRY_AFTER},
    },
};

use super::{message::code, refusal};

/// RFC 9110 §15.6.4, in the shape of what was asked.
pub(crate) fn crowded(request: &ServiceRequest) -> HttpResponse {
    let text = "the server has too much to do: try again after the seconds in Retry-After";
    let mut reply = match *request.method() {
        Method::POST => refusal::rpc(StatusCode::SERVICE_UNAVAILABLE, None, code::INTERNAL_ERROR, text),
        _ => refusal::json(StatusCode::SERVICE_UNAVAILABLE, r#"{"error":"temporarily_unavailable"}"#),
    };
    reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    reply
}
