//! What was sent and what came back: the record that judges read and reports print.

use std::{borrow::Cow, fmt};

use serde_json::Value;

/// Everything one step sent, in order, and what came of it.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// Requests with their outcomes, in the order they were sent.
    pub calls: Vec<Call>,
    /// The URL at the redirect URI that the browser was sent to, if it was.
    pub callback: Option<String>,
    /// Why the human could not go on, when they could not.
    pub stuck: Option<String>,
}

impl Exchange {
    /// Notes a call as the last one.
    pub fn note(&mut self, call: Call) -> &Call {
        let place = self.calls.len();
        self.calls.push(call);
        &self.calls[place]
    }

    /// The last call of that name.
    pub fn named(&self, name: &str) -> Option<&Call> {
        self.calls.iter().rev().find(|call| call.name == name)
    }

    /// Every call of that name, in order.
    pub fn all_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Call> {
        self.calls.iter().filter(move |call| call.name == name)
    }

    /// The reply to the last call of that name, if one arrived.
    pub fn reply(&self, name: &str) -> Option<&Reply> {
        self.named(name).and_then(Call::reply)
    }
}

/// One request and its outcome.
#[derive(Clone, Debug)]
pub struct Call {
    /// What the step calls this request.
    pub name: &'static str,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Where it went.
    pub url: String,
    /// The body that was sent.
    pub body: Body,
    /// The reply, or why none arrived.
    pub outcome: Result<Reply, String>,
}

impl Call {
    /// The reply, if one arrived.
    pub fn reply(&self) -> Option<&Reply> {
        self.outcome.as_ref().ok()
    }

    /// One line for a report: what was asked, and how it was answered.
    pub fn line(&self) -> String {
        let answer = match &self.outcome {
            Ok(reply) => reply.line(),
            Err(fault) => fault.clone(),
        };
        format!("{} {} → {answer}", self.method, self.url)
    }
}

/// A body that was sent. It may hold a password or a code, so it is never printed.
#[derive(Clone, Default)]
pub struct Body(pub Vec<u8>);

impl Body {
    /// The body as JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.0).ok()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes", self.0.len())
    }
}

/// An HTTP response, read to its end.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Header fields as they came.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The first field of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let field = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        field.map(|(_, value)| value.as_str())
    }

    /// Every field of that name.
    pub fn headers_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The media type without its parameters, in lower case; empty when there is none.
    pub fn media_type(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The body as text.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The body as JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The JSON-RPC message in the body: the JSON itself, or the last response of an event stream.
    pub fn message(&self) -> Option<Value> {
        if self.media_type() == "text/event-stream" { event_response(&self.text()) } else { self.json() }
    }

    /// `error` of an OAuth error body.
    pub fn error(&self) -> Option<String> {
        self.json()?.get("error")?.as_str().map(str::to_owned)
    }

    /// Whether a shared or private cache may not keep it (RFC 9111 §5.2.2.5).
    pub fn is_no_store(&self) -> bool {
        self.headers_named("cache-control")
            .flat_map(|value| value.split(','))
            .any(|directive| directive.trim().eq_ignore_ascii_case("no-store"))
    }

    /// The status, and what an OAuth error body says, in one line.
    pub fn line(&self) -> String {
        let document = self.json().unwrap_or_default();
        let error = document.get("error");
        match (error.and_then(Value::as_str), document.get("error_description").and_then(Value::as_str)) {
            (Some(error), Some(description)) => format!("{} {error}: {description}", self.status),
            (Some(error), None) => format!("{} {error}", self.status),
            _ => self.status.to_string(),
        }
    }
}

/// The JSON-RPC response (a message with a result or an error) of an event stream, once it is complete.
pub(crate) fn event_response(stream: &str) -> Option<Value> {
    let lines = stream.replace("\r\n", "\n");
    // The part after the last blank line may still be growing.
    let (complete, _) = lines.rsplit_once("\n\n")?;
    complete.rsplit("\n\n").find_map(|event| {
        let data: Vec<&str> =
            event.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim_start).collect();
        let message: Value = serde_json::from_str(&data.join("\n")).ok()?;
        (message.get("result").is_some() || message.get("error").is_some()).then_some(message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_response_of_a_stream_is_the_message_with_a_result() {
        let stream = "event: message\r\ndata: {\"method\":\"notifications/progress\"}\r\n\r\n\
                      : keep-alive\n\nid: 1\ndata: {\"id\":1,\ndata: \"result\":{}}\n\n";
        assert_eq!(event_response(stream).unwrap()["id"], 1);
        assert_eq!(event_response("data: {\"id\":1,\"result\":{}}\n"), None, "the event is not over yet");
    }

    #[test]
    fn an_oauth_error_is_part_of_the_line() {
        let reply = Reply { status: 400, body: br#"{"error":"invalid_grant"}"#.to_vec(), ..Reply::default() };
        assert_eq!(reply.line(), "400 invalid_grant");
    }
}
