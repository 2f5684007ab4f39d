//! The only place where answers become bytes: JSON, a redirect, or a page.

mod refusal;

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    body::MessageBody,
    http::{StatusCode, header},
};
use askama::Template;
use serde::Serialize;

pub(super) use self::refusal::{
    Message, body_too_large, body_too_slow, crowded, crowded_page, failed, json_error, keep, message,
    method_not_allowed, not_found, not_let_in, problem, refused, script_error, too_often,
};
use crate::{app::App, flow::Failure};

const JSON: &str = "application/json";
const NO_STORE: (&str, &str) = ("Cache-Control", "no-store");

/// A document that answers a request, never to be stored.
pub(super) fn json(status: StatusCode, document: &impl Serialize) -> HttpResponse {
    match serde_json::to_vec(document) {
        Ok(body) => builder(status).content_type(JSON).body(body),
        Err(error) => failed(&Failure::from(error)),
    }
}

/// Sends the browser on: 303, so that a POST becomes a GET (OAuth 2.1 §7.5.4).
pub(super) fn redirect(location: &str) -> HttpResponse {
    builder(StatusCode::SEE_OTHER).insert_header((header::LOCATION, location)).finish()
}

/// A page. It cannot be framed, loads nothing but our own stylesheet, and is not stored. There is no `form-action`:
/// Chromium applies it to the redirect after the form, and the browser would never reach the client.
pub(super) fn page(status: StatusCode, template: &impl Template) -> HttpResponse {
    page_under(POLICY, status, template)
}

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
                      frame-ancestors 'none'";

/// A page with the script of passkeys, which calls us and nobody else.
pub(super) fn page_with_script(status: StatusCode, template: &impl Template) -> HttpResponse {
    page_under(&format!("{POLICY}; script-src 'self'; connect-src 'self'"), status, template)
}

fn page_under(policy: &str, status: StatusCode, template: &impl Template) -> HttpResponse {
    let html = match template.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            return builder(StatusCode::INTERNAL_SERVER_ERROR).finish();
        }
    };
    builder(status)
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        // `no-referrer` would make the form's own POST carry `Origin: null`.
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .content_type("text/html; charset=utf-8")
        .body(html)
}

/// When to try again (RFC 9110 §10.2.3).
pub(super) fn retry_after(response: &mut HttpResponse, seconds: u64) {
    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
}

/// The path part of the issuer, without a slash at its end.
pub(crate) fn base(app: &App) -> &str {
    app.settings.issuer.url().path().trim_end_matches('/')
}

/// The stylesheet, below the issuer.
pub(super) const STYLE_PATH: &str = "/style.css";

/// Where the pages find their stylesheet.
pub(super) fn style_path(app: &App) -> String {
    format!("{}{STYLE_PATH}", base(app))
}

/// Not able to work now; whoever watches learns why from the log.
pub(super) fn unready() -> HttpResponse {
    builder(StatusCode::SERVICE_UNAVAILABLE).content_type("text/plain; charset=utf-8").body("not ready\n")
}

/// Bytes that never change while the server runs.
pub(super) fn asset(content_type: &str, body: impl MessageBody + 'static) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .content_type(content_type)
        .body(body)
}

/// The answer to a browser's preflight.
pub(super) fn preflight(allowed: &'static str) -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, allowed))
        .insert_header((
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Authorization, Content-Type, MCP-Protocol-Version",
        ))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, "3600"))
        .finish()
}

fn builder(status: StatusCode) -> HttpResponseBuilder {
    let mut builder = HttpResponse::build(status);
    builder.insert_header(NO_STORE).insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    builder
}
