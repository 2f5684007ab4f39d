//! JSON documents of a server, read the way the strictest clients read them.

use serde_json::{Map, Value};
use url::Url;

use crate::{
    exchange::{Call, Exchange},
    violation::Violation,
    wire::BLOCKED,
};

/// What is being read: for the words of a violation.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// `S2` for step 2.
    pub step: &'static str,
    /// As in "the authorization server's metadata".
    pub name: &'static str,
    /// Where its rules stand.
    pub section: &'static str,
}

impl Subject {
    /// A violation of one of its rules.
    pub fn violation(&self, rule: &str, sentence: impl Into<String>) -> Violation {
        Violation::new(format!("{}.{rule}", self.step), self.section, sentence)
    }

    /// The reply to a call of the exchange.
    ///
    /// # Errors
    /// It was not sent, or nothing came back.
    pub fn call<'a>(&self, exchange: &'a Exchange, name: &str) -> Result<&'a Call, Violation> {
        let unsent = || self.violation("unsent", format!("the request for {} was not sent", self.name));
        let call = exchange.named(name).ok_or_else(unsent)?;
        self.received(call).map(|()| call)
    }

    /// Whether a call was answered.
    ///
    /// # Errors
    /// Nothing came back, or a browser kept it from the page.
    pub fn received(&self, call: &Call) -> Result<(), Violation> {
        match &call.outcome {
            Ok(_) => Ok(()),
            Err(fault) if fault.starts_with(BLOCKED) => Err(self
                .violation("cors", format!("a page of another origin cannot use {}", self.name))
                .expected(format!("leave for every origin to {} {}", call.method, call.url))
                .seen(fault.clone())
                .change(
                    "answer OPTIONS with 204 before any token is asked for, and send Access-Control-Allow-Origin, \
                     -Allow-Headers and -Expose-Headers at this address",
                )),
            Err(fault) => Err(self
                .violation("unreachable", format!("{} cannot be reached", self.name))
                .expected(format!("an HTTP response to {} {}", call.method, call.url))
                .seen(fault.clone())
                .change("make the address reachable from the internet, without a bot check in front of it")),
        }
    }
}

/// A JSON object without `null`.
#[derive(Clone, Debug)]
pub struct Document {
    subject: Subject,
    members: Map<String, Value>,
}

impl Document {
    /// Reads a reply with one of these statuses.
    ///
    /// # Errors
    /// Status, media type, syntax, or a `null` somewhere.
    pub fn read(call: &Call, statuses: &[u16], subject: Subject) -> Result<Document, Violation> {
        let Some(reply) = call.reply() else {
            return Err(subject.violation("unreachable", format!("{} cannot be reached", subject.name)));
        };
        if !statuses.contains(&reply.status) {
            let wanted: Vec<String> = statuses.iter().map(u16::to_string).collect();
            return Err(subject
                .violation("status", format!("{} was answered with {}", subject.name, reply.status))
                .expected(format!("{} for {} {}", wanted.join(" or "), call.method, call.url))
                .seen(reply.line())
                .change("answer this request with the document; see what the error says"));
        }
        let media = reply.media_type();
        if media != "application/json" {
            return Err(subject
                .violation("media_type", format!("{} does not come as JSON", subject.name))
                .expected("Content-Type: application/json")
                .seen(if media.is_empty() { "no Content-Type".to_owned() } else { media })
                .change(
                    "answer with application/json; an HTML page here means another handler took the path",
                ));
        }
        let Some(Value::Object(members)) = reply.json() else {
            return Err(subject.violation("json", format!("{} is not a JSON object", subject.name)));
        };
        if let Some(path) = members.iter().find_map(|(name, value)| find_null(name, value)) {
            return Err(subject
                .violation("null", format!("`{path}` of {} is null", subject.name))
                .expected(
                    "members without a value are left out (RFC 8414 §3.2; TypeScript clients refuse null)",
                )
                .seen(format!("\"{path}\": null"))
                .change(format!("leave `{path}` out")));
        }
        Ok(Document { subject, members })
    }

    /// All members.
    pub fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// A member of any type.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// A string member.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// A list of strings; none when the member is absent or holds anything else.
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        self.get(name)?.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
    }

    /// Whether the member is `true`.
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some(&Value::Bool(true))
    }

    /// A required string.
    ///
    /// # Errors
    /// It is absent, empty or no string.
    pub fn required(&self, name: &str) -> Result<&str, Violation> {
        self.text(name).filter(|text| !text.is_empty()).ok_or_else(|| {
            self.subject
                .violation(name, format!("{} has no `{name}`", self.subject.name))
                .expected(format!("`{name}` as a string"))
                .seen(self.get(name).map_or("nothing".to_owned(), Value::to_string))
                .change(format!("publish `{name}`"))
        })
    }

    /// A URL member, absolute and safe to send secrets to.
    ///
    /// # Errors
    /// It is absent, relative, or neither https nor on this machine.
    pub fn endpoint(&self, name: &str) -> Result<Url, Violation> {
        let text = self.required(name)?;
        let url = Url::parse(text).ok().filter(is_safe);
        url.ok_or_else(|| {
            self.subject
                .violation(name, format!("`{name}` is not an absolute https URL"))
                .expected("an absolute https URL (http only on a loopback host)")
                .seen(text)
                .change("set ISSUER (or RESOURCE) to the public https URL: published addresses begin with it")
        })
    }
}

/// Whether secrets may be sent there: https, or this machine.
pub fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && shared::resource::is_loopback(url))
}

fn find_null(path: &str, value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(path.to_owned()),
        Value::Array(items) => items.iter().find_map(|item| find_null(&format!("{path}[]"), item)),
        Value::Object(members) => {
            members.iter().find_map(|(name, value)| find_null(&format!("{path}.{name}"), value))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::exchange::{Body, Reply};

    const SUBJECT: Subject = Subject { step: "S2", name: "the metadata", section: "RFC 8414 §3.2" };

    fn call(status: u16, media: &str, body: &Value) -> Call {
        let headers = vec![("Content-Type".to_owned(), media.to_owned())];
        let reply = Reply { status, headers, body: body.to_string().into_bytes() };
        let url = "https://as.example/x".to_owned();
        Call { name: "x", method: "GET", url, body: Body::default(), outcome: Ok(reply) }
    }

    fn rule(call: &Call) -> String {
        Document::read(call, &[200], SUBJECT).unwrap_err().id.clone()
    }

    #[test]
    fn what_is_no_document_is_told_apart() {
        assert_eq!(rule(&call(404, "application/json", &json!({}))), "S2.status");
        assert_eq!(rule(&call(200, "text/html", &json!({}))), "S2.media_type");
        assert_eq!(rule(&call(200, "application/json", &json!([]))), "S2.json");
        let nested = json!({"a": {"b": [{"c": null}]}});
        let violation = Document::read(&call(200, "application/json", &nested), &[200], SUBJECT).unwrap_err();
        assert_eq!((violation.id.as_str(), violation.seen.as_str()), ("S2.null", "\"a.b[].c\": null"));
    }

    #[test]
    fn an_endpoint_is_absolute_and_safe() {
        let body = json!({"a": "/token", "b": "http://as.example/token", "c": "http://localhost:9000/token"});
        let document =
            Document::read(&call(200, "application/json; charset=utf-8", &body), &[200], SUBJECT).unwrap();
        assert!(document.endpoint("a").is_err() && document.endpoint("b").is_err());
        assert!(document.endpoint("c").is_ok());
        assert!(document.endpoint("d").is_err());
    }
}
