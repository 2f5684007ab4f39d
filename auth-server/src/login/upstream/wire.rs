//! How a provider is spoken to: no redirects, a few seconds, a bounded answer.

use std::{error::Error, future::Future, pin::Pin, sync::OnceLock, time::Duration};

use openidconnect::{
    AsyncHttpClient, HttpRequest, HttpResponse,
    http::{Response, response::Builder},
};
use reqwest::{Certificate, Client, redirect::Policy};
use shared::resource::{Resource, is_loopback};
use url::Url;

/// Until a connection stands.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The whole of one exchange.
const TIMEOUT: Duration = Duration::from_secs(5);
/// More of an answer is not read.
const MOST: usize = 512 * 1024;

/// Speaks to one provider. The HTTP client is made when it is first needed.
pub(super) struct Wire {
    /// Whether it may be spoken to without TLS: it is on this machine.
    is_local: bool,
    extra_roots: Vec<Certificate>,
    client: OnceLock<Client>,
}

impl Wire {
    pub(super) fn new(issuer: &Resource, extra_roots: Vec<Certificate>) -> Wire {
        Wire { is_local: is_loopback(issuer.url()), extra_roots, client: OnceLock::new() }
    }

    /// Whether its metadata may name this address: whoever is on the internet has no business on this machine.
    pub(super) fn may_use(&self, address: &Url) -> bool {
        is_loopback(address) == self.is_local && (self.is_local || address.scheme() == "https")
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, WireFault> {
        let request = reqwest::Request::try_from(request)?;
        if !self.may_use(request.url()) {
            return Err(WireFault::Address(request.url().to_string()));
        }
        let mut response = self.client()?.execute(request).await?;
        if response.status().is_server_error() {
            return Err(WireFault::Down(response.status().as_u16()));
        }
        let mut head = Response::builder().status(response.status());
        if let (Some(own), theirs) = (Builder::headers_mut(&mut head), response.headers()) {
            own.clone_from(theirs);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MOST {
                return Err(WireFault::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(head.body(body)?)
    }

    fn client(&self) -> Result<&Client, WireFault> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let mut builder = Client::builder()
            .user_agent(concat!("Gatehouse/", env!("CARGO_PKG_VERSION")))
            // A redirect could lead anywhere: openidconnect's documentation warns of it.
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .tls_certs_merge(self.extra_roots.iter().cloned());
        if self.is_local {
            builder = builder.no_proxy();
        }
        let client = builder.build()?;
        Ok(self.client.get_or_init(|| client))
    }
}

impl<'c> AsyncHttpClient<'c> for Wire {
    type Error = WireFault;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, WireFault>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.exchange(request))
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireFault {
    /// Its own metadata leads elsewhere.
    #[error("its metadata names an address that may not be used: {0}")]
    Address(String),
    /// It has trouble of its own.
    #[error("it answered with status {0}")]
    Down(u16),
    /// More than is read.
    #[error("its answer is too large")]
    TooLarge,
    /// An answer that cannot be passed on.
    #[error(transparent)]
    Form(#[from] openidconnect::http::Error),
    /// No connection, no TLS, too slow, or broken off.
    #[error("{}", innermost(.0))]
    Exchange(#[from] reqwest::Error),
}

/// The innermost reason of an error, which is the one that helps.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
