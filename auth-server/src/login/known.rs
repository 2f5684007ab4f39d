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
    /// Digests of what was signed in with, the newest last.
    accounts: Vec<String>,
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

    /// The same after somebody has signed in with `login`.
    #[must_use]
    pub fn with(mut self, login: &str) -> Known {
        if self.id.is_empty() {
            self.id = BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<12>());
        }
        let account = account(login);
        self.accounts.retain(|own| *own != account);
        self.accounts.push(account);
        let surplus = self.accounts.len().saturating_sub(MOST);
        self.accounts.drain(..surplus);
        self
    }

    /// Whether somebody has signed in to that account here.
    pub(super) fn knows(&self, account: &str) -> bool {
        self.accounts.iter().any(|own| own == account)
    }
}

/// What is remembered of what was signed in with: of bounded length, and no address.
pub(super) fn account(login: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(&digest(&SHA256, login.as_bytes()).as_ref()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_few_accounts_are_remembered_and_nobody_else_can_write_them() {
        let fresh = || Secrets::parse(&BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<32>())).unwrap();
        let (secrets, stranger) = (fresh(), fresh());
        let known = (0..MOST + 1).fold(Known::default(), |known, number| known.with(&number.to_string()));
        let cookie = known.seal(&secrets).unwrap();
        assert!(cookie.len() < 500, "{}", cookie.len());
        let read = Known::open(&secrets, &cookie);
        assert_eq!(read, known);
        assert!(!read.knows(&account("0")) && (1..=MOST).all(|n| read.knows(&account(&n.to_string()))));
        for foreign in [stranger.seal(PURPOSE, b"{}"), secrets.seal("request", b"{}"), "x".to_owned()] {
            assert_eq!(Known::open(&secrets, &foreign), Known::default());
        }
    }
}
