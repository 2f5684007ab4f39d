//! A request of any method with any header and body, and what sends it: the wire of the steps sends only what ChatGPT
//! sends, a check also what it never would.

use std::time::Duration;

use reqwest::{Client, Method, redirect::Policy};
use serde_json::Value;
use url::form_urlencoded;

use super::verdict::{Seen, skip, wrong};
use crate::{exchange::Reply, secrets::Secrets};

/// As long as the wire of the steps waits.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest a `Retry-After` is obeyed.
const LONGEST_WAIT: u64 = 15;
/// No answer of these checks is larger.
const LARGEST: usize = 4 << 20;

/// Named values of a query or a form, in order.
pub(super) type Pairs = Vec<(String, String)>;

/// A request to be sent.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    method: Method,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
}

impl Probe {
    /// A request without a body.
    pub(super) fn of(method: Method, url: impl Into<String>) -> Probe {
        Probe { method, url: url.into(), headers: Vec::new(), body: None }
    }

    /// A GET of a document.
    pub(super) fn get(url: impl Into<String>) -> Probe {
        Probe::of(Method::GET, url).header("accept", "application/json")
    }

    /// A POST of a JSON document.
    pub(super) fn json(url: impl Into<String>, document: &Value) -> Probe {
        Probe::of(Method::POST, url)
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .body(document.to_string())
    }

    /// A POST of a form.
    pub(super) fn form(url: impl Into<String>, pairs: &Pairs) -> Probe {
        Probe::of(Method::POST, url)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    }

    /// The same with one more header field.
    #[must_use]
    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Probe {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with an access token.
    #[must_use]
    pub(super) fn bearer(self, token: &str) -> Probe {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// The same at another address.
    #[must_use]
    pub(super) fn to(self, url: impl Into<String>) -> Probe {
        Probe { url: url.into(), ..self }
    }

    /// The same with these bytes as its body.
    #[must_use]
    pub(super) fn body(mut self, bytes: impl Into<Vec<u8>>) -> Probe {
        self.body = Some(bytes.into());
        self
    }
}

/// Sends probes: follows no redirect, waits once where it is asked to, and remembers every secret.
#[derive(Clone)]
pub(super) struct Sender {
    http: Client,
    secrets: Secrets,
}

impl Sender {
    pub(super) fn new(secrets: &Secrets) -> Result<Sender, reqwest::Error> {
        let http = Client::builder().redirect(Policy::none()).timeout(PATIENCE).build()?;
        Ok(Sender { http, secrets: secrets.clone() })
    }

    /// Sends a probe; a rate limit is waited for once, if it is short, and skips the check otherwise.
    pub(super) async fn send(&self, probe: &Probe) -> Seen<Reply> {
        let mut has_waited = false;
        loop {
            let reply = self.attempt(probe).await?;
            if reply.status != 429 {
                return Ok(reply);
            }
            let wait = reply.header("retry-after").and_then(|value| value.parse::<u64>().ok());
            match wait.filter(|seconds| *seconds <= LONGEST_WAIT && !has_waited) {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => return skip(format!("{} {} is rate limited (429)", probe.method, probe.url)),
            }
            has_waited = true;
        }
    }

    async fn attempt(&self, probe: &Probe) -> Seen<Reply> {
        self.learn(probe);
        match self.receive(probe).await {
            Ok(reply) => {
                self.secrets.learn_reply(&reply);
                Ok(reply)
            }
            Err(fault) => Err(wrong("a request is not answered")
                .expected(format!("an HTTP response to {} {}", probe.method, probe.url))
                .seen(fault)
                .change("answer every request, also one that is refused, and within seconds")
                .into()),
        }
    }

    async fn receive(&self, probe: &Probe) -> Result<Reply, String> {
        let mut builder = self.http.request(probe.method.clone(), &probe.url);
        for (name, value) in &probe.headers {
            builder = builder.header(*name, value);
        }
        if let Some(body) = &probe.body {
            builder = builder.body(body.clone());
        }
        let mut response = builder.send().await.map_err(|fault| innermost(&fault))?;
        let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value)));
        let mut reply =
            Reply { status: response.status().as_u16(), headers: headers.collect(), body: Vec::new() };
        let is_stream = reply.media_type() == "text/event-stream";
        while let Some(chunk) = response.chunk().await.map_err(|fault| innermost(&fault))? {
            reply.body.extend_from_slice(&chunk);
            // A stream may stay open after the response; nothing else may be endless.
            if reply.body.len() > LARGEST || (is_stream && reply.message().is_some()) {
                break;
            }
        }
        Ok(reply)
    }

    fn learn(&self, probe: &Probe) {
        self.secrets.learn_url(&probe.url);
        let is_form = |(_, value): &(&str, String)| value.ends_with("form-urlencoded");
        if let Some(body) = probe.body.as_deref().filter(|_| probe.headers.iter().any(is_form)) {
            for (name, value) in form_urlencoded::parse(body) {
                self.secrets.learn_parameters([(name.as_ref(), value.as_ref())]);
            }
        }
        for (_, value) in probe.headers.iter().filter(|(name, _)| *name == "authorization") {
            if let Some((_, credentials)) = value.split_once(' ') {
                self.secrets.learn(credentials);
            }
        }
    }
}

fn innermost(fault: &reqwest::Error) -> String {
    if fault.is_timeout() {
        return format!("no answer within {} seconds", PATIENCE.as_secs());
    }
    let mut reason: &dyn std::error::Error = fault;
    while let Some(source) = reason.source() {
        reason = source;
    }
    format!("no answer: {reason}")
}

/// The pairs with this name having this one value, in the place of those it had.
pub(super) fn with(mut pairs: Pairs, name: &str, value: &str) -> Pairs {
    let place = pairs.iter().position(|(own, _)| own == name).unwrap_or(pairs.len());
    pairs.retain(|(own, _)| own != name);
    pairs.insert(place.min(pairs.len()), (name.to_owned(), value.to_owned()));
    pairs
}

/// The pairs without this name.
pub(super) fn without(mut pairs: Pairs, name: &str) -> Pairs {
    pairs.retain(|(own, _)| own != name);
    pairs
}

/// The pairs with one more of this name.
pub(super) fn with_another(mut pairs: Pairs, name: &str, value: &str) -> Pairs {
    pairs.push((name.to_owned(), value.to_owned()));
    pairs
}

/// The first value of this name.
pub(super) fn value<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}
