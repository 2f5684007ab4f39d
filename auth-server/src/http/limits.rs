//! Who asks too often is told so: in JSON where a program asks, by a page where a person does.

use actix_web::{
    Error,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

use super::{Gatehouse, client_address, reply, sign_in, words::Words};
use crate::{flow::upstream::UpstreamRefusal, limits::Asked};

/// Middleware of registration.
pub(super) async fn registrations(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let app = request.app_data::<Gatehouse>().cloned();
    if let Some(app) = app
        && let Some(address) = client_address::of(&app, request.request())
        && let Err(wait) = app.limits.check(Asked::Registration(address))
    {
        return Ok(request.into_response(reply::too_often(wait)));
    }
    next.call(request).await
}

/// Middleware of pages.
pub(super) async fn pages(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let app = request.app_data::<Gatehouse>().cloned();
    if let Some(app) = app
        && let Some(address) = client_address::of(&app, request.request())
        && let Err(wait) = app.limits.check(Asked::Page(address))
    {
        let words = Words::choose(None, request.headers());
        let told = sign_in::refuse(&app, words, &UpstreamRefusal::Wait(wait.as_secs()));
        return Ok(request.into_response(told));
    }
    next.call(request).await
}
