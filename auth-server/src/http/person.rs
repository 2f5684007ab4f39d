//! What every path for a person needs: their browser, its cookie, whether our own page sent the form, and an apology.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
};

use super::{
    client_address, cookie,
    reply::{self, Message},
    words::Words,
};
use crate::{
    app::App,
    flow::{Failure, incidents::label::Label},
    login::browser::Browser,
};

pub(super) async fn recognize(app: &App, request: &HttpRequest) -> Result<Browser, Failure> {
    let cookie = cookie::read(app, request);
    let browser = Browser::recognize(&app.store, cookie.as_deref(), &app.clock).await?;
    let user_agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let mut browser = browser.calling_itself(user_agent.unwrap_or_default());
    browser.address = client_address::of(app, request);
    browser.known_cookie = cookie::read_known(app, request);
    Ok(browser)
}

pub(super) fn set_cookie(app: &App, response: &mut HttpResponse, value: String) {
    cookie::add(response, &cookie::write(app, value));
}

/// Whether a form was sent from a page of this origin. Browsers name the origin of every POST.
pub(super) fn is_own_page(app: &App, request: &HttpRequest) -> bool {
    let own = app.settings.issuer.url().origin().ascii_serialization();
    request.headers().get(header::ORIGIN).is_none_or(|origin| origin.as_bytes() == own.as_bytes())
}

pub(super) fn apologize(app: &App, words: &Words, failure: &Failure) -> HttpResponse {
    tracing::error!(error = %failure, "a request failed");
    let status = StatusCode::from_u16(failure.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let phrase = |key| words.failure.get(key);
    let message = Message { words, title: phrase("title"), text: phrase("text"), next: phrase("next") };
    let mut response = reply::message(app, status, message, (failure.label(), "a failure of this server"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        reply::retry_after(&mut response, 1);
    }
    response
}
