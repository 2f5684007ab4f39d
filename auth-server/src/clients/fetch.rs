//! Fetches what clients publish: from the internet only, over TLS only, one small answer in a short time.

mod freshness;

use std::{
    error::Error,
    sync::{Arc, OnceLock},
    time::Duration,
};

use moka::sync::Cache;
use reqwest::{Client, StatusCode, header, redirect::Policy};
use shared::{
    clock::{Clock, Timestamp},
    telemetry::request::step,
};
use tokio::{sync::Semaphore, time::timeout};
use tracing::Instrument;
use url::Url;

pub(crate) use freshness::http_date;

use super::address::CheckedResolver;
use crate::{
    oauth::client_id_url::{UrlFault, check_fetchable},
    settings::outbound::Outbound,
};

/// Until a connection stands.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Fetches at once.
const MOST_AT_ONCE: usize = 16;
/// Fetches at once from one host, so that a slow one leaves room for others.
const MOST_AT_ONCE_PER_HOST: usize = 4;
/// How long a host that could not be reached is left alone.
const BACK_OFF: Duration = Duration::from_secs(30);
/// Hosts that are remembered.
const HOSTS: u64 = 1000;

/// Fetches. The HTTP client is made when it is first needed: a server without such clients never pays for one.
pub struct Fetcher {
    settings: Outbound,
    clock: Clock,
    client: OnceLock<Client>,
    turns: Semaphore,
    hosts: Cache<String, Arc<Host>>,
}

/// What is known about a host.
struct Host {
    turns: Semaphore,
    /// When it could not be reached.
    unreachable_at: std::sync::Mutex<Option<Timestamp>>,
}

/// What was fetched.
#[derive(Debug)]
pub struct Fetched {
    /// The whole body.
    pub body: Vec<u8>,
    /// `Content-Type`.
    pub content_type: String,
    /// What the answer says about how long it holds.
    pub fresh_for: Option<Duration>,
}

impl Fetcher {
    /// A fetcher that has not fetched anything yet.
    pub fn new(settings: Outbound, clock: Clock) -> Fetcher {
        let (client, turns) = (OnceLock::new(), Semaphore::new(MOST_AT_ONCE));
        Fetcher { settings, clock, client, turns, hosts: Cache::new(HOSTS) }
    }

    /// Fetches at most `most` bytes.
    ///
    /// # Errors
    /// Why there is nothing.
    pub async fn get(&self, url: &Url, most: usize) -> Result<Fetched, FetchFault> {
        // A host that is an address is never resolved, so it is judged here.
        check_fetchable(url, self.settings.reach)?;
        let host = self.host(url);
        if host.is_left_alone(self.clock.now()) {
            return Err(FetchFault::Unreachable("it could not be reached a moment ago".to_owned()));
        }
        // A queue never grows old: whoever waits for longer is told so, and the host is not blamed.
        let turns = async { (host.turns.acquire().await, self.turns.acquire().await) };
        let _turns = timeout(self.settings.timeout / 2, turns).await.map_err(|_| FetchFault::Busy)?;
        let fetched =
            timeout(self.settings.timeout, self.exchange(url, most)).instrument(step("fetch")).await;
        let fetched = fetched.unwrap_or(Err(FetchFault::Timeout));
        if matches!(fetched, Err(FetchFault::Unreachable(_))) {
            host.leave_alone(self.clock.now());
        }
        fetched
    }

    async fn exchange(&self, url: &Url, most: usize) -> Result<Fetched, FetchFault> {
        let request = self.client()?.get(url.clone()).header(header::ACCEPT, "application/json");
        let mut response = request.send().await.map_err(FetchFault::of)?;
        // CIMD §4: no redirect is followed, and nothing but 200 is a document.
        if response.status() != StatusCode::OK {
            return Err(FetchFault::Status(response.status().as_u16()));
        }
        let text = |name: header::HeaderName| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
        };
        let content_type = text(header::CONTENT_TYPE).to_owned();
        let fresh_for = freshness::read(text(header::CACHE_CONTROL), text(header::AGE))
            .or_else(|| freshness::until(text(header::EXPIRES), self.clock.now()));
        if response.content_length().is_some_and(|length| length > most as u64) {
            return Err(FetchFault::TooLarge(most));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(FetchFault::of)? {
            if body.len() + chunk.len() > most {
                return Err(FetchFault::TooLarge(most));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Fetched { body, content_type, fresh_for })
    }

    fn host(&self, url: &Url) -> Arc<Host> {
        let name = url[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
        self.hosts.get_with(name, || {
            let turns = Semaphore::new(MOST_AT_ONCE_PER_HOST);
            Arc::new(Host { turns, unreachable_at: std::sync::Mutex::default() })
        })
    }

    fn client(&self) -> Result<&Client, FetchFault> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .user_agent(concat!("Gatehouse/", env!("CARGO_PKG_VERSION")))
            .https_only(true)
            .redirect(Policy::none())
            // A proxy would resolve the name again, and reach what we may not.
            .no_proxy()
            .dns_resolver(Arc::new(CheckedResolver::system(self.settings.reach)))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(self.settings.timeout)
            // No connection outlives its fetch, and so none outlives the check of its address.
            .pool_max_idle_per_host(0)
            .tls_certs_merge(self.settings.extra_roots.iter().cloned())
            .build()
            .map_err(|error| FetchFault::Client(innermost(&error)))?;
        Ok(self.client.get_or_init(|| client))
    }
}

impl Host {
    fn is_left_alone(&self, now: Timestamp) -> bool {
        let unreachable_at = *self.unreachable_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        unreachable_at.is_some_and(|at| !now.is_past(at, BACK_OFF))
    }

    fn leave_alone(&self, now: Timestamp) {
        *self.unreachable_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(now);
    }
}

/// Why nothing was fetched. Told to a person it does not say what a name resolves to: that is for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchFault {
    /// Nothing may be fetched from there.
    #[error(transparent)]
    Url(#[from] UrlFault),
    /// No address, a special one, no connection, no TLS.
    #[error("Its host cannot be reached.")]
    Unreachable(String),
    /// Too many at once.
    #[error("This server is waiting for too many others at the moment.")]
    Busy,
    /// Too slow.
    #[error("Its host did not answer in time.")]
    Timeout,
    /// Broken off in the middle.
    #[error("Its host did not answer properly.")]
    Broken(String),
    /// Not 200.
    #[error("Its host answered with status {0} where 200 was expected.")]
    Status(u16),
    /// More than is read.
    #[error("What its host answered is larger than {0} bytes.")]
    TooLarge(usize),
    /// We have no client.
    #[error("This server cannot make secure connections at the moment.")]
    Client(String),
}

impl FetchFault {
    fn of(error: reqwest::Error) -> FetchFault {
        if error.is_timeout() && !error.is_connect() {
            return FetchFault::Timeout;
        }
        let cause = innermost(&error);
        if error.is_connect() { FetchFault::Unreachable(cause) } else { FetchFault::Broken(cause) }
    }

    /// What the log says beside the sentence.
    pub fn cause(&self) -> &str {
        match self {
            FetchFault::Unreachable(cause) | FetchFault::Broken(cause) | FetchFault::Client(cause) => cause,
            _ => "",
        }
    }
}

/// The innermost reason of an error, which is the one that helps.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
