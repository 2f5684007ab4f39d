//! The one place that sends: follows no redirect, waits no longer than a client would, and remembers every secret.

mod cors;
mod dress;

use std::{borrow::Cow, time::Duration};

use reqwest::{Certificate, Client, Method, Response, redirect::Policy};
use serde_json::Value;
use url::form_urlencoded;

pub use self::{cors::BLOCKED, dress::Dress};
use crate::{
    exchange::{Body, Call, Exchange, Reply, event_response},
    secrets::Secrets,
};

/// Longer than clients wait for discovery (10 s), shorter than ChatGPT waits for a tool (60 s).
const PATIENCE: Duration = Duration::from_secs(30);
/// No document or page of these steps is larger.
const LARGEST: usize = 4 << 20;

/// A request to be sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    name: &'static str,
    method: &'static str,
    url: String,
    headers: Vec<(Cow<'static, str>, String)>,
    body: Option<Vec<u8>>,
}

impl Outgoing {
    /// A GET; `name` is what the step calls it.
    pub fn get(name: &'static str, url: impl Into<String>) -> Outgoing {
        Outgoing { name, method: "GET", url: url.into(), headers: Vec::new(), body: None }
    }

    /// A HEAD.
    pub fn head(name: &'static str, url: impl Into<String>) -> Outgoing {
        Outgoing { method: "HEAD", ..Outgoing::get(name, url) }
    }

    /// A POST of a JSON document.
    pub fn json(name: &'static str, url: impl Into<String>, document: &Value) -> Outgoing {
        Outgoing::post(name, url, document.to_string().into_bytes())
            .header("content-type", "application/json")
    }

    /// A POST of a form.
    pub fn form(name: &'static str, url: impl Into<String>, pairs: &[(String, String)]) -> Outgoing {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        Outgoing::post(name, url, body.into_bytes())
            .header("content-type", "application/x-www-form-urlencoded")
    }

    fn post(name: &'static str, url: impl Into<String>, body: Vec<u8>) -> Outgoing {
        Outgoing { name, method: "POST", url: url.into(), headers: Vec::new(), body: Some(body) }
    }

    /// The same with one more header field.
    #[must_use]
    pub fn header(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Outgoing {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Whether it is a POST.
    pub fn is_post(&self) -> bool {
        self.method == "POST"
    }

    /// The same with an access token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Outgoing {
        self.header("authorization", format!("Bearer {token}"))
    }
}

/// Sends requests and keeps the list of what must not be printed.
#[derive(Clone, Debug)]
pub struct Wire {
    http: Client,
    secrets: Secrets,
    dress: Dress,
}

impl Wire {
    /// A wire that has seen no secret yet.
    ///
    /// # Errors
    /// TLS could not be set up.
    pub fn new() -> Result<Wire, reqwest::Error> {
        Wire::trusting(None)
    }

    /// The same for one who also trusts this certificate authority (PEM).
    ///
    /// # Errors
    /// TLS could not be set up, or that is no certificate.
    pub fn trusting(authority: Option<&str>) -> Result<Wire, reqwest::Error> {
        // A redirect is an answer to be judged; only the human follows them, one by one.
        let mut builder = Client::builder().redirect(Policy::none()).timeout(PATIENCE);
        if let Some(pem) = authority {
            builder = builder.tls_certs_merge([Certificate::from_pem(pem.as_bytes())?]);
        }
        Ok(Wire { http: builder.build()?, secrets: Secrets::default(), dress: Dress::default() })
    }

    /// The same wire, dressed like this. Both remember the same secrets.
    #[must_use]
    pub fn dressed(&self, dress: Dress) -> Wire {
        Wire { dress, ..self.clone() }
    }

    /// The secrets that passed by.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Sends a request and notes it, with its outcome, in the exchange.
    pub async fn send<'a>(&self, request: Outgoing, exchange: &'a mut Exchange) -> &'a Call {
        self.learn_request(&request);
        let request = self.dress.on(request);
        let outcome = match &self.dress.origin {
            Some(origin) => self.reply_to_page(origin, &request, exchange).await,
            None => self.reply(&request).await,
        };
        if let Ok(reply) = &outcome {
            self.secrets.learn_reply(reply);
        }
        let Outgoing { name, method, url, body, .. } = request;
        exchange.note(Call { name, method, url, body: Body(body.unwrap_or_default()), outcome })
    }

    async fn reply(&self, request: &Outgoing) -> Result<Reply, String> {
        let mut builder = match request.method {
            "POST" => self.http.post(&request.url),
            "HEAD" => self.http.head(&request.url),
            "OPTIONS" => self.http.request(Method::OPTIONS, &request.url),
            _ => self.http.get(&request.url),
        };
        for (name, value) in &request.headers {
            builder = builder.header(name.as_ref(), value);
        }
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        let response = builder.send().await.map_err(|fault| reason(&fault))?;
        read(response).await
    }

    fn learn_request(&self, request: &Outgoing) {
        self.secrets.learn_url(&request.url);
        let is_form = request.headers.iter().any(|(_, value)| value.ends_with("form-urlencoded"));
        if let Some(body) = request.body.as_deref().filter(|_| is_form) {
            for (name, value) in form_urlencoded::parse(body) {
                self.secrets.learn_parameters([(name.as_ref(), value.as_ref())]);
            }
        }
    }
}

async fn read(mut response: Response) -> Result<Reply, String> {
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let mut reply = Reply { status: response.status().as_u16(), headers, body: Vec::new() };
    let is_stream = reply.media_type() == "text/event-stream";
    while let Some(chunk) = response.chunk().await.map_err(|fault| reason(&fault))? {
        reply.body.extend_from_slice(&chunk);
        if reply.body.len() > LARGEST {
            return Err(format!("the answer is larger than {} MiB", LARGEST >> 20));
        }
        // A server may leave the stream open after the response; the client has what it asked for.
        if is_stream && event_response(&reply.text()).is_some() {
            break;
        }
    }
    Ok(reply)
}

/// The innermost reason, without the URL: that is printed beside it anyway.
fn reason(fault: &reqwest::Error) -> String {
    if fault.is_timeout() {
        return format!("no answer within {} seconds", PATIENCE.as_secs());
    }
    let mut innermost: &dyn std::error::Error = fault;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    format!("no answer: {innermost}")
}
