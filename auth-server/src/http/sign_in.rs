//! `/signin/callback` and `/signin/callback/{key}`: where other OpenID providers send people back to.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};

use super::{
    Gatehouse,
    account::{self, Asked},
    authorize, person,
    reply::{self, Message},
    words::Words,
};
use crate::{
    app::App,
    flow::{
        account::Destination,
        approve::DecisionError,
        incidents::label::Label,
        upstream::{self, Arrival, UpstreamRefusal},
    },
    login::browser::Browser,
    oauth::parameters::Parameters,
};

/// Somebody is back, from the provider the path names or from the first.
pub(super) async fn callback(app: Gatehouse, request: HttpRequest) -> HttpResponse {
    let words = Words::choose(None, request.headers());
    let Ok(parameters) = Parameters::parse(request.query_string().as_bytes()) else {
        return refuse(&app, words, &UpstreamRefusal::Unknown);
    };
    let browser = match person::recognize(&app, &request).await {
        Ok(browser) => browser,
        Err(failure) => return person::apologize(&app, words, &failure),
    };
    let back = upstream::finish(&app, request.match_info().get("key"), &parameters, &browser).await;
    // The language the client asked for goes on.
    let words = Words::choose(back.ui_locales.as_deref(), request.headers());
    match (back.outcome, back.destination) {
        (Ok(arrival), _) => arrive(&app, arrival),
        (Err(DecisionError::Upstream(refusal)), Some(destination)) => {
            ask_again(&app, words, &browser, (destination, &refusal))
        }
        (Err(DecisionError::Upstream(refusal)), None) => refuse(&app, words, &refusal),
        (Err(DecisionError::Failed(failure)), _) => person::apologize(&app, words, &failure),
        (Err(refusal), _) => authorize::refuse_decision(&app, words, &refusal),
    }
}

/// To where they wanted to go.
fn arrive(app: &App, arrival: Arrival) -> HttpResponse {
    let (location, cookie) = match arrival {
        Arrival::Client { location, cookie } => (location, cookie),
        Arrival::Page { destination, cookie } => (account::address(app, destination), Some(cookie)),
    };
    let mut response = reply::redirect(&location);
    if let Some(value) = cookie {
        person::set_cookie(app, &mut response, value);
    }
    response
}

/// The page they came from once more, with every way to sign in. Who turned back there has done nothing wrong.
fn ask_again(
    app: &App,
    words: &Words,
    browser: &Browser,
    (destination, refusal): (Destination, &UpstreamRefusal),
) -> HttpResponse {
    let text = told(words, refusal);
    let asked = Asked::plainly(destination);
    if matches!(refusal, UpstreamRefusal::Cancelled(_)) {
        return account::ask_to_sign_in(app, words, browser, Asked { notice: Some(&text), ..asked });
    }
    let told = reply::problem(&text, refusal);
    let asked = Asked { problem: Some(&told), status: refusal_status(refusal), ..asked };
    let mut response = account::ask_to_sign_in(app, words, browser, asked);
    reply::keep(&mut response, told);
    response
}

/// What a refusal is on the wire.
pub(super) fn refusal_status(refusal: &UpstreamRefusal) -> StatusCode {
    match refusal {
        UpstreamRefusal::Away(_) | UpstreamRefusal::Full => StatusCode::SERVICE_UNAVAILABLE,
        UpstreamRefusal::Answer(_) => StatusCode::BAD_GATEWAY,
        UpstreamRefusal::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
        UpstreamRefusal::NoEmail(_)
        | UpstreamRefusal::Unverified(..)
        | UpstreamRefusal::NotAllowed(_)
        | UpstreamRefusal::Disabled(_) => StatusCode::FORBIDDEN,
        UpstreamRefusal::Unknown
        | UpstreamRefusal::Cancelled(_)
        | UpstreamRefusal::Declined(_)
        | UpstreamRefusal::OtherAccount
        | UpstreamRefusal::TooOld => StatusCode::BAD_REQUEST,
    }
}

/// What happened, in words.
pub(super) fn told(words: &Words, refusal: &UpstreamRefusal) -> String {
    let (key, provider, person) = refusal.key();
    let seconds = refusal.retry_after().unwrap_or_default().to_string();
    words.upstream.fill(key, &[("provider", provider), ("person", person), ("seconds", &seconds)])
}

/// Why somebody is not signed in, on a page.
pub(super) fn refuse(app: &App, words: &Words, refusal: &UpstreamRefusal) -> HttpResponse {
    let status = refusal_status(refusal);
    let next = match status {
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => "later",
        StatusCode::BAD_GATEWAY => "operator",
        StatusCode::FORBIDDEN => "other",
        _ if *refusal == UpstreamRefusal::Unknown => "start_again",
        _ => "again",
    };
    let text = told(words, refusal);
    let phrase = |key| words.upstream.get(key);
    let message = Message { words, title: phrase("title"), text: &text, next: phrase(next) };
    let mut response = reply::message(app, status, message, (refusal.label(), &refusal.to_string()));
    if let Some(seconds) = refusal.retry_after() {
        reply::retry_after(&mut response, seconds);
    }
    response
}
