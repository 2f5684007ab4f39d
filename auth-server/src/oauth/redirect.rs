//! Redirect URIs: which may be registered, which one a request may name, and the only value that can be redirected to.

use serde::{Deserialize, Serialize};
use shared::resource::is_loopback;
use url::{Url, form_urlencoded};

use super::error::ErrorCode;

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
        Ok(RedirectUri(text.to_owned()))
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
        Url::parse(&self.0).ok().filter(|url| url.scheme() == "http" && is_loopback(url))
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
    /// A fragment, user information, or a spelling a browser would change.
    #[error("the redirect URI has a fragment, user information or an unusual spelling")]
    NotPlain,
}

/// Which redirect URIs clients may register: the shipped list, the operator's additions, and loopback.
#[derive(Clone, Debug)]
pub struct Allowlist(Vec<Entry>);

#[derive(Clone, Debug)]
enum Entry {
    Exact(RedirectUri),
    /// Everything up to and with the last slash; one segment follows.
    OneSegment(String),
}

impl Allowlist {
    /// The shipped list: one entry a line, `#` starts a comment.
    const SHIPPED: &str = include_str!("../../data/redirect_uris.txt");

    /// The shipped list and `added` entries, separated by white space.
    ///
    /// # Errors
    /// The first entry that is neither a redirect URI nor one that ends in `/{id}`.
    pub fn parse(added: &str) -> Result<Allowlist, String> {
        let shipped = Self::SHIPPED.lines().map(|line| line.split('#').next().unwrap_or_default());
        let entries = shipped.flat_map(str::split_whitespace).chain(added.split_whitespace());
        entries.map(Entry::parse).collect::<Result<_, _>>().map(Allowlist)
    }

    /// Whether a client may be sent back there.
    pub fn admits(&self, uri: &RedirectUri) -> bool {
        uri.is_loopback() || self.0.iter().any(|entry| entry.admits(uri))
    }
}

impl Entry {
    fn parse(text: &str) -> Result<Entry, String> {
        let refused = |fault: RedirectFault| format!("`{text}`: {fault}");
        match text.strip_suffix("/{id}") {
            Some(prefix) if prefix.starts_with("https://") => {
                RedirectUri::parse(&format!("{prefix}/id")).map_err(refused)?;
                Ok(Entry::OneSegment(format!("{prefix}/")))
            }
            _ => RedirectUri::parse(text).map(Entry::Exact).map_err(refused),
        }
    }

    fn admits(&self, uri: &RedirectUri) -> bool {
        match self {
            Entry::Exact(own) => own.admits(uri),
            Entry::OneSegment(prefix) => uri.as_str().strip_prefix(prefix).is_some_and(is_segment),
        }
    }
}

fn is_segment(text: &str) -> bool {
    (1..=256).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// Where the answer goes: the proof that client and redirect URI belong together. Only this can be redirected to, and
/// it always carries `state` and `iss` (RFC 9207 §2).
#[derive(Clone, Debug)]
pub struct Callback {
    uri: RedirectUri,
    state: Option<String>,
    issuer: String,
}

impl Callback {
    /// Pairs a requested URI with the registered ones; none when no registered one admits it.
    pub fn check(
        registered: &[RedirectUri],
        requested: RedirectUri,
        state: Option<&str>,
        issuer: &str,
    ) -> Option<Callback> {
        let admitted = registered.iter().any(|own| own.admits(&requested));
        admitted.then(|| Callback {
            uri: requested,
            state: state.map(str::to_owned),
            issuer: issuer.to_owned(),
        })
    }

    /// The URI the request named.
    pub fn uri(&self) -> &RedirectUri {
        &self.uri
    }

    /// The client's own state, returned byte for byte.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// The location that carries a code: RFC 6749 §4.1.2.
    pub fn with_code(&self, code: &str) -> String {
        self.location(&[("code", code)])
    }

    /// The location that carries a refusal: RFC 6749 §4.1.2.1.
    pub fn with_error(&self, error: ErrorCode, description: &str) -> String {
        self.location(&[("error", error.as_str()), ("error_description", description)])
    }

    fn location(&self, answer: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(answer);
        if let Some(state) = &self.state {
            query.append_pair("state", state);
        }
        query.append_pair("iss", &self.issuer);
        // A query of the URI's own is kept (RFC 6749 §3.1.2).
        let uri = self.uri.as_str();
        let joint = if uri.contains('?') { '&' } else { '?' };
        format!("{uri}{joint}{}", query.finish())
    }
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

    #[test]
    fn the_shipped_list_knows_the_clients_and_not_their_imitators() {
        let list = Allowlist::parse("https://app.example/cb https://team.example/{id}").unwrap();
        for good in [
            "https://chatgpt.com/connector_platform_oauth_redirect",
            "https://chatgpt.com/connector/oauth/a_B-9",
            "https://chat.openai.com/callback",
            "https://claude.ai/api/mcp/auth_callback",
            "https://global.consent.azure-apim.net/redirect/x-5fnotes.1",
            "https://app.example/cb",
            "https://team.example/one",
            "http://127.0.0.1:49152/anything",
            "http://[::1]:1/cb",
        ] {
            assert!(list.admits(&uri(good)), "{good}");
        }
        for bad in [
            "https://evil.com/steal-tokens",
            "https://chatgpt.com/connector/oauth/",
            "https://chatgpt.com/connector/oauth/a/b",
            "https://chatgpt.com/connector/oauth/a?b",
            "https://chatgpt.com.evil.com/connector_platform_oauth_redirect",
            "https://chatgpt.com/connector_platform_oauth_redirect/",
            "http://chatgpt.com/connector_platform_oauth_redirect",
            "http://127.0.0.1.evil.com/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "cursor://anysphere.cursor-mcp/oauth/callback",
        ] {
            assert!(!list.admits(&uri(bad)), "{bad}");
        }
    }

    #[test]
    fn state_comes_back_unchanged_beside_a_query_of_the_uri_s_own() {
        let state = "a/b==&#\"<>+ ü";
        let uri = uri("http://localhost/cb?keep=1");
        let callback =
            Callback::check(std::slice::from_ref(&uri), uri.clone(), Some(state), "https://as").unwrap();
        let location = Url::parse(&callback.with_code("c")).unwrap();
        let pairs: Vec<_> = location.query_pairs().into_owned().collect();
        let expected = [("keep", "1"), ("code", "c"), ("state", state), ("iss", "https://as")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
