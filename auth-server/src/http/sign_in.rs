//! `/signin/callback`: where other OpenID providers send people back to.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};

use super::{
    Gatehouse, authorize, person,
    reply::{self, Message},
    words::Words,
};
use crate::{
    app::App,
    flow::{
        self,
        approve::{Decided, DecisionError},
        upstream::UpstreamRefusal,
    },
    oauth::parameters::Parameters,
};

/// Somebody is back.
pub(super) async fn callback(app: Gatehouse, request: HttpRequest) -> HttpResponse {
    let words = Words::choose(None, request.headers());
    let Ok(parameters) = Parameters::parse(request.query_string().as_bytes()) else {
        return refuse(&app, words, &UpstreamRefusal::Unknown);
    };
    let browser = match person::recognize(&app, &request).await {
        Ok(browser) => browser,
        Err(failure) => return person::apologize(&app, words, &failure),
    };
    match flow::upstream::finish(&app, &parameters, &browser).await {
        Ok(Decided::Redirect { location, cookie }) => {
            let mut response = reply::redirect(&location);
            if let Some(value) = cookie {
                person::set_cookie(&app, &mut response, value);
            }
            response
        }
        Ok(Decided::AskAgain { .. }) => refuse(&app, words, &UpstreamRefusal::Unknown),
        Err(DecisionError::Upstream(refusal)) => refuse(&app, words, &refusal),
        Err(DecisionError::Failed(failure)) => person::apologize(&app, words, &failure),
        Err(refusal) => authorize::refuse_decision(&app, words, &refusal),
    }
}

/// Why somebody is not signed in, on a page.
pub(super) fn refuse(app: &App, words: &Words, refusal: &UpstreamRefusal) -> HttpResponse {
    let (status, next) = match refusal {
        UpstreamRefusal::Away(_) => (StatusCode::SERVICE_UNAVAILABLE, "later"),
        UpstreamRefusal::Answer(_) => (StatusCode::BAD_GATEWAY, "operator"),
        UpstreamRefusal::NoEmail(_)
        | UpstreamRefusal::Unverified(..)
        | UpstreamRefusal::NotAllowed(_)
        | UpstreamRefusal::Disabled(_) => (StatusCode::FORBIDDEN, "other"),
        UpstreamRefusal::Unknown
        | UpstreamRefusal::Declined(_)
        | UpstreamRefusal::OtherAccount
        | UpstreamRefusal::TooOld => (StatusCode::BAD_REQUEST, "again"),
    };
    let (key, provider, person) = refusal.key();
    let text = words.upstream.fill(key, &[("provider", provider), ("person", person)]);
    let phrase = |key| words.upstream.get(key);
    let message = Message { words, title: phrase("title"), text: &text, next: phrase(next) };
    reply::message(app, status, message, &refusal.to_string())
}
