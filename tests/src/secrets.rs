//! What must never be printed: every secret that passed by is remembered, and taken out of whatever is shown.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;
use url::form_urlencoded;

use crate::exchange::Reply;

/// Parameters and members whose values are secrets.
const SECRET: [&str; 12] = [
    "access_token",
    "assertion",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "id_token",
    "password",
    "refresh_token",
    "registration_access_token",
    "request",
    "token",
];
/// What stands in the place of a secret.
const MASK: &str = "[redacted]";
/// Shorter values are no secrets worth the damage to the text around them.
const SHORTEST: usize = 4;

/// The secrets seen so far. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Arc<Mutex<BTreeSet<String>>>);

impl Secrets {
    /// Remembers one.
    pub fn learn(&self, secret: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend([secret.to_owned(), encoded]);
    }

    /// Remembers the secret ones among named values.
    pub fn learn_parameters<'a>(&self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) {
        for (name, value) in pairs {
            if SECRET.contains(&name) {
                self.learn(value);
            }
        }
    }

    /// Remembers what a reply gave away: members of a JSON body, parameters of a redirect, cookies.
    pub fn learn_reply(&self, reply: &Reply) {
        if let Some(Value::Object(members)) = reply.json() {
            self.learn_parameters(
                members.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))),
            );
        }
        if let Some(location) = reply.header("location") {
            self.learn_url(location);
        }
        for cookie in reply.headers_named("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            self.learn(pair.split_once('=').map_or("", |(_, value)| value).trim());
        }
    }

    /// Remembers the secret parameters of a URL.
    pub fn learn_url(&self, url: &str) {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            self.learn_parameters([(name.as_ref(), value.as_ref())]);
        }
    }

    /// The text with every known secret masked.
    pub fn scrub(&self, text: &str) -> String {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Longest first: one secret may begin another.
        let mut longest: Vec<&String> = known.iter().collect();
        longest.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        longest.into_iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), MASK))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_as_it_is_and_as_a_parameter() {
        let secrets = Secrets::default();
        secrets.learn_url("https://chatgpt.com/cb?code=ab%2Fcd%3D&state=oauth_s_1");
        assert_eq!(
            secrets.scrub("ab/cd= code=ab%2Fcd%3D&state=oauth_s_1"),
            "[redacted] code=[redacted]&state=oauth_s_1"
        );
    }

    #[test]
    fn tokens_of_a_reply_are_learned() {
        let secrets = Secrets::default();
        let body = br#"{"access_token":"eyJ.one.two","token_type":"Bearer"}"#.to_vec();
        secrets.learn_reply(&Reply { status: 200, body, ..Reply::default() });
        assert_eq!(secrets.scrub("Bearer eyJ.one.two"), "Bearer [redacted]");
    }
}
