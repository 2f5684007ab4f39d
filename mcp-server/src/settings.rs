//! What the environment says, as it is meant.

#[cfg(test)]
mod tests;

use std::{fmt, net::SocketAddr, num::NonZeroUsize, str::FromStr, thread, time::Duration};

use shared::{
    bounds::Bounds,
    database,
    env::{Env, Faults, Reader},
    limit, metrics,
    resource::{Resource, is_loopback},
    telemetry::Logs,
    tls::Tls,
};
use url::Url;

use crate::guard::Issuer;

/// Everything an operator decides. See the README for each variable.
pub struct Settings {
    /// `LISTEN`: where connections are accepted.
    pub listen: SocketAddr,
    /// `TLS_CERTIFICATE_FILE` and `TLS_KEY_FILE`: none behind a proxy that does TLS.
    pub tls: Option<Tls>,
    /// `RESOURCE`: what this server is called in tokens and metadata. Its path is where MCP is served.
    pub resource: Resource,
    /// What the older transport is called in tokens and metadata: the resource with `sse` as its last segment.
    pub sse_resource: Resource,
    /// `ISSUER` and `ISSUER_FETCH_URL`: whose tokens are accepted.
    pub issuer: Issuer,
    /// `DATABASE_URL`.
    pub database_url: String,
    /// `DATABASE_CONNECTIONS` and `DATABASE_WAIT`.
    pub database: database::Options,
    /// `CHALLENGE_STYLE`: how a missing scope is told.
    pub challenge_style: ChallengeStyle,
    /// `STATIC_TOKENS`: whether a token in a URL opens anything.
    pub static_tokens: bool,
    /// `MIXED_MODE`: whether what is the same for everyone is answered without a token.
    pub mixed_mode: bool,
    /// `OPENAI_APPS_CHALLENGE`: what OpenAI looks for to see whose server this is.
    pub openai_apps_challenge: Option<String>,
    /// `ALLOWED_ORIGINS`: browser origins that are let in besides our own, as browsers write them.
    pub allowed_origins: Vec<String>,
    /// `JWKS_MAX_AGE`: how old the issuer's keys may become before they are fetched again.
    pub jwks_max_age: Duration,
    /// `RATE_LIMITS` and `TRUSTED_PROXIES`: how often somebody may ask.
    pub limits: limit::Options,
    /// How much is taken on at one time.
    pub bounds: Bounds,
    /// `WORKERS`: threads that serve requests.
    pub workers: usize,
    /// `METRICS_LISTEN`: where the metrics are shown.
    pub metrics_listen: Option<SocketAddr>,
    /// `LOG` and `LOG_FORMAT`. The binary starts them; opening an [`App`](crate::App) does not.
    pub logs: Logs,
}

/// How a caller learns that its token lacks a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeStyle {
    /// By who asks: ChatGPT reads the result of a 200, everybody else the status.
    Auto,
    /// Always status 403 (RFC 6750 §3.1).
    Http,
    /// Always a tool result with status 200.
    Result,
}

impl FromStr for ChallengeStyle {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<ChallengeStyle, &'static str> {
        match text {
            "auto" => Ok(ChallengeStyle::Auto),
            "http" => Ok(ChallengeStyle::Http),
            "result" => Ok(ChallengeStyle::Result),
            _ => Err("is neither `auto` nor `http` nor `result`"),
        }
    }
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn from_env(env: &Env) -> Result<Settings, Faults> {
        let mut reader = Reader::new(env);
        let resources = resources(&mut reader);
        let issuer = issuer(&mut reader);
        let (listen, tls) = (read_listen(&mut reader), Tls::read(&mut reader));
        let database_url = reader.text("DATABASE_URL", "sqlite:data/mcp-server.db");
        let database = database::Options::read(&mut reader);
        let challenge_style = reader.parsed("CHALLENGE_STYLE", ChallengeStyle::Auto, "auto");
        let static_tokens = reader.is_on("STATIC_TOKENS", false);
        let mixed_mode = reader.is_on("MIXED_MODE", false);
        let openai_apps_challenge = reader.optional("OPENAI_APPS_CHALLENGE").map(str::to_owned);
        let allowed_origins = allowed_origins(&mut reader);
        let jwks_max_age = reader.seconds("JWKS_MAX_AGE", 300);
        let limits = limit::Options::read(&mut reader);
        let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let workers = reader.parsed("WORKERS", cores, "4").get();
        let metrics_listen = metrics::listen(&mut reader);
        let logs = Logs::read(&mut reader);
        let bounds = Bounds::read(&mut reader);
        let settings = resources.zip(issuer).map(|((resource, sse_resource), issuer)| Settings {
            listen,
            tls,
            resource,
            sse_resource,
            issuer,
            database_url,
            database,
            challenge_style,
            static_tokens,
            mixed_mode,
            openai_apps_challenge,
            allowed_origins,
            jwks_max_age,
            limits,
            bounds,
            workers,
            metrics_listen,
            logs,
        });
        reader.finish(settings)
    }

    /// Where a server with these settings listens, whatever else is wrong with them.
    ///
    /// # Errors
    /// It is no address.
    pub fn listen(env: &Env) -> Result<SocketAddr, Faults> {
        let mut reader = Reader::new(env);
        let listen = read_listen(&mut reader);
        reader.finish(Some(listen))
    }
}

impl fmt::Debug for Settings {
    /// Without the database's URL, which may hold a password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("listen", &self.listen)
            .field("resource", &self.resource.as_str())
            .field("issuer", &self.issuer.as_str())
            .finish_non_exhaustive()
    }
}

fn read_listen(reader: &mut Reader<'_>) -> SocketAddr {
    reader.parsed("LISTEN", SocketAddr::from(([127, 0, 0, 1], 8000)), "127.0.0.1:8000")
}

const NEEDS_TLS: &str = "must be https, because its host is not this machine";

/// `RESOURCE`, and its neighbour for the older transport.
fn resources(reader: &mut Reader<'_>) -> Option<(Resource, Resource)> {
    const NAME: &str = "RESOURCE";
    let example = "https://mcp.example.com/mcp";
    let resource = match Resource::parse(&reader.text(NAME, "http://localhost:8000/mcp")) {
        Ok(resource) if is_secure(resource.url()) => resource,
        Ok(_) => {
            reader.fault(NAME, NEEDS_TLS, example);
            return None;
        }
        Err(fault) => {
            reader.fault(NAME, &fault.to_string(), example);
            return None;
        }
    };
    let last = resource.url().path().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if matches!(last, "sse" | "messages") {
        reader.fault(NAME, "ends in a name the older transport has (sse, messages)", example);
        return None;
    }
    let sse = Resource::parse(&neighbour(&resource, "sse"));
    sse.ok().map(|sse| (resource, sse))
}

/// The resource with another last segment, spelled as it is otherwise.
fn neighbour(resource: &Resource, name: &str) -> String {
    let configured = resource.as_str().trim_end_matches('/');
    let path_length = resource.url().path().trim_end_matches('/').len();
    let (origin, path) = configured.split_at(configured.len().saturating_sub(path_length));
    let parent = path.rfind('/').map_or("", |end| &path[..end]);
    format!("{origin}{parent}/{name}")
}

fn issuer(reader: &mut Reader<'_>) -> Option<Issuer> {
    const NAME: &str = "ISSUER";
    let example = "https://auth.example.com";
    let fetch_url = fetch_url(reader);
    match Issuer::parse(&reader.text(NAME, "http://localhost:9000")) {
        Ok(issuer) if is_secure(issuer.url()) => {
            return Some(match fetch_url {
                Some(url) => issuer.fetched_from(url),
                None => issuer,
            });
        }
        Ok(_) => reader.fault(NAME, NEEDS_TLS, example),
        Err(fault) => reader.fault(NAME, &fault.to_string(), example),
    }
    None
}

/// Inside a private network the issuer may be reached without TLS, so this one is not asked for it.
fn fetch_url(reader: &mut Reader<'_>) -> Option<Url> {
    const NAME: &str = "ISSUER_FETCH_URL";
    match Resource::parse(reader.optional(NAME)?) {
        Ok(address) => Some(address.url().clone()),
        Err(fault) => {
            reader.fault(NAME, &fault.to_string(), "http://auth-server:9000");
            None
        }
    }
}

fn allowed_origins(reader: &mut Reader<'_>) -> Vec<String> {
    const NAME: &str = "ALLOWED_ORIGINS";
    let mut origins = Vec::new();
    for text in reader.text(NAME, "").split_whitespace() {
        match Url::parse(text) {
            // RFC 6454 §6.2: how a browser will write it.
            Ok(url) if url.origin().is_tuple() && url.path() == "/" && url.query().is_none() => {
                origins.push(url.origin().ascii_serialization());
            }
            _ => reader.fault(NAME, "holds something that is no origin", "https://inspector.example.com"),
        }
    }
    origins
}

fn is_secure(url: &Url) -> bool {
    url.scheme() == "https" || is_loopback(url)
}
