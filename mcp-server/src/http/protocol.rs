//! Rules of the protocol's two eras that rmcp leaves open or answers in another shape.

use actix_web::http::{StatusCode, header::HeaderMap};
use bytes::Bytes;
use rmcp::model::ProtocolVersion;
use serde_json::json;

use super::message::{self, Message, code};
use crate::tools::{LEGACY_VERSIONS, VERSIONS};

const VERSION_HEADER: &str = "mcp-protocol-version";

/// An answer given before rmcp sees the message.
#[derive(Debug)]
pub(super) struct Objection {
    pub(super) status: StatusCode,
    /// A JSON-RPC error.
    pub(super) body: Bytes,
}

/// Checks what rmcp would not, or not this way.
pub(super) fn check(message: &Message, headers: &HeaderMap) -> Result<(), Objection> {
    let objection = |status, code, text: &str| {
        Err(Objection { status, body: message::error(message.id(), code, text).to_bytes() })
    };
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

/// The same for the older transport, which has no headers and no revision without a handshake.
pub(super) fn check_legacy(message: &Message) -> Result<(), Objection> {
    if let Some(version) = message.envelope().filter(|_| message.is_modern()) {
        return Err(unsupported(message, version, LEGACY_VERSIONS));
    }
    check(message, &HeaderMap::new())?;
    if message.method().is_none() {
        // This server asks its clients nothing, so an answer is an answer to nothing.
        let body = message::error(message.id(), code::INVALID_REQUEST, "the method is missing").to_bytes();
        return Err(Objection { status: StatusCode::BAD_REQUEST, body });
    }
    Ok(())
}

/// Methods that 2026-07-28 took out.
const REMOVED: &[&str] =
    &["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"];

/// T-4, T-7, T-8: which era a message belongs to is decided by its body, and its header must agree.
fn check_version(message: &Message, headers: &HeaderMap) -> Result<(), Objection> {
    let refused = |status, code, text: &str| {
        Err(Objection { status, body: message::error(message.id(), code, text).to_bytes() })
    };
    let header = headers.get(VERSION_HEADER).map(|value| value.to_str().unwrap_or_default());
    let method = message.method().unwrap_or_default();
    let Some(envelope) = message.envelope() else {
        return match header {
            Some(header) if method == "initialize" && is_modern(header) => {
                let text = "initialize belongs to the revisions before 2026-07-28";
                refused(StatusCode::BAD_REQUEST, code::HEADER_MISMATCH, text)
            }
            Some(header) if method != "initialize" && !is_known(header) => {
                Err(unsupported(message, header, VERSIONS))
            }
            _ => Ok(()),
        };
    };
    if !is_modern(envelope) || !REMOVED.contains(&method) {
        // rmcp compares the rest.
        return Ok(());
    }
    if header != Some(envelope) {
        let text = "the MCP-Protocol-Version header differs from the message";
        return refused(StatusCode::BAD_REQUEST, code::HEADER_MISMATCH, text);
    }
    if !is_known(envelope) {
        return Err(unsupported(message, envelope, VERSIONS));
    }
    refused(StatusCode::NOT_FOUND, code::METHOD_NOT_FOUND, method)
}

fn is_modern(version: &str) -> bool {
    version >= ProtocolVersion::NO_INITIALIZE.as_str()
}

/// 2024-11-05 is let through too: some clients keep the header of their first attempt.
fn is_known(version: &str) -> bool {
    ProtocolVersion::KNOWN_VERSIONS.iter().any(|known| known.as_str() == version)
}

fn unsupported(message: &Message, requested: &str, supported: &[ProtocolVersion]) -> Objection {
    let supported: Vec<&str> = supported.iter().map(ProtocolVersion::as_str).collect();
    let body = message::error(message.id(), code::UNSUPPORTED_VERSION, "Unsupported protocol version");
    let body = body.with_data(json!({ "supported": supported, "requested": requested }));
    Objection { status: StatusCode::BAD_REQUEST, body: body.to_bytes() }
}
