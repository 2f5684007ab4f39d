//! Requests that are turned away, and what they are told: RFC 6750 §3, RS-11 to RS-19.

use std::time::Duration;

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{
            ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT,
            WWW_AUTHENTICATE,
        },
    },
};
use bytes::Bytes;
use serde_json::Value;
use shared::scope::Scopes;

use super::{
    challenge::{Challenge, Code},
    message::{self, ErrorMessage, Message, code},
    metadata::MetadataDocument,
    origins::Stranger,
};
use crate::{guard::Denial, settings::ChallengeStyle};

/// Where a client begins to authorize: the metadata of what it asked for. None where a token stands in the URL, for such a
/// client must not start OAuth.
pub(super) type Lead<'a> = Option<&'a MetadataDocument>;

/// RFC 8259 §11: it has no charset.
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// How soon to try again while the issuer's keys are not known.
pub(super) const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// A reply with a JSON body that nobody may keep.
pub(super) fn json(status: StatusCode, body: impl Into<Bytes>) -> HttpResponse {
    json_with(&mut HttpResponse::build(status), body)
}

fn json_with(reply: &mut HttpResponseBuilder, body: impl Into<Bytes>) -> HttpResponse {
    reply
        .insert_header((CONTENT_TYPE, JSON))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .body(body.into())
}

/// A reply with a JSON-RPC error.
pub(super) fn error(status: StatusCode, error: &ErrorMessage) -> HttpResponse {
    json(status, error.to_bytes())
}

/// The same, made here.
pub(super) fn rpc(status: StatusCode, id: Option<&Value>, code: i32, text: &str) -> HttpResponse {
    error(status, &message::error(id, code, text))
}

/// RS-39.
pub(super) fn stranger(stranger: Stranger) -> HttpResponse {
    rpc(StatusCode::FORBIDDEN, None, code::INVALID_REQUEST, &stranger.to_string())
}

/// Anything but POST: there are no sessions to end and no streams to open.
pub(super) fn method() -> HttpResponse {
    let body = message::error(None, code::INVALID_REQUEST, "only POST is answered here");
    json_with(HttpResponse::MethodNotAllowed().insert_header((ALLOW, "POST, OPTIONS")), body.to_bytes())
}

/// Nobody is let in. `message` is what was sent, as far as it could be read.
pub(super) fn denied(lead: Lead<'_>, denial: &Denial, message: Option<&Message>) -> HttpResponse {
    let text = denial.to_string();
    let challenge = Challenge::new(lead.map(MetadataDocument::url));
    let (header, told) = match denial {
        Denial::Unverifiable(_) | Denial::Unchecked(_) => {
            let body = message::error(message.and_then(Message::id), code::INTERNAL_ERROR, &text);
            let mut reply = HttpResponse::ServiceUnavailable();
            return json_with(reply.insert_header((RETRY_AFTER, RETRY_SECONDS)), body.to_bytes());
        }
        Denial::Ambiguous => {
            let challenge = challenge.error(Code::InvalidRequest, text.as_str());
            let body = message::error(message.and_then(Message::id), code::INVALID_REQUEST, &text);
            let mut reply = HttpResponse::BadRequest();
            return json_with(reply.insert_header((WWW_AUTHENTICATE, challenge.header())), body.to_bytes());
        }
        // In a result the error is always named: ChatGPT does not start without it.
        Denial::Anonymous => {
            let header = lead.map_or_else(|| challenge.header(), MetadataDocument::challenge);
            (header, challenge.error(Code::InvalidToken, text.as_str()))
        }
        Denial::Invalid(_) | Denial::UnknownToken => {
            let challenge = challenge.error(Code::InvalidToken, text.as_str());
            (challenge.header(), challenge)
        }
    };
    let mut reply = HttpResponse::Unauthorized();
    json_with(reply.insert_header((WWW_AUTHENTICATE, header)), body(message, &text, &told))
}

/// Somebody asks too often. An error and no result: a result would be taken for the tool's own.
pub(super) fn too_often(wait: Duration, message: Option<&Message>) -> HttpResponse {
    let seconds = wait.as_secs();
    let text = format!("too many requests: try again in {seconds} s");
    let body = message::error(message.and_then(Message::id), code::INTERNAL_ERROR, &text);
    json_with(HttpResponse::TooManyRequests().insert_header((RETRY_AFTER, seconds)), body.to_bytes())
}

/// The visitor's token lacks a scope. Told before any answer begins, with all the operation needs at once.
pub(super) fn insufficient(
    lead: Lead<'_>,
    style: ChallengeStyle,
    needed: &Scopes,
    message: &Message,
    headers: &HeaderMap,
) -> HttpResponse {
    let text = format!("this needs the permission {needed}");
    let challenge = Challenge::new(lead.map(MetadataDocument::url));
    let challenge = challenge.error(Code::InsufficientScope, text.as_str()).scope(needed);
    let body = body(Some(message), &text, &challenge);
    if as_result(style, headers) {
        return json(StatusCode::OK, body);
    }
    json_with(HttpResponse::Forbidden().insert_header((WWW_AUTHENTICATE, challenge.header())), body)
}

/// Whether a missing scope is told in a 200: what ChatGPT documents, and nobody else wants.
fn as_result(style: ChallengeStyle, headers: &HeaderMap) -> bool {
    match style {
        ChallengeStyle::Http => false,
        ChallengeStyle::Result => true,
        ChallengeStyle::Auto => {
            headers.get(USER_AGENT).is_some_and(|agent| agent.as_bytes().starts_with(b"openai-mcp/"))
        }
    }
}

/// For a tool call a result, for everything else an error.
fn body(message: Option<&Message>, text: &str, challenge: &Challenge<'_>) -> Bytes {
    match message {
        Some(message) if message.is_tool_call() => {
            message.challenge_result(text, &challenge.to_string()).to_string().into()
        }
        message => message::error(message.and_then(Message::id), code::INVALID_REQUEST, text).to_bytes(),
    }
}
