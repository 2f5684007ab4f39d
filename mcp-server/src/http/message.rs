//! As much of a JSON-RPC message as must be known before rmcp reads it, and the two kinds of answers given in its stead.

use bytes::Bytes;
use rmcp::model::ProtocolVersion;
use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};
use serde_json::{Value, json};

/// JSON-RPC 2.0 §5.1 and the codes MCP 2026-07-28 adds.
pub(super) mod code {
    pub(in crate::http) const PARSE_ERROR: i32 = -32700;
    pub(in crate::http) const INVALID_REQUEST: i32 = -32600;
    pub(in crate::http) const METHOD_NOT_FOUND: i32 = -32601;
    pub(in crate::http) const INVALID_PARAMS: i32 = -32602;
    pub(in crate::http) const INTERNAL_ERROR: i32 = -32603;
    pub(in crate::http) const HEADER_MISMATCH: i32 = -32020;
    pub(in crate::http) const UNSUPPORTED_VERSION: i32 = -32022;
}

/// Why a body is no [`Message`].
pub(super) const UNREADABLE: &str = "the body is not JSON, or has a member twice";

/// The body of a request, if it is JSON.
#[derive(Debug)]
pub struct Message {
    /// None where it is no object.
    members: Option<Members>,
    bytes: Bytes,
}

/// What a message may have (JSON-RPC 2.0 §4), each at most once (RFC 8259 §4).
#[derive(Debug, Deserialize)]
struct Members {
    #[serde(default, deserialize_with = "present")]
    jsonrpc: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    id: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    method: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    params: Option<Value>,
}

/// A member that is `null` is there too.
fn present<'de, D: Deserializer<'de>>(member: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(member).map(Some)
}

impl Message {
    /// Reads a body; none when it is not JSON, or has one of the members twice.
    pub fn read(body: Bytes) -> Option<Message> {
        let members = match body.trim_ascii_start().first() {
            Some(b'{') => Some(serde_json::from_slice(&body).ok()?),
            _ => serde_json::from_slice::<IgnoredAny>(&body).map(|_| None).ok()?,
        };
        Some(Message { members, bytes: body })
    }

    /// The body itself.
    pub(super) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Whether it is one message and not several.
    pub(super) fn is_object(&self) -> bool {
        self.members.is_some()
    }

    /// The request's id: a string or an integer.
    pub(super) fn id(&self) -> Option<&Value> {
        self.members.as_ref()?.id.as_ref().filter(|id| id.is_string() || id.is_i64())
    }

    /// Whether it has an id that is none.
    pub(super) fn has_unusable_id(&self) -> bool {
        self.members.as_ref().is_some_and(|members| members.id.is_some()) && self.id().is_none()
    }

    /// `jsonrpc`.
    pub(super) fn version(&self) -> Option<&str> {
        self.members.as_ref()?.jsonrpc.as_ref()?.as_str()
    }

    /// The method of a request or notification.
    pub(super) fn method(&self) -> Option<&str> {
        self.members.as_ref()?.method.as_ref()?.as_str()
    }

    /// The parameters, unless there are none.
    pub(super) fn params(&self) -> Option<&Value> {
        self.members.as_ref()?.params.as_ref().filter(|params| !params.is_null())
    }

    /// Whether it asks something, so that an answer can name it.
    pub(super) fn is_request(&self) -> bool {
        self.id().is_some() && self.method().is_some()
    }

    /// Whether it calls a tool and expects an answer.
    pub(super) fn is_tool_call(&self) -> bool {
        self.method() == Some("tools/call") && self.id().is_some()
    }

    /// The tool it calls.
    pub(super) fn tool(&self) -> Option<&str> {
        let params = self.params().filter(|_| self.method() == Some("tools/call"))?;
        params.get("name")?.as_str()
    }

    /// The revision it claims in its own envelope. Only the revisions since 2026-07-28 have one.
    pub(super) fn envelope(&self) -> Option<&str> {
        self.params()?.get("_meta")?.get("io.modelcontextprotocol/protocolVersion")?.as_str()
    }

    /// Whether it belongs to a revision without a handshake.
    pub(super) fn is_modern(&self) -> bool {
        self.envelope().is_some_and(|version| version >= ProtocolVersion::NO_INITIALIZE.as_str())
    }

    /// A tool result that asks the client to authorize: what ChatGPT starts its sign-in from.
    pub(super) fn challenge_result(&self, text: &str, challenge: &str) -> Value {
        let mut result = json!({
            "isError": true,
            "content": [{ "type": "text", "text": text }],
            "_meta": { "mcp/www_authenticate": [challenge] },
        });
        if self.is_modern()
            && let Some(members) = result.as_object_mut()
        {
            members.insert("resultType".to_owned(), "complete".into());
        }
        json!({ "jsonrpc": "2.0", "id": self.id(), "result": result })
    }
}

/// A JSON-RPC error: §5.1. Without a readable id the member is left out, for `null` there breaks clients.
#[derive(Debug, Serialize)]
pub(super) struct ErrorMessage {
    error: ErrorObject,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Value>,
    jsonrpc: &'static str,
}

#[derive(Debug, Serialize)]
struct ErrorObject {
    code: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    message: String,
}

/// An error that answers the message of that id.
pub(super) fn error(id: Option<&Value>, code: i32, text: impl Into<String>) -> ErrorMessage {
    let error = ErrorObject { code, data: None, message: text.into() };
    ErrorMessage { error, id: id.cloned(), jsonrpc: "2.0" }
}

impl ErrorMessage {
    /// With more for the client to go by.
    pub(super) fn with_data(mut self, data: Value) -> ErrorMessage {
        self.error.data = Some(data);
        self
    }

    /// As it is sent.
    pub(super) fn to_bytes(&self) -> Bytes {
        // Texts and numbers, which can be written whatever they are.
        serde_json::to_vec(self).unwrap_or_default().into()
    }
}
