//! Rules of the protocol's two eras that rmcp leaves open or answers in another shape.

use actix_web::http::{StatusCode, header::HeaderMap};
use rmcp::model::ProtocolVersion;
use serde_json::{Value, json};

use super::message::{self, Message, code};
use crate::tools::VERSIONS;

const VERSION_HEADER: &str = "mcp-protocol-version";

/// An answer given before rmcp sees the message.
#[derive(Debug)]
pub(super) struct Objection {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

/// Checks what rmcp would not, or not this way.
pub(super) fn check(message: &Message, headers: &HeaderMap) -> Result<(), Objection> {
    let objection =
        |status, code, text: &str| Err(Objection { status, body: message::error(message.id(), code, text) });
    if !message.is_object() {
        // 2025-06-18 took batches out again.
        return objection(
            StatusCode::BAD_REQUEST,
            code::INVALID_REQUEST,
            "one message at a time, not a batch",
        );
    }
    if message.version() != Some("2.0") || message.has_unusable_id() {
        let text = "not a JSON-RPC 2.0 message with a string or an integer as its id";
        return objection(StatusCode::BAD_REQUEST, code::INVALID_REQUEST, text);
    }
    if message.params().is_some_and(|params| !params.is_object()) {
        return objection(StatusCode::BAD_REQUEST, code::INVALID_PARAMS, "params is not an object");
    }
    check_version(message, headers)?;
    if message.method() == Some("tools/call") {
        let arguments = message.params().and_then(|params| params.get("arguments"));
        if message.tool().is_none() {
            return objection(StatusCode::OK, code::INVALID_PARAMS, "the name of the tool is missing");
        }
        if arguments.is_some_and(|arguments| !arguments.is_object() && !arguments.is_null()) {
            return objection(StatusCode::OK, code::INVALID_PARAMS, "arguments is not an object");
        }
    }
    Ok(())
}

/// T-4, T-7, T-8: which era a message belongs to is decided by its body, and its header must agree.
fn check_version(message: &Message, headers: &HeaderMap) -> Result<(), Objection> {
    let refused = |code, text: &str| {
        let body = message::error(message.id(), code, text);
        Err(Objection { status: StatusCode::BAD_REQUEST, body })
    };
    let header = headers.get(VERSION_HEADER).map(|value| value.to_str().unwrap_or_default());
    let modern = ProtocolVersion::NO_INITIALIZE;
    let is_initialize = message.method() == Some("initialize");
    match (message.envelope(), header) {
        (None, Some(header)) if is_initialize && header >= modern.as_str() => {
            refused(code::HEADER_MISMATCH, "initialize belongs to the revisions before 2026-07-28")
        }
        (None, Some(header)) if !is_initialize && !is_known(header) => Err(unsupported(message, header)),
        (Some(envelope), header) if is_initialize && envelope >= modern.as_str() => match header {
            Some(header) if header == envelope && !is_known(envelope) => Err(unsupported(message, envelope)),
            // T-8: a revision without this method does not find it.
            Some(header) if header == envelope => Err(Objection {
                status: StatusCode::NOT_FOUND,
                body: message::error(message.id(), code::METHOD_NOT_FOUND, "initialize"),
            }),
            _ => refused(code::HEADER_MISMATCH, "the MCP-Protocol-Version header differs from the message"),
        },
        _ => Ok(()),
    }
}

/// 2024-11-05 is let through too: some clients keep the header of their first attempt.
fn is_known(version: &str) -> bool {
    ProtocolVersion::KNOWN_VERSIONS.iter().any(|known| known.as_str() == version)
}

fn unsupported(message: &Message, requested: &str) -> Objection {
    let mut body = message::error(message.id(), code::UNSUPPORTED_VERSION, "Unsupported protocol version");
    let supported: Vec<&str> = VERSIONS.iter().map(ProtocolVersion::as_str).collect();
    body["error"]["data"] = json!({ "supported": supported, "requested": requested });
    Objection { status: StatusCode::BAD_REQUEST, body }
}
