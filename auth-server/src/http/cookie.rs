//! The one cookie: which browser this is.

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
};

use crate::app::App;

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

/// A cookie that scripts cannot read and that comes along when another site sends the browser here, not when it posts.
pub(super) fn write(app: &App, value: String) -> Cookie<'static> {
    let lifetime = i64::try_from(app.settings.lifetimes.session.as_secs()).unwrap_or(i64::MAX);
    Cookie::build(name(app), value)
        .path("/")
        .secure(is_secure(app))
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(Duration::seconds(lifetime))
        .finish()
}
