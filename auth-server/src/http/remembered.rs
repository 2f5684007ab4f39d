//! What a browser brings along beside its cookie: where it was seen, and who has signed in there before.

use actix_web::{HttpRequest, HttpResponse};

use super::{client_address, cookie};
use crate::{
    app::App,
    login::{
        browser::Browser,
        known::{Acquaintance, Known},
    },
};

/// The browser with what it brings along.
pub(super) fn recall(app: &App, request: &HttpRequest, browser: Browser) -> Browser {
    let mut browser = browser;
    browser.address = client_address::of(app, request);
    if let Some(cookie) = cookie::read_known(app, request) {
        browser.known = Known::open(&app.secrets, &cookie);
    }
    browser
}

/// Lets the browser remember who has just signed in there with a password. Whoever calls this has seen that password fit:
/// what a browser remembers lets it try more often.
pub(super) fn remember(app: &App, response: &mut HttpResponse, browser: &Browser, known: Acquaintance) {
    match browser.known.clone().with(known).seal(&app.secrets) {
        Ok(value) => cookie::add(response, &cookie::write_known(app, value)),
        Err(error) => tracing::error!(%error, "a cookie could not be written"),
    }
}
