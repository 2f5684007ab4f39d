//! The only place where answers become bytes: JSON, a redirect, or a page.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    body::MessageBody,
    http::{StatusCode, header},
};
use askama::Template;
use serde::Serialize;

use super::{page::MessagePage, words::Words};
use crate::{
    app::App,
    flow::{
        Failure, Refusal,
        incidents::{self, Told},
    },
    oauth::error::ErrorCode,
};

const JSON: &str = "application/json";
const NO_STORE: (&str, &str) = ("Cache-Control", "no-store");

/// RFC 6749 §5.2.
#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    error_description: &'a str,
    /// What the operator can look up: an extension, which clients ignore.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
}

/// A document that answers a successful request, never to be stored.
pub(super) fn json(status: StatusCode, document: &impl Serialize) -> HttpResponse {
    match serde_json::to_vec(document) {
        Ok(body) => builder(status).content_type(JSON).body(body),
        Err(fault) => failed(&Failure::from(fault)),
    }
}

/// RFC 6749 §5.2: an error of a JSON endpoint.
pub(super) fn json_error(code: ErrorCode, description: &str) -> HttpResponse {
    let told = told(code.as_str(), description);
    tracing::warn!(reference = told.reference, error = told.error, description, "an error was answered");
    answer(code, told)
}

/// An error with its reference, for [`super::incidents`] to keep.
fn answer(code: ErrorCode, told: Told) -> HttpResponse {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = write_error(
        status,
        &ErrorBody {
            error: &told.error,
            error_description: &told.description,
            reference: Some(&told.reference),
        },
    );
    response.extensions_mut().insert(told);
    response
}

fn told(error: &str, description: &str) -> Told {
    let (error, description) = (error.to_owned(), description.to_owned());
    Told { reference: incidents::reference(), error, description, reason: None }
}

/// An answer to what is no request to an endpoint of OAuth: there is nothing to look up.
fn json_error_with(status: StatusCode, error: &str, description: &str) -> HttpResponse {
    write_error(status, &ErrorBody { error, error_description: description, reference: None })
}

fn write_error(status: StatusCode, body: &ErrorBody<'_>) -> HttpResponse {
    let mut reply = builder(status);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        reply.insert_header((header::RETRY_AFTER, "1"));
    }
    reply.content_type(JSON).body(serde_json::to_vec(body).unwrap_or_default())
}

/// A flow's refusal as JSON. Here the log learns what the caller does not.
pub(super) fn refused(refusal: &(impl Refusal + std::fmt::Debug)) -> HttpResponse {
    let mut told = told(refusal.code().as_str(), &refusal.to_string());
    let reference = told.reference.as_str();
    match refusal.failure() {
        Some(failure) => tracing::error!(reference, error = %failure, "a request failed"),
        None => tracing::warn!(reference, error = told.error, reason = ?refusal, "a request was refused"),
    }
    told.reason = Some(format!("{refusal:?}"));
    answer(refusal.code(), told)
}

/// A failure of ours as JSON.
pub(super) fn failed(failure: &Failure) -> HttpResponse {
    tracing::error!(error = %failure, "a request failed");
    json_error(failure.code(), "the server could not do this now: try again later")
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

/// A page that says what happened and what to do next. Its reference stands in the log beside the reason, which is in the
/// log's own language, and can be looked up.
pub(super) fn message(app: &App, status: StatusCode, message: Message<'_>, reason: &str) -> HttpResponse {
    let mut told = told("page", message.text);
    tracing::warn!(reference = told.reference, reason, "a person was shown an error");
    let template = MessagePage {
        words: message.words,
        service_name: &app.settings.service_name,
        style_path: &style_path(app),
        title: message.title,
        text: message.text,
        next: message.next,
        support: app.settings.look.support.as_ref(),
        reference: Some(&told.reference),
    };
    let mut response = page(status, &template);
    told.reason = Some(reason.to_owned());
    response.extensions_mut().insert(told);
    response
}

/// What a page tells a person.
#[derive(Clone, Copy)]
pub(super) struct Message<'a> {
    /// In whose language.
    pub words: &'a Words,
    /// In a few words.
    pub title: &'a str,
    /// What happened.
    pub text: &'a str,
    /// What to do next.
    pub next: &'a str,
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
pub(super) fn unready(failure: &Failure) -> HttpResponse {
    tracing::error!(error = %failure, "not ready");
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

/// An unknown path: JSON, because a client that guesses at metadata must not meet a page.
pub(super) async fn not_found(_: HttpRequest) -> HttpResponse {
    json_error_with(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path")
}

pub(super) fn method_not_allowed(allowed: &'static str) -> HttpResponse {
    let mut reply = json_error_with(
        StatusCode::METHOD_NOT_ALLOWED,
        "invalid_request",
        "this path does not know that method",
    );
    reply.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(allowed));
    reply
}

/// RFC 6585 §4, for a program. No error code of OAuth means too often; this one says that it passes.
pub(super) fn too_often(wait: std::time::Duration) -> HttpResponse {
    let code = ErrorCode::TemporarilyUnavailable.as_str();
    let mut reply = json_error_with(
        StatusCode::TOO_MANY_REQUESTS,
        code,
        "too many requests: try again after the seconds in Retry-After",
    );
    retry_after(&mut reply, wait.as_secs());
    reply
}

pub(super) fn body_too_large() -> HttpResponse {
    json_error_with(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", "the body is too large or broke off")
}

pub(super) fn body_too_slow() -> HttpResponse {
    json_error_with(StatusCode::REQUEST_TIMEOUT, "invalid_request", "the body took too long")
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
