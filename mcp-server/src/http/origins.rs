//! Who may talk to a server on this machine or in this network: RS-39, the defence against DNS rebinding.

use actix_web::http::header::{HOST, HeaderMap, HeaderValue, ORIGIN};
use shared::resource::is_loopback;
use url::Url;

use crate::settings::Settings;

/// The hosts we answer to and the browser origins that may call.
pub(crate) struct Origins {
    own: Url,
    /// Host and port, as a `Host` header has them.
    authority: String,
    allowed: Vec<String>,
}

/// Why a request is turned away before anything else is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Stranger {
    #[error("the Host header names another server")]
    Host,
    #[error("the Origin header is not allowed here")]
    Origin,
}

impl Origins {
    pub(crate) fn new(settings: &Settings) -> Origins {
        let own = settings.resource.url().clone();
        let mut allowed = settings.allowed_origins.clone();
        allowed.push(own.origin().ascii_serialization());
        Origins { authority: own.authority().to_owned(), own, allowed }
    }

    /// The request's origin, when it has one and may have it.
    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<Option<HeaderValue>, Stranger> {
        let mut hosts = headers.get_all(HOST);
        match (hosts.next(), hosts.next()) {
            (Some(host), None) if self.is_own_host(host) => {}
            _ => return Err(Stranger::Host),
        }
        let mut origins = headers.get_all(ORIGIN);
        match (origins.next(), origins.next()) {
            (None, _) => Ok(None),
            (Some(origin), None) if self.is_allowed(origin) => Ok(Some(origin.clone())),
            _ => Err(Stranger::Origin),
        }
    }

    /// Our own name with any port, for a proxy may listen on another one; on this machine, each of its names.
    fn is_own_host(&self, host: &HeaderValue) -> bool {
        // As nearly everybody writes it, which needs no URL to be understood.
        host.as_bytes() == self.authority.as_bytes()
            || parse_host(host).is_some_and(|host| {
                host.host() == self.own.host() || (is_loopback(&self.own) && is_loopback(&host))
            })
    }

    fn is_allowed(&self, origin: &HeaderValue) -> bool {
        let Ok(text) = origin.to_str() else { return false };
        // What an unreadable or opaque origin (`null`) is called is not in the list either.
        let Ok(origin) = Url::parse(text) else { return false };
        let is_local = matches!(origin.scheme(), "http" | "https") && is_loopback(&origin);
        let name = origin.origin().ascii_serialization();
        self.allowed.contains(&name) || (is_local && is_loopback(&self.own))
    }
}

/// A `Host` header as a URL, so that names and addresses are read one way.
fn parse_host(value: &HeaderValue) -> Option<Url> {
    let text = value.to_str().ok()?;
    // User information, a path or a query would be swallowed by the URL.
    let is_authority = !text.is_empty() && !text.contains(['@', '/', '?', '#', '\\']);
    is_authority.then(|| Url::parse(&format!("http://{text}")).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use shared::env::Env;

    use super::*;

    fn admit(resource: &str, host: &str, origin: Option<&str>) -> Result<(), Stranger> {
        let env = Env::from_iter([("RESOURCE", resource), ("ALLOWED_ORIGINS", "https://inspector.example")]);
        let origins = Origins::new(&Settings::from_env(&env).unwrap());
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(host).unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        origins.admit(&headers).map(drop)
    }

    const LOCAL: &str = "http://localhost:8000/mcp";
    const PUBLIC: &str = "https://mcp.example.com/mcp";

    #[test]
    fn hosts() {
        for host in ["localhost", "LOCALHOST:1", "127.0.0.1:8000", "[::1]:8000", "127.1.2.3"] {
            assert_eq!(admit(LOCAL, host, None), Ok(()), "{host}");
            assert_eq!(admit(PUBLIC, host, None), Err(Stranger::Host), "{host}");
        }
        for host in ["mcp.example.com", "MCP.example.com:8443"] {
            assert_eq!(admit(PUBLIC, host, None), Ok(()), "{host}");
        }
        for host in
            ["evil.example", "localhost.evil.example", "localhost@evil.example", "evil.example/localhost", ""]
        {
            assert_eq!(admit(LOCAL, host, None), Err(Stranger::Host), "{host}");
        }
    }

    #[test]
    fn browser_origins() {
        for origin in
            ["http://localhost:6274", "http://127.0.0.1", "https://[::1]:3", "https://inspector.example"]
        {
            assert_eq!(admit(LOCAL, "localhost", Some(origin)), Ok(()), "{origin}");
        }
        for origin in ["https://mcp.example.com", "https://inspector.example"] {
            assert_eq!(admit(PUBLIC, "mcp.example.com", Some(origin)), Ok(()), "{origin}");
        }
        for origin in ["http://mcp.example.com", "http://localhost:6274", "https://evil.example", "null", ""]
        {
            assert_eq!(admit(PUBLIC, "mcp.example.com", Some(origin)), Err(Stranger::Origin), "{origin}");
        }
        for origin in ["http://localhost.evil.example", "http://evil.example", "file://localhost", "null"] {
            assert_eq!(admit(LOCAL, "localhost", Some(origin)), Err(Stranger::Origin), "{origin}");
        }
    }
}
