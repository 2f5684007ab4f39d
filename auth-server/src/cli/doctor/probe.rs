//! Requests as a client from elsewhere sends them: no redirect is followed, and none takes longer than five seconds.

use std::{error::Error, time::Duration};

use reqwest::{Client, RequestBuilder, header::HeaderMap, redirect::Policy};
use serde_json::Value;
use shared::resource::is_loopback;

use super::Finding;
use crate::settings::Settings;

const TIMEOUT: Duration = Duration::from_secs(5);
/// Larger answers are no documents.
const MOST: usize = 256 * 1024;
/// Hosted clients call themselves so; what bars them bars this.
const PROGRAM: &str = "python-httpx/0.28.1";
/// What bars clients is most often this.
const EXEMPT: &str =
    "let /.well-known/, /oauth/ and the MCP endpoint pass without bot protection, sign-in or challenge pages";

/// Sends requests.
pub(super) struct Probe(pub(super) Client);

/// An answer, read whole.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Probe {
    pub(super) fn new(settings: &Settings) -> Result<Probe, String> {
        let mut builder = Client::builder().redirect(Policy::none()).timeout(TIMEOUT).user_agent(PROGRAM);
        let roots = settings.outbound.extra_roots.iter().cloned();
        // Without TLS no certificates are needed, and a container may have none.
        builder = match settings.issuer.url().scheme() {
            "http" => builder.tls_certs_only(roots),
            _ => builder.tls_certs_merge(roots),
        };
        if is_loopback(settings.issuer.url()) {
            builder = builder.no_proxy();
        }
        builder.build().map(Probe).map_err(|error| innermost(&error))
    }

    /// The answer, or why there is none.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Answer, String> {
        let mut response = request.send().await.map_err(|error| innermost(&error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        // An event stream need not end: the beginning will do.
        while status != 200 || !is(&headers, "text/event-stream") {
            match response.chunk().await.map_err(|error| innermost(&error))? {
                Some(chunk) if body.len() + chunk.len() <= MOST => body.extend_from_slice(&chunk),
                Some(_) => return Err("the answer is too large".to_owned()),
                None => break,
            }
        }
        Ok(Answer { status, headers, body })
    }
}

impl Answer {
    /// A field, when there is one.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Why somebody else than the program has answered: a redirect, a page, a gateway.
    pub(super) fn intruder(&self, check: &str, setting: &str) -> Option<Finding> {
        if (300..400).contains(&self.status) && self.status != 304 {
            let place = self.header("location").unwrap_or("nowhere");
            let told =
                format!("answers {} and sends on to {place}, which clients do not follow", self.status);
            return Some(Finding::fail(
                check,
                told,
                format!("take the redirect away, or set {setting} to where it leads"),
            ));
        }
        let start = self.body.iter().find(|byte| !byte.is_ascii_whitespace());
        if is(&self.headers, "text/html") || start == Some(&b'<') {
            let told = format!("answers {} with a web page: somebody else stands in front", self.status);
            return Some(Finding::fail(check, told, EXEMPT));
        }
        let told = match self.status {
            502..=504 => format!("answers {}: the program behind it does not answer", self.status),
            403 | 429 => format!("answers {}: somebody in front refuses this client", self.status),
            _ => return None,
        };
        let change =
            if self.status >= 500 { "start it, and check where the proxy sends requests" } else { EXEMPT };
        Some(Finding::fail(check, told, change))
    }

    /// The JSON document of a 200.
    pub(super) fn document(&self, check: &str, setting: &str) -> Result<Value, Finding> {
        if let Some(intruder) = self.intruder(check, setting) {
            return Err(intruder);
        }
        match (self.status, serde_json::from_slice(&self.body)) {
            (200, Ok(document @ Value::Object(_))) => Ok(document),
            (200, _) => Err(Finding::fail(check, "answers 200 without a JSON object", EXEMPT)),
            (status, _) => {
                let change = format!(
                    "let this path through unchanged, or set {setting} to the address that is reached"
                );
                Err(Finding::fail(check, format!("answers {status} where the document should be"), change))
            }
        }
    }
}

fn is(headers: &HeaderMap, media_type: &str) -> bool {
    let given = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.to_ascii_lowercase().starts_with(media_type)
}

/// The innermost reason of an error, which is the one that helps.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    match error.is_timeout() {
        true => "no answer within five seconds".to_owned(),
        false => cause.to_string(),
    }
}
