//! Redirect URIs: what one is, and which one a request may name where another is registered.

use serde::{Deserialize, Serialize};
use shared::resource::is_loopback;
use url::Url;

/// The parameters of an answer: RFC 6749 §4.1.2, §4.1.2.1, RFC 9207 §2.
const ANSWER: [&str; 6] = ["code", "state", "iss", "error", "error_description", "error_uri"];

/// A redirect URI in its canonical spelling: what a browser would print is what was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// Longer ones are refused.
    const MAX_LENGTH: usize = 2048;

    /// Reads an absolute URI without fragment and user information (OAuth 2.1 §2.3) that a browser would not respell:
    /// upper-case hosts, dot segments, backslashes, default ports and control characters all fail here.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<RedirectUri, RedirectFault> {
        if text.len() > Self::MAX_LENGTH {
            return Err(RedirectFault::TooLong);
        }
        let url = Url::parse(text).map_err(|_| RedirectFault::NotAbsolute)?;
        if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(RedirectFault::NotPlain);
        }
        let is_bare_origin = url.path() == "/" && url.as_str().strip_suffix('/') == Some(text);
        if url.as_str() != text && !is_bare_origin {
            return Err(RedirectFault::NotPlain);
        }
        // RFC 6749 §3.1: no parameter comes twice, so none of the answer's may be there already.
        if url.query_pairs().any(|(name, _)| ANSWER.contains(&name.as_ref())) {
            return Err(RedirectFault::NotPlain);
        }
        Ok(RedirectUri(text.to_owned()))
    }

    /// One that was read before it was sealed or stored.
    pub(super) fn read_before(text: &str) -> RedirectUri {
        RedirectUri(text.to_owned())
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether only this computer could be listening: `http` to a loopback name or address (RFC 8252 §7.3).
    pub fn is_loopback(&self) -> bool {
        self.loopback_url().is_some()
    }

    /// The host to show a person; the scheme of a URI that has none.
    pub fn host(&self) -> String {
        match Url::parse(&self.0) {
            Ok(url) => url.host_str().unwrap_or(url.scheme()).to_owned(),
            Err(_) => self.0.clone(),
        }
    }

    /// Whether it is of the same origin as that address.
    pub fn leads_to(&self, address: &str) -> bool {
        let origin = |text: &str| Url::parse(text).ok().map(|url| url.origin());
        origin(&self.0).is_some_and(|own| Some(own) == origin(address))
    }

    /// Whether a request may use `requested` where `self` is registered: equal strings (RFC 3986 §6.2.1), or two
    /// loopback URIs that differ in nothing but the port (OAuth 2.1 §4.1.1, §8.4.2). `localhost` and `127.0.0.1` differ.
    pub fn admits(&self, requested: &RedirectUri) -> bool {
        if self.0 == requested.0 {
            return true;
        }
        match (self.loopback_url(), requested.loopback_url()) {
            (Some(own), Some(other)) => {
                own.host() == other.host() && own.path() == other.path() && own.query() == other.query()
            }
            _ => false,
        }
    }

    fn loopback_url(&self) -> Option<Url> {
        // Most are of another scheme, which in this spelling is seen at once.
        let text = Some(&self.0).filter(|text| text.starts_with("http:"))?;
        Url::parse(text).ok().filter(is_loopback)
    }
}

/// Why a string is no redirect URI we could ever use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectFault {
    /// Longer than 2048 bytes.
    #[error("the redirect URI is too long")]
    TooLong,
    /// Relative, or not a URI.
    #[error("the redirect URI is not an absolute URI")]
    NotAbsolute,
    /// A fragment, user information, a spelling a browser would change, or a parameter of the answer in its query.
    #[error(
        "the redirect URI has a fragment, user information, an unusual spelling or a parameter of the answer"
    )]
    NotPlain,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> RedirectUri {
        RedirectUri::parse(text).unwrap()
    }

    #[test]
    fn the_port_of_a_loopback_uri_does_not_matter_and_nothing_else_is_forgiven() {
        let registered = uri("http://localhost/callback");
        assert!(registered.admits(&uri("http://localhost:3118/callback")));
        for other in [
            "http://127.0.0.1:3118/callback",
            "http://localhost:3118/callback2",
            "http://localhost:3118/callback?x=1",
            "https://localhost:3118/callback",
            "http://localhost.evil.com/callback",
        ] {
            assert!(!registered.admits(&uri(other)), "{other}");
        }
        assert!(!uri("https://h.example/cb").admits(&uri("https://h.example:8443/cb")));
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (text, leads_to) in [
            ("https://as.example/oauth/authorize?client_id=x", true),
            ("https://as.example", true),
            ("https://as.example:8443/", false),
            ("https://as.example.evil.com/", false),
            ("http://as.example/", false),
            ("com.example.app:/cb", false),
        ] {
            assert_eq!(uri(text).leads_to("https://as.example/tenant"), leads_to, "{text}");
        }
    }

    #[test]
    fn spellings_a_browser_would_change_are_refused() {
        for text in [
            "https://CHATGPT.com/x",
            "https://h/a/../b",
            "https://h/%2e%2e/b",
            "https://h\\@evil/",
            "https://h:443/x",
            "https://u@h/",
            "https://h/#f",
            "//h/x",
            "https://h/a\tb",
            " https://h/",
            "/cb",
            "",
        ] {
            assert!(RedirectUri::parse(text).is_err(), "{text:?}");
        }
    }
}
