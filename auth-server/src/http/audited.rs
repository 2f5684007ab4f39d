//! What happens in a request is told with the address it came from and the reference it is answered with.

use actix_web::{dev::ServiceRequest, error::ErrorInternalServerError, rt};
use tracing::Instrument;

use super::{Answered, Gatehouse, client_address};
use crate::{audit, flow::incidents::Told};

/// Tells of what comes `next`, outside of what gives references.
///
/// A request goes on to its end when the caller hangs up: what is done is told, whoever waits for the answer.
pub(super) async fn audited<F: Future<Output = Answered> + 'static>(
    request: ServiceRequest,
    next: impl FnOnce(ServiceRequest) -> F + 'static,
) -> Answered {
    let app = request.app_data::<Gatehouse>().filter(|app| app.audit.is_kept());
    let Some(app) = app.cloned() else { return next(request).await };
    let address = client_address::of(&app, request.request());
    let audited = async move {
        let happening = audit::Request::new(app.audit.clone(), address);
        let response = happening.run(next(request)).await?;
        let told = response.response().extensions().get::<Told>().map(|told| told.reference.clone());
        happening.write(told.as_deref());
        Ok(response)
    };
    rt::spawn(audited.in_current_span()).await.map_err(ErrorInternalServerError)?
}
