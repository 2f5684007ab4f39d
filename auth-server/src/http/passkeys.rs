//! `/passkeys.js` and what it calls, and `/account/passkeys`: Web Authentication Level 3, with JSON as browsers write it.

mod view;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Bytes};
use serde::Serialize;
use serde_json::json;

pub use self::view::{PasskeySection, PasskeySignIn};
use self::view::{PasskeysPage, SCRIPT};
use super::{
    Gatehouse,
    account::{self, Asked},
    form,
    person::{apologize, is_own_page, recognize, set_cookie},
    reply::{self, Message},
    words::Words,
};
use crate::{
    app::App,
    flow::{
        account::Destination,
        incidents::{label::Label, rule::OUR_FAILURE},
        passkeys::{self as flow, Answer, PasskeyError},
    },
    login::browser::Browser,
    oauth::parameters::Parameters,
};

/// The script, below the issuer.
pub(super) const SCRIPT_PATH: &str = "/passkeys.js";
/// What an authenticator is asked that signs somebody in.
pub(super) const SIGN_IN_QUESTION: &str = "/signin/passkey/question";
/// Where its answer is sent.
pub(super) const SIGN_IN: &str = "/signin/passkey";
/// The list.
pub(super) const LIST: &str = "/account/passkeys";
/// What an authenticator is asked that makes a passkey.
pub(super) const NEW_QUESTION: &str = "/account/passkeys/question";
/// Where its answer is sent.
pub(super) const NEW: &str = "/account/passkeys/new";
/// Where the form that removes one is sent.
pub(super) const REMOVAL: &str = "/account/passkeys/removal";

pub(super) async fn script() -> HttpResponse {
    reply::asset("text/javascript; charset=utf-8", SCRIPT)
}

/// Where pages find the script; none where nobody may have a passkey.
pub(super) fn script_path(app: &App) -> Option<String> {
    flow::are_offered(app).then(|| format!("{}{SCRIPT_PATH}", reply::base(app)))
}

pub(super) async fn ask(app: Gatehouse, request: HttpRequest) -> HttpResponse {
    let asked = async {
        let browser = caller(&app, &request).await?;
        let question = flow::ask(&app, &browser)?;
        Ok((question, browser.new_cookie))
    };
    answer(&app, &request, asked.await)
}

pub(super) async fn sign_in(app: Gatehouse, request: HttpRequest, body: Bytes) -> HttpResponse {
    let signed_in = async {
        let browser = caller(&app, &request).await?;
        let cookie = flow::sign_in(&app, &read(&body)?, &browser).await?;
        Ok((json!({}), Some(cookie)))
    };
    answer(&app, &request, signed_in.await)
}

pub(super) async fn invite(app: Gatehouse, request: HttpRequest) -> HttpResponse {
    let asked = async {
        let browser = caller(&app, &request).await?;
        Ok((flow::invite(&app, &browser).await?, None))
    };
    answer(&app, &request, asked.await)
}

pub(super) async fn add(app: Gatehouse, request: HttpRequest, body: Bytes) -> HttpResponse {
    let added = async {
        let browser = caller(&app, &request).await?;
        flow::add(&app, &read(&body)?, &browser).await?;
        Ok((json!({}), None))
    };
    answer(&app, &request, added.await)
}

/// The list on a page of its own, for whoever has just signed in; whoever has not is asked to, and comes back.
pub(super) async fn list(app: Gatehouse, request: HttpRequest) -> HttpResponse {
    let words = Words::choose(None, request.headers());
    let Some(script_path) = script_path(&app) else {
        return tell_person(&app, words, &PasskeyError::Unavailable);
    };
    let browser = match recognize(&app, &request).await {
        Ok(browser) => browser,
        Err(failure) => return apologize(&app, words, &failure),
    };
    let own = match flow::list(&app, &browser).await {
        Ok(own) => own,
        Err(error) => return ask_to_sign_in(&app, words, &browser, (&error, StatusCode::OK)),
    };
    let (removal_path, account_path) =
        (format!("{}{REMOVAL}", reply::base(&app)), account::address(&app, Destination::Account));
    let page = PasskeysPage {
        words,
        service_name: &app.settings.service_name,
        style_path: &reply::style_path(&app),
        person: browser.sign_in.as_ref().map_or("", |sign_in| &sign_in.user.email),
        section: PasskeySection { words, script_path: &script_path, removal_path: &removal_path, own },
        account_path: &account_path,
    };
    reply::page_with_script(StatusCode::OK, &page)
}

/// Somebody who has not signed in, or too long ago, is asked to; anybody else is told what is wrong.
fn ask_to_sign_in(
    app: &App,
    words: &Words,
    browser: &Browser,
    (error, status): (&PasskeyError, StatusCode),
) -> HttpResponse {
    let email = match (error, &browser.sign_in) {
        (PasskeyError::NotFresh, Some(sign_in)) => sign_in.user.email.as_str(),
        (PasskeyError::SignedOut, None) => "",
        _ => return tell_person(app, words, error),
    };
    let text = words.passkeys.get(error.key());
    // Whoever only came to see the page has done nothing that is refused.
    let told = status.is_client_error().then(|| reply::problem(text, error));
    let notice = Some(text).filter(|_| told.is_none() && !email.is_empty());
    let plainly = Asked::plainly(Destination::Passkeys);
    let asked = Asked { status, notice, problem: told.as_ref(), email, ..plainly };
    let mut response = account::ask_to_sign_in(app, words, browser, asked);
    reply::keep(&mut response, told);
    response
}

pub(super) async fn remove(app: Gatehouse, request: HttpRequest, body: Bytes) -> HttpResponse {
    let words = Words::choose(None, request.headers());
    let fields = Parameters::parse(&body).unwrap_or_default();
    if !is_own_page(&app, &request) {
        return tell_person(&app, words, &PasskeyError::Forged);
    }
    let browser = match recognize(&app, &request).await {
        Ok(browser) => browser,
        Err(failure) => return apologize(&app, words, &failure),
    };
    match flow::remove(&app, fields.get("removal").unwrap_or_default(), &browser).await {
        Ok(()) => reply::redirect(&account::address(&app, Destination::Passkeys)),
        Err(error) => ask_to_sign_in(&app, words, &browser, (&error, StatusCode::FORBIDDEN)),
    }
}

/// The browser whose script calls. Another site's script cannot: it may not send JSON here, and would name itself.
async fn caller(app: &App, request: &HttpRequest) -> Result<Browser, PasskeyError> {
    match is_own_page(app, request) && form::is_sent_as(request, "application/json") {
        true => Ok(recognize(app, request).await?),
        false => Err(PasskeyError::Forged),
    }
}

fn read(body: &[u8]) -> Result<Answer, PasskeyError> {
    serde_json::from_slice(body).map_err(|_| PasskeyError::Forged)
}

/// What the script is answered, with a cookie where there is a new one.
fn answer<T: Serialize>(
    app: &App,
    request: &HttpRequest,
    done: Result<(T, Option<String>), PasskeyError>,
) -> HttpResponse {
    match done {
        Ok((document, cookie)) => {
            let mut response = reply::json(StatusCode::OK, &document);
            if let Some(value) = cookie {
                set_cookie(app, &mut response, value);
            }
            response
        }
        Err(error) => {
            let words = Words::choose(None, request.headers());
            let said = (error.key(), words.passkeys.get(error.key()));
            reply::script_error(status(&error), said, (error.label(), &reason(&error)))
        }
    }
}

fn tell_person(app: &App, words: &Words, error: &PasskeyError) -> HttpResponse {
    if let PasskeyError::Failed(failure) = error {
        return apologize(app, words, failure);
    }
    let phrase = |key| words.passkeys.get(key);
    let message =
        Message { words, title: phrase("problem_title"), text: phrase(error.key()), next: phrase("next") };
    reply::message(app, status(error), message, (error.label(), &error.to_string()))
}

/// Which rule an answer broke: for the operator.
fn reason(error: &PasskeyError) -> String {
    match error {
        PasskeyError::Failed(failure) => {
            tracing::error!(error = %failure, "a request failed");
            OUR_FAILURE.to_owned()
        }
        PasskeyError::Refused(fault) => fault.to_string(),
        error => error.to_string(),
    }
}

fn status(error: &PasskeyError) -> StatusCode {
    match error {
        PasskeyError::Failed(failure) => {
            StatusCode::from_u16(failure.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
        }
        PasskeyError::Unavailable => StatusCode::NOT_FOUND,
        _ => StatusCode::FORBIDDEN,
    }
}
