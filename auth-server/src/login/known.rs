//! The accounts a browser has signed in to before, as it remembers them itself: a cookie that only we can write.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use shared::random;

use crate::keys::secrets::Secrets;

/// What the seal of the cookie is bound to.
const PURPOSE: &str = "known";
/// Accounts in one browser; of more the oldest is forgotten.
const MOST: usize = 8;

/// What a browser remembers. A new one remembers nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Random: tells browsers apart.
    pub id: String,
    /// With what somebody has signed in, the newest last.
    accounts: Vec<Acquaintance>,
}

/// An account and the password somebody has signed in to it with: another password makes a stranger of the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Acquaintance(String);

impl Acquaintance {
    /// Of what is signed in with, and what is stored of the password: a digest over both, whose salt nobody knows.
    pub fn new(login: &str, password_hash: &str) -> Acquaintance {
        Acquaintance(short_digest(&format!("{login}\n{password_hash}")))
    }
}

impl Known {
    /// Reads the cookie. One that is not ours remembers nothing.
    pub fn open(secrets: &Secrets, cookie: &str) -> Known {
        let opened = secrets.open(PURPOSE, cookie);
        opened.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// The cookie.
    ///
    /// # Errors
    /// It could not be written.
    pub fn seal(&self, secrets: &Secrets) -> Result<String, serde_json::Error> {
        Ok(secrets.seal(PURPOSE, &serde_json::to_vec(self)?))
    }

    /// The same after somebody has signed in so.
    #[must_use]
    pub fn with(mut self, acquaintance: Acquaintance) -> Known {
        if self.id.is_empty() {
            self.id = BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<12>());
        }
        self.accounts.retain(|own| *own != acquaintance);
        self.accounts.push(acquaintance);
        let surplus = self.accounts.len().saturating_sub(MOST);
        self.accounts.drain(..surplus);
        self
    }

    /// Whether somebody has signed in to that account here, with the password it has now.
    pub(super) fn knows(&self, acquaintance: &Acquaintance) -> bool {
        self.accounts.contains(acquaintance)
    }
}

/// What is remembered of what was signed in with: of bounded length, and no address.
pub(super) fn account(login: &str) -> String {
    short_digest(login)
}

fn short_digest(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(&digest(&SHA256, text.as_bytes()).as_ref()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_few_accounts_are_remembered_and_nobody_else_can_write_them() {
        let fresh = || Secrets::parse(&BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<32>())).unwrap();
        let (secrets, stranger) = (fresh(), fresh());
        let signed_in = |number: usize| Acquaintance::new(&number.to_string(), "hash");
        let known = (0..MOST + 1).fold(Known::default(), |known, number| known.with(signed_in(number)));
        let cookie = known.seal(&secrets).unwrap();
        assert!(cookie.len() < 500, "{}", cookie.len());
        let read = Known::open(&secrets, &cookie);
        assert_eq!(read, known);
        assert!(!read.knows(&signed_in(0)) && (1..=MOST).all(|n| read.knows(&signed_in(n))));
        assert!(!read.knows(&Acquaintance::new("1", "another hash")));
        for foreign in [stranger.seal(PURPOSE, b"{}"), secrets.seal("request", b"{}"), "x".to_owned()] {
            assert_eq!(Known::open(&secrets, &foreign), Known::default());
        }
    }
}
