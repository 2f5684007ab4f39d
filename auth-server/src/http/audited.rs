//! What happens in a request is told with the address it came from and the reference it is answered with.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    error::ErrorInternalServerError,
    middleware::Next,
    rt,
};
use tracing::Instrument;

use super::{Gatehouse, client_address};
use crate::{audit, flow::incidents::Told};

/// Middleware of every endpoint, outside of the one that gives references.
///
/// A request goes on to its end when the caller hangs up: what is done is told, whoever waits for the answer.
pub(crate) async fn audited<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let app = request.app_data::<Gatehouse>().cloned();
    let Some(app) = app.filter(|app| app.audit.is_kept()) else { return next.call(request).await };
    let address = client_address::of(&app, request.request());
    let audited = async move {
        let happening = audit::Request::new(app.audit.clone(), address);
        let response = happening.run(next.call(request)).await?;
        let told = response.response().extensions().get::<Told>().map(|told| told.reference.clone());
        happening.write(told.as_deref());
        Ok(response)
    };
    rt::spawn(audited.in_current_span()).await.map_err(ErrorInternalServerError)?
}
