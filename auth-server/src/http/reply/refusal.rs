//! What is refused, as JSON or as a page: each with a reference, under which [`super::super::incidents`] keeps it.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
};
use serde::Serialize;

use super::{JSON, builder, page, retry_after, style_path};
use crate::{
    app::App,
    flow::{
        Failure,
        incidents::{
            Told,
            label::Label,
            rule::{OUR_FAILURE, Rule},
        },
    },
    http::{page::MessagePage, words::Words},
    oauth::{client::AuthMethod, error::ErrorCode},
};

/// RFC 6749 §5.2.
#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    error_description: &'a str,
    /// What the operator can look up: an extension, which clients ignore.
    reference: &'a str,
}

/// What a script of ours reads.
#[derive(Serialize)]
struct ScriptError<'a> {
    error: &'a str,
    /// A sentence for the person.
    message: &'a str,
    reference: &'a str,
}

/// RFC 6749 §5.2: an error of a JSON endpoint.
pub(in crate::http) fn json_error(label: &'static str, code: ErrorCode, description: &str) -> HttpResponse {
    let told = Told::of(label, code.as_str(), description);
    tracing::warn!(reference = told.reference, error = told.error, description, "an error was answered");
    answer(status_of(code), told)
}

/// A client did not authenticate. The rule it broke is for the operator.
pub(in crate::http) fn not_let_in(
    code: ErrorCode,
    description: &str,
    (label, rule): (&'static str, String),
    method: Option<AuthMethod>,
) -> HttpResponse {
    let told = Told { reason: Some(rule), method, ..Told::of(label, code.as_str(), description) };
    let used = method.map(AuthMethod::as_str);
    let Told { reference, error, reason, .. } = &told;
    tracing::warn!(reference, error, reason, used, "a client was not let in");
    answer(status_of(code), told)
}

/// A flow's refusal as JSON. Here the log learns what the caller does not.
pub(in crate::http) fn refused(refusal: &(impl Rule + std::fmt::Debug)) -> HttpResponse {
    let told = Told::of(refusal.label(), refusal.code().as_str(), &refusal.to_string());
    let reference = told.reference.as_str();
    match refusal.failure() {
        Some(failure) => tracing::error!(reference, error = %failure, "a request failed"),
        None => tracing::warn!(reference, error = told.error, reason = ?refusal, "a request was refused"),
    }
    answer(status_of(refusal.code()), Told { reason: Some(refusal.rule()), ..told })
}

/// A failure of ours as JSON.
pub(in crate::http) fn failed(failure: &Failure) -> HttpResponse {
    let told = Told::of(
        failure.label(),
        failure.code().as_str(),
        "the server could not do this now: try again later",
    );
    tracing::error!(reference = told.reference, error = %failure, "a request failed");
    answer(status_of(failure.code()), Told { reason: Some(OUR_FAILURE.to_owned()), ..told })
}

/// An error that a script of ours shows to the person.
pub(in crate::http) fn script_error(
    status: StatusCode,
    (error, message): (&str, &str),
    (label, reason): (&'static str, &str),
) -> HttpResponse {
    let told = Told { reason: Some(reason.to_owned()), ..Told::of(label, error, message) };
    tracing::warn!(reference = told.reference, error, reason, "a script was told of an error");
    json(status, &ScriptError { error, message, reference: &told.reference }, told.clone())
}

/// A page that says what happened and what to do next. Its reference stands in the log beside the reason, which is in the
/// log's own language, and can be looked up.
pub(in crate::http) fn message(
    app: &App,
    status: StatusCode,
    message: Message<'_>,
    why: (&'static str, &str),
) -> HttpResponse {
    let told = Told::on_page(message.text, why);
    tracing::warn!(reference = told.reference, reason = why.1, "a person was shown an error");
    let mut response = message_page(app, status, message, Some(&told.reference));
    keep(&mut response, told);
    response
}

fn message_page(
    app: &App,
    status: StatusCode,
    Message { words, title, text, next }: Message<'_>,
    reference: Option<&str>,
) -> HttpResponse {
    let template = MessagePage {
        words,
        service_name: &app.settings.service_name,
        style_path: &style_path(app),
        title,
        text,
        next,
        support: app.settings.look.support.as_ref(),
        reference,
    };
    page(status, &template)
}

/// What a page tells a person.
#[derive(Clone, Copy)]
pub(in crate::http) struct Message<'a> {
    /// In whose language.
    pub words: &'a Words,
    /// In a few words.
    pub title: &'a str,
    /// What happened.
    pub text: &'a str,
    /// What to do next.
    pub next: &'a str,
}

/// What a page says that is shown again. It shows the reference, and its answer is given to [`keep`].
pub(in crate::http) fn problem(text: &str, why: &(impl Label + std::fmt::Display)) -> Told {
    let reason = why.to_string();
    let told = Told::on_page(text, (why.label(), &reason));
    tracing::warn!(reference = told.reference, reason, "a person was shown a page again");
    told
}

/// Has an answer kept under its reference, if it refuses anything.
pub(in crate::http) fn keep(response: &mut HttpResponse, told: impl Into<Option<Told>>) {
    if let Some(told) = told.into() {
        response.extensions_mut().insert(told);
    }
}

/// An unknown path: JSON, because a client that guesses at metadata must not meet a page. Its reference stands in the log
/// and nowhere else: scanners ask for thousands of paths that never were, and would push out what somebody looks for.
pub(in crate::http) async fn not_found(_: HttpRequest) -> HttpResponse {
    let mut response =
        no_request(StatusCode::NOT_FOUND, "other", "not_found", "there is nothing at this path");
    response.extensions_mut().remove::<Told>();
    response
}

pub(in crate::http) fn method_not_allowed(allowed: &'static str) -> HttpResponse {
    let what = "this path does not know that method";
    let mut reply = no_request(StatusCode::METHOD_NOT_ALLOWED, "method", "invalid_request", what);
    reply.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(allowed));
    reply
}

/// RFC 6585 §4, for a program. No error code of OAuth means too often; this one says that it passes.
pub(in crate::http) fn too_often(wait: Duration) -> HttpResponse {
    let code = ErrorCode::TemporarilyUnavailable.as_str();
    let what = "too many requests: try again after the seconds in Retry-After";
    let mut reply = no_request(StatusCode::TOO_MANY_REQUESTS, "too_often", code, what);
    retry_after(&mut reply, wait.as_secs());
    reply
}

/// More at one time than the server answers, for a program.
pub(in crate::http) fn crowded() -> HttpResponse {
    let code = ErrorCode::TemporarilyUnavailable;
    let body = serde_json::json!({
        "error": code.as_str(),
        "error_description": "the server has too much to do: try again after the seconds in Retry-After",
    });
    let mut response = builder(status_of(code)).content_type(JSON).body(body.to_string());
    retry_after(&mut response, 1);
    response
}

/// The same for a person.
pub(in crate::http) fn crowded_page(app: &App, words: &Words) -> HttpResponse {
    let phrase = |key| words.failure.get(key);
    let message = Message { words, title: phrase("title"), text: phrase("text"), next: phrase("next") };
    let mut response = message_page(app, StatusCode::SERVICE_UNAVAILABLE, message, None);
    retry_after(&mut response, 1);
    response
}

pub(in crate::http) fn body_too_large() -> HttpResponse {
    let what = "the body is too large or broke off";
    no_request(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "invalid_request", what)
}

pub(in crate::http) fn body_too_slow() -> HttpResponse {
    no_request(StatusCode::REQUEST_TIMEOUT, "body_too_slow", "invalid_request", "the body took too long")
}

/// An answer to what is no request that any endpoint knows, and what it is counted as.
fn no_request(status: StatusCode, label: &'static str, error: &str, description: &str) -> HttpResponse {
    let told = Told::of(label, error, description);
    let (reference, status_code) = (told.reference.as_str(), status.as_u16());
    tracing::info!(reference, status = status_code, description, "an error was answered");
    answer(status, told)
}

fn answer(status: StatusCode, told: Told) -> HttpResponse {
    let (error, error_description) = (told.error.as_str(), told.description.as_str());
    let mut response =
        json(status, &ErrorBody { error, error_description, reference: &told.reference }, told.clone());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        retry_after(&mut response, 1);
    }
    response
}

fn json(status: StatusCode, body: &impl Serialize, told: Told) -> HttpResponse {
    let body = serde_json::to_vec(body).unwrap_or_default();
    let mut response = builder(status).content_type(JSON).body(body);
    keep(&mut response, told);
    response
}

fn status_of(code: ErrorCode) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
