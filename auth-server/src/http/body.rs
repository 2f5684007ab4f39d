//! Bodies: read whole before any handler sees the request.

use actix_web::{
    HttpMessage, HttpResponse,
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::header,
};
use shared::wire::{self, BodyFault};

use super::{Answered, Gatehouse, incidents, reply};

/// No form and no registration is larger.
const MAX_BODY: usize = 64 * 1024;

/// Hands the body on in one piece to what comes `next`, or answers 413 or 408.
pub(super) async fn bounded<F: Future<Output = Answered>>(
    mut request: ServiceRequest,
    next: impl FnOnce(ServiceRequest) -> F,
) -> Answered {
    let headers = request.headers();
    if headers.contains_key(header::CONTENT_LENGTH) || headers.contains_key(header::TRANSFER_ENCODING) {
        let patience = request.app_data::<Gatehouse>().map(|app| app.settings.bounds.patience);
        let payload = request.take_payload();
        match wire::body(request.request(), payload, MAX_BODY, patience.unwrap_or_default()).await {
            Ok(body) => request.set_payload(Payload::from(body)),
            Err(BodyFault::TooLarge | BodyFault::Broken) => {
                return Ok(refuse(request, reply::body_too_large()));
            }
            Err(BodyFault::TooSlow) => return Ok(refuse(request, reply::body_too_slow())),
        }
    }
    next(request).await
}

/// Nothing further in sees the request, so what is to be kept of it is kept here.
fn refuse(request: ServiceRequest, answer: HttpResponse) -> ServiceResponse {
    let response = request.into_response(answer);
    incidents::keep(&response, &[]);
    response
}
