//! The cookies: which browser this is, and who has signed in there before.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
};

use crate::app::App;

/// As long as browsers keep one.
const KNOWN_LIFETIME: Duration = Duration::days(400);

/// On https the prefix makes the browser refuse a cookie that another host or a plain connection planted.
fn name(app: &App) -> &'static str {
    match is_secure(app) {
        true => "__Host-gatehouse",
        false => "gatehouse",
    }
}

fn is_secure(app: &App) -> bool {
    app.settings.issuer.url().scheme() == "https"
}

/// The value the browser sent.
pub(super) fn read(app: &App, request: &HttpRequest) -> Option<String> {
    request.cookie(name(app)).map(|cookie| cookie.value().to_owned())
}

/// What the browser remembers of who has signed in there.
pub(super) fn read_known(app: &App, request: &HttpRequest) -> Option<String> {
    request.cookie(known_name(app)).map(|cookie| cookie.value().to_owned())
}

fn known_name(app: &App) -> &'static str {
    match is_secure(app) {
        true => "__Host-gatehouse-known",
        false => "gatehouse-known",
    }
}

/// Sends a cookie along.
pub(super) fn add(response: &mut HttpResponse, cookie: &Cookie<'_>) {
    if let Err(error) = response.add_cookie(cookie) {
        tracing::error!(%error, "a cookie could not be written");
    }
}

/// A cookie that says which browser this is.
pub(super) fn write(app: &App, value: String) -> Cookie<'static> {
    let lifetime = i64::try_from(app.settings.lifetimes.session.as_secs()).unwrap_or(i64::MAX);
    closed(app, (name(app), value), Duration::seconds(lifetime))
}

/// A cookie that says who has signed in there.
pub(super) fn write_known(app: &App, value: String) -> Cookie<'static> {
    closed(app, (known_name(app), value), KNOWN_LIFETIME)
}

/// A cookie that scripts cannot read and that comes along when another site sends the browser here, not when it posts.
fn closed(app: &App, (name, value): (&'static str, String), lifetime: Duration) -> Cookie<'static> {
    Cookie::build(name, value)
        .path("/")
        .secure(is_secure(app))
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(lifetime)
        .finish()
}
