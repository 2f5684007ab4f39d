//! One request too many is refused at once.

use actix_web::{HttpResponse, dev::ServiceRequest, http::header};

use super::{Gatehouse, reply, words::Words};

/// RFC 9110 §15.6.4. Neither logged nor kept under a reference: that would be one more thing to do.
pub(crate) fn crowded(request: &ServiceRequest) -> HttpResponse {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    match request.app_data::<Gatehouse>() {
        Some(app) if accept.is_some_and(|accept| accept.contains("text/html")) => {
            reply::crowded_page(app, Words::choose(None, request.headers()))
        }
        _ => reply::crowded(),
    }
}
