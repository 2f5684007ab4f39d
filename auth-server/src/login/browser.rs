//! The browser: known by one random cookie, signed in or not.

use std::net::IpAddr;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use shared::{clock::Clock, database::DatabaseError, random};

use super::known::Known;
use crate::{
    keys::secrets::Secrets,
    store::{Store, sign_ins::SignIn},
};

/// A browser, by the digest of its cookie. The cookie itself is kept nowhere.
#[derive(Clone, Debug)]
pub struct Browser {
    /// When its request began, in milliseconds: what it shows may have ended since.
    pub began_at: i64,
    digest: String,
    /// What it calls itself.
    user_agent: String,
    /// A cookie to set, when the browser came without a usable one.
    pub new_cookie: Option<String>,
    /// Who is signed in there.
    pub sign_in: Option<SignIn>,
    /// Where it was seen.
    pub address: Option<IpAddr>,
    /// A cookie that tells who has signed in there before: ours, or anything else.
    pub known_cookie: Option<String>,
}

impl Browser {
    /// Recognizes a browser by its cookie, or gives it one. Nothing is stored for it.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn recognize(
        store: &Store,
        cookie: Option<&str>,
        clock: &Clock,
    ) -> Result<Browser, DatabaseError> {
        let began_at = clock.milliseconds();
        let Some(cookie) = cookie.filter(|cookie| is_cookie(cookie)) else {
            return Ok(Browser { began_at, ..Browser::unknown() });
        };
        let digest = cookie_digest(cookie);
        let sign_in = store.sign_in(&digest, clock.now()).await?;
        Ok(Browser { began_at, sign_in, ..Browser::of(digest, None) })
    }

    /// A browser that was never seen before.
    pub fn unknown() -> Browser {
        let cookie = fresh_cookie();
        Browser::of(cookie_digest(&cookie), Some(cookie))
    }

    fn of(digest: String, new_cookie: Option<String>) -> Browser {
        Browser {
            began_at: 0,
            digest,
            user_agent: String::new(),
            new_cookie,
            sign_in: None,
            address: None,
            known_cookie: None,
        }
    }

    /// The same, which calls itself so; what is not printable or too long for a list is left out.
    #[must_use]
    pub fn calling_itself(self, user_agent: &str) -> Browser {
        const MOST: usize = 256;
        let printable = |c: &char| c.is_ascii_graphic() || *c == ' ';
        Browser { user_agent: user_agent.chars().filter(printable).take(MOST).collect(), ..self }
    }

    /// What it calls itself; nothing when it does not say.
    pub fn user_agent(&self) -> &str {
        &self.user_agent
    }

    /// Who has signed in there before. Opened when it is asked for, which few requests do.
    pub fn known(&self, secrets: &Secrets) -> Known {
        self.known_cookie.as_deref().map_or_else(Known::default, |cookie| Known::open(secrets, cookie))
    }

    /// The digest of the cookie somebody is signed in with.
    pub fn sign_in_id(&self) -> Option<&str> {
        self.sign_in.as_ref().map(|_| self.digest.as_str())
    }

    /// What a page made for this browser is bound to. It stays the same when the person signs in, so that a page from
    /// before, in another tab or behind the back button, still works.
    pub fn binding(&self) -> &str {
        self.sign_in.as_ref().map_or(&self.digest, |sign_in| &sign_in.browser)
    }
}

/// A cookie of 256 random bits.
pub fn fresh_cookie() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<32>())
}

/// What is kept of a cookie.
pub fn cookie_digest(cookie: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, cookie.as_bytes()))
}

fn is_cookie(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
