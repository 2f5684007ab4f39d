//! What a browser is to remember beside its cookie: who has signed in there.

use actix_web::HttpResponse;

use super::cookie;
use crate::{
    app::App,
    login::{browser::Browser, known::Acquaintance},
};

/// Lets the browser remember who has just signed in there with a password. Whoever calls this has seen that password fit:
/// what a browser remembers lets it try more often.
pub(super) fn remember(app: &App, response: &mut HttpResponse, browser: &Browser, known: Acquaintance) {
    match browser.known(&app.secrets).with(known).seal(&app.secrets) {
        Ok(value) => cookie::add(response, &cookie::write_known(app, value)),
        Err(error) => tracing::error!(%error, "a cookie could not be written"),
    }
}
