//! Who asks too often is told so: in JSON where a program or a script of ours asks, by a page where a person does.

use std::{net::IpAddr, time::Duration};

use actix_web::{
    Error, HttpResponse,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{StatusCode, header::HeaderMap},
    middleware::Next,
};

use super::{
    Gatehouse, client_address,
    reply::{self, Message},
    words::Words,
};
use crate::{app::App, limits::Asked, login::browser::Browser};

/// For the operator.
const REASON: &str = "too many requests";

/// Middleware of registration.
pub(super) async fn registrations(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    limited(request, next, (Asked::Registration, |_, _, wait| reply::too_often(wait))).await
}

/// Middleware of pages, and of what their forms send.
pub(super) async fn pages(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let told = |app: &App, headers: &HeaderMap, wait| tell_person(app, Words::choose(None, headers), wait);
    limited(request, next, (Asked::Page, told)).await
}

/// Middleware of what their scripts send: counted with the pages.
pub(super) async fn scripts(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    limited(request, next, (Asked::Page, tell_script)).await
}

/// Who is counted as what, and how they are told.
type Measure = (fn(IpAddr) -> Asked<'static>, fn(&App, &HeaderMap, Duration) -> HttpResponse);

async fn limited(
    request: ServiceRequest,
    next: Next<BoxBody>,
    (asked, told): Measure,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let app = request.app_data::<Gatehouse>().cloned();
    if let Some(app) = app
        && let Some(address) = client_address::of(&app, request.request())
        && let Err(wait) = app.limits.check(asked(address))
    {
        let told = told(&app, request.headers(), wait);
        return Ok(request.into_response(told));
    }
    next.call(request).await
}

/// The page for somebody signed in who allowed too much at once; none for everybody else.
pub(super) fn too_many_approvals(app: &App, words: &Words, browser: &Browser) -> Option<HttpResponse> {
    let user = &browser.sign_in.as_ref()?.user;
    let wait = app.limits.check(Asked::Approval(&user.id)).err()?;
    Some(tell_person(app, words, wait))
}

fn tell_person(app: &App, words: &Words, wait: Duration) -> HttpResponse {
    let text = text(words, wait);
    let phrase = |key| words.failure.get(key);
    let message = Message { words, title: phrase("too_often_title"), text: &text, next: phrase("next") };
    let mut response = reply::message(app, StatusCode::TOO_MANY_REQUESTS, message, ("too_often", REASON));
    reply::retry_after(&mut response, wait.as_secs());
    response
}

fn tell_script(_: &App, headers: &HeaderMap, wait: Duration) -> HttpResponse {
    let text = text(Words::choose(None, headers), wait);
    let mut response =
        reply::script_error(StatusCode::TOO_MANY_REQUESTS, ("too_often", &text), ("too_often", REASON));
    reply::retry_after(&mut response, wait.as_secs());
    response
}

fn text(words: &Words, wait: Duration) -> String {
    words.failure.fill("too_often", &[("seconds", &wait.as_secs().to_string())])
}
