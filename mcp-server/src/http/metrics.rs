//! Counting requests, and showing what was counted: on a port of its own, never on the public one.

use actix_web::{
    Error, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::CONTENT_TYPE,
    middleware::Next,
    web::{Data, ServiceConfig, get},
};
use shared::metrics;

use crate::App;

/// Middleware of everything, outermost: counts what is answered under the template of its path.
pub(crate) async fn counted<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let Some(app) = request.app_data::<Data<App>>().cloned() else { return next.call(request).await };
    let begun = app.metrics.requests.begin();
    let answered = next.call(request).await?;
    let asked = answered.request();
    begun.answered(asked.match_pattern(), asked.method().as_str(), answered.status().as_u16());
    Ok(answered)
}

/// All there is on the port of the metrics.
pub(crate) fn shown(config: &mut ServiceConfig) {
    config.route("/metrics", get().to(show));
}

async fn show(app: Data<App>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, metrics::CONTENT_TYPE)).body(crate::metrics::shown(&app))
}
