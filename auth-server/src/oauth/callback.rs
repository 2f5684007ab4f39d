//! The only value that can be redirected to.

use std::borrow::Cow;

use url::form_urlencoded::byte_serialize;

use super::{error::ErrorCode, redirect::RedirectUri};

/// Where the answer goes: the proof that client and redirect URI belong together. Only this can be redirected to, and
/// it always carries `state` and `iss` (RFC 9207 §2).
#[derive(Clone, Debug)]
pub struct Callback {
    uri: RedirectUri,
    state: Option<String>,
    issuer: String,
}

impl Callback {
    /// Pairs a requested URI with the registered ones; none when no registered one admits it, or when it leads to the
    /// issuer: the answer would then be a request that this server seems to have made itself.
    pub fn check(
        registered: &[RedirectUri],
        requested: RedirectUri,
        state: Option<&str>,
        issuer: &str,
    ) -> Option<Callback> {
        let admitted = !requested.leads_to(issuer) && registered.iter().any(|own| own.admits(&requested));
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
        let state = self.state.as_deref().map(|state| ("state", state));
        let mut location = self.uri.as_str().to_owned();
        // A query of the URI's own is kept (RFC 6749 §3.1.2).
        let mut joint = if location.contains('?') { '&' } else { '?' };
        for (name, value) in answer.iter().copied().chain(state).chain([("iss", self.issuer.as_str())]) {
            location.push(joint);
            location.push_str(name);
            location.push('=');
            location.push_str(&encoded(value));
            joint = '&';
        }
        location
    }
}

/// A value as a query has it (RFC 6749 §4.1.2: `application/x-www-form-urlencoded`). A code is the same there, for it is
/// base64url; that is seen for many characters at once, and the encoder looks at each by itself.
fn encoded(value: &str) -> Cow<'_, str> {
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() | (byte == b'-') | (byte == b'_');
    match value.bytes().fold(true, |is_same, byte| is_same & is_base64url(byte)) {
        true => value.into(),
        false => byte_serialize(value.as_bytes()).collect::<String>().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    fn uri(text: &str) -> RedirectUri {
        RedirectUri::parse(text).unwrap()
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
