//! One request too many is refused at once.

use actix_web::{
    Error, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header,
    middleware::Next,
};
use shared::wire::{self, Followed};

use super::{Gatehouse, reply, words::Words};

/// Middleware: what is answered has a place among what is done at one time.
pub(crate) async fn admitted<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Followed>, Error> {
    wire::admitted(request, next, crowded).await
}

/// RFC 9110 §15.6.4. Neither logged nor kept under a reference: that would be one more thing to do.
fn crowded(request: &ServiceRequest) -> HttpResponse {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    match request.app_data::<Gatehouse>() {
        Some(app) if accept.is_some_and(|accept| accept.contains("text/html")) => {
            reply::crowded_page(app, Words::choose(None, request.headers()))
        }
        _ => reply::crowded(),
    }
}
