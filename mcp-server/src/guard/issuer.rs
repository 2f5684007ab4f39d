//! The issuer as this server knows it: a name, and a place where its documents are fetched.

use std::{error::Error, time::Duration};

use bytes::Bytes;
use reqwest::{Client, redirect::Policy};
use shared::{
    metadata::{AuthorizationServerMetadata, WELL_KNOWN},
    resource::{MalformedResource, Resource, is_loopback},
    telemetry::request::{TRACEPARENT, step, traceparent},
};
use tracing::Instrument;
use url::Url;

use super::key_set::KeySet;

/// The whole exchange with the issuer, each of its two requests.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Larger documents are refused.
const MAX_DOCUMENT: usize = 256 * 1024;

/// An authorization server: RFC 8414 §2.
#[derive(Clone, Debug)]
pub struct Issuer {
    name: Resource,
    fetch_from: Url,
}

impl Issuer {
    /// An issuer whose documents are fetched where its name says.
    ///
    /// # Errors
    /// What is wrong with the name, as half a sentence.
    pub fn parse(name: &str) -> Result<Issuer, MalformedResource> {
        let name = Resource::parse(name)?;
        let fetch_from = name.url().clone();
        Ok(Issuer { name, fetch_from })
    }

    /// The same issuer, reached at another address: its name may not resolve from here.
    #[must_use]
    pub fn fetched_from(self, fetch_from: Url) -> Issuer {
        Issuer { fetch_from, ..self }
    }

    /// Its name, exactly as configured.
    pub fn as_str(&self) -> &str {
        self.name.as_str()
    }

    /// The parsed form of its name.
    pub fn url(&self) -> &Url {
        self.name.url()
    }

    /// RFC 8414 §3.1: the well-known path goes between the host and the issuer's own path.
    fn metadata_url(&self) -> Url {
        let mut url = self.fetch_from.clone();
        let path = format!("{WELL_KNOWN}{}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }

    /// Where the keys are fetched. When the issuer is reached at another address, what it publishes under its own
    /// origin is found there as well.
    fn key_url(&self, published: &str) -> Result<Url, FetchError> {
        let url = Url::parse(published).map_err(|_| FetchError::KeyAddress)?;
        let is_own = url.origin() == self.url().origin();
        if is_own && self.fetch_from.origin() != url.origin() {
            let mut moved = self.fetch_from.clone();
            moved.set_path(url.path());
            moved.set_query(url.query());
            return Ok(moved);
        }
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        if is_safe || is_own { Ok(url) } else { Err(FetchError::KeyAddress) }
    }
}

/// What an issuer publishes.
pub(super) struct Documents {
    /// Its metadata, as it was sent.
    pub(super) metadata: Bytes,
    /// Its keys, read.
    pub(super) keys: KeySet,
}

/// Fetches an issuer's documents: no redirects, bounded in time and size.
pub(super) struct Fetcher {
    issuer: Issuer,
    client: Client,
}

impl Fetcher {
    pub(super) fn new(issuer: Issuer) -> Result<Fetcher, FetchError> {
        let mut builder = Client::builder().redirect(Policy::none()).timeout(TIMEOUT);
        if is_loopback(&issuer.fetch_from) {
            builder = builder.no_proxy();
        }
        if issuer.fetch_from.scheme() == "http" {
            // Without TLS no certificates are needed, and a container may have none.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(FetchError::Client)?;
        Ok(Fetcher { issuer, client })
    }

    /// The issuer's metadata, and the keys it points to.
    pub(super) async fn documents(&self) -> Result<Documents, FetchError> {
        let document = self.document(self.issuer.metadata_url()).instrument(step("fetch"));
        let document = Bytes::from(document.await?);
        let metadata: AuthorizationServerMetadata =
            serde_json::from_slice(&document).map_err(|_| FetchError::Malformed("metadata"))?;
        // RFC 8414 §3.3: identical, or the document must not be used.
        if metadata.issuer != self.issuer.as_str() {
            return Err(FetchError::Issuer);
        }
        let keys = self.document(self.issuer.key_url(&metadata.jwks_uri)?).instrument(step("fetch")).await?;
        let keys = KeySet::parse(&keys).map_err(|_| FetchError::Malformed("keys"))?;
        Ok(Documents { metadata: document, keys })
    }

    async fn document(&self, url: Url) -> Result<Vec<u8>, FetchError> {
        let place = url.to_string();
        let refused = |source| FetchError::Request { place: place.clone(), source };
        // Whose trace it is learns the issuer, and nobody else who may hold its keys.
        let is_issuer = url.origin() == self.issuer.fetch_from.origin();
        let request = self.client.get(url);
        let request = match traceparent().filter(|_| is_issuer) {
            Some(span) => request.header(TRACEPARENT, span),
            None => request,
        };
        let mut response = request.send().await.map_err(refused)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(FetchError::Status { place, status: response.status().as_u16() });
        }
        let mut document = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(refused)? {
            if document.len() + chunk.len() > MAX_DOCUMENT {
                return Err(FetchError::TooLarge { place });
            }
            document.extend_from_slice(&chunk);
        }
        Ok(document)
    }
}

/// Why the issuer's keys are not known.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No HTTP client could be made.
    #[error("cannot make an HTTP client: {}", cause(.0))]
    Client(#[source] reqwest::Error),
    /// No answer.
    #[error("no answer from {place}: {}", cause(.source))]
    Request {
        /// What was asked for.
        place: String,
        /// What went wrong.
        source: reqwest::Error,
    },
    /// An answer that is none.
    #[error("{place} answered with status {status}")]
    Status {
        /// What was asked for.
        place: String,
        /// Its status.
        status: u16,
    },
    /// More than is read.
    #[error("the document at {place} is too large")]
    TooLarge {
        /// What was asked for.
        place: String,
    },
    /// Not what it should be.
    #[error("the issuer's {0} document is malformed")]
    Malformed(&'static str),
    /// The document names another issuer (RFC 8414 §3.3).
    #[error("the metadata names another issuer than the configured one")]
    Issuer,
    /// The document's `jwks_uri` is no address keys may be fetched from.
    #[error("the metadata has no usable jwks_uri")]
    KeyAddress,
}

/// The innermost reason of an error, which is the one that helps.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_path_is_inserted() {
        for (name, document) in [
            ("https://a.example", "https://a.example/.well-known/oauth-authorization-server"),
            ("https://a.example/", "https://a.example/.well-known/oauth-authorization-server"),
            ("https://a.example/t/1", "https://a.example/.well-known/oauth-authorization-server/t/1"),
        ] {
            assert_eq!(Issuer::parse(name).unwrap().metadata_url().as_str(), document);
        }
    }

    #[test]
    fn keys_are_fetched_where_the_issuer_is_reached() {
        let issuer = Issuer::parse("https://a.example").unwrap();
        let keys = "https://a.example/.well-known/jwks.json";
        assert_eq!(issuer.key_url(keys).unwrap().as_str(), keys);
        let inside = issuer.fetched_from(Url::parse("http://auth-server:9000").unwrap());
        assert_eq!(inside.key_url(keys).unwrap().as_str(), "http://auth-server:9000/.well-known/jwks.json");
        assert_eq!(inside.key_url("https://keys.example/k").unwrap().as_str(), "https://keys.example/k");
    }

    #[test]
    fn keys_are_not_fetched_without_tls_from_strangers() {
        let issuer = Issuer::parse("https://a.example").unwrap();
        for published in ["http://keys.example/k", "file:///etc/passwd", "/jwks.json", ""] {
            assert!(issuer.key_url(published).is_err(), "{published}");
        }
    }
}
