//! Bodies: read whole, bounded in size and time, before any handler sees the request.
//!
//! A body that is too large is still read to its end, within bounds: a server that answers and closes while the client is
//! sending shows it a broken connection instead of the answer.

use actix_web::{
    HttpMessage, HttpResponse,
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::header,
    web::{Bytes, BytesMut},
};
use futures_util::StreamExt;

use super::{Answered, Gatehouse, incidents, reply};

/// No form and no registration is larger.
const MAX_BODY: usize = 64 * 1024;
/// How much of a larger one is read away.
const MAX_DRAINED: usize = 4 * 1024 * 1024;

/// Hands the body on in one piece to what comes `next`, or answers 413 or 408.
pub(super) async fn bounded<F: Future<Output = Answered>>(
    mut request: ServiceRequest,
    next: impl FnOnce(ServiceRequest) -> F,
) -> Answered {
    let headers = request.headers();
    if headers.contains_key(header::CONTENT_LENGTH) || headers.contains_key(header::TRANSFER_ENCODING) {
        let patience = request.app_data::<Gatehouse>().map(|app| app.settings.bounds.patience);
        match tokio::time::timeout(patience.unwrap_or_default(), read(request.take_payload())).await {
            Ok(Some(body)) => request.set_payload(Payload::from(body)),
            Ok(None) => return Ok(refuse(request, reply::body_too_large())),
            Err(_) => return Ok(refuse(request, reply::body_too_slow())),
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

/// The whole body; none when it is too large or breaks off.
async fn read(mut payload: Payload) -> Option<Bytes> {
    let (mut body, mut size) = (BytesMut::new(), 0_usize);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.ok()?;
        size = size.saturating_add(chunk.len());
        if size <= MAX_BODY {
            body.extend_from_slice(&chunk);
        } else if size > MAX_DRAINED {
            break;
        }
    }
    (size <= MAX_BODY).then(|| body.freeze())
}
