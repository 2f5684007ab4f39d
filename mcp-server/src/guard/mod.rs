//! Who may enter: bearer tokens of one issuer, verified without asking it; and static tokens of our own.
//!
//! Knows nothing of MCP, of tools or of a web framework: a server hands over the values of its `Authorization` headers
//! and gets a [`Visitor`] or a [`Denial`].

mod bearer;
mod claims;
mod figures;
mod issuer;
mod key_set;
mod keys;
mod remembered;
mod static_token;
#[cfg(test)]
mod tests;
mod verify;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use shared::{
    clock::{Clock, Timestamp},
    database::DatabaseError,
    remembered::{Digest, Remembered},
    resource::Resource,
    scope::Scopes,
};

pub use issuer::{FetchError, Issuer};
pub use verify::Flaw;

pub(crate) use figures::Figures;
pub(crate) use static_token::{Holder, Purpose, StaticTokens};

use {
    keys::Keys,
    remembered::{CAPACITY, Entry},
    verify::{Unverified, Verifier},
};

/// Lets in whoever holds a valid access token for one resource.
pub struct Guard {
    clock: Clock,
    issuer: Issuer,
    keys: Arc<Keys>,
    remembered: Remembered<Entry>,
    verifier: Verifier,
}

/// Somebody with a valid access token, as it tells of them (RFC 9068 §2.2).
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The issuer's configured string.
    pub iss: Arc<str>,
    /// The user, as an opaque identifier that the issuer never reuses.
    pub sub: String,
    /// The client the user let in.
    pub client_id: String,
    /// What was granted.
    pub scopes: Scopes,
    /// When the token ends.
    pub exp: Timestamp,
}

/// Why nobody is let in.
#[derive(Debug, thiserror::Error)]
pub enum Denial {
    /// There is no bearer token (RFC 6750 §3.1: answered without an error code).
    #[error("an access token is needed")]
    Anonymous,
    /// More than one `Authorization` header: which one is meant is not ours to guess (RFC 6750 §2).
    #[error("the request has more than one Authorization header")]
    Ambiguous,
    /// The token is not good.
    #[error(transparent)]
    Invalid(#[from] Flaw),
    /// The issuer's keys were never obtained, so the token may well be good.
    #[error("the keys of the issuer could not be obtained")]
    Unverifiable(#[source] Arc<FetchError>),
    /// The static token is not good.
    #[error("the token in the URL is not valid")]
    UnknownToken,
    /// The static token could not be looked up, so it may well be good.
    #[error("the token could not be checked")]
    Unchecked(#[from] DatabaseError),
}

impl Visitor {
    /// Whether the token is over by now.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        verify::expiry(self.exp, now).is_err()
    }
}

impl Guard {
    /// A guard for `resource`, trusting the keys of `issuer`, which are fetched when first needed and again when they
    /// are `max_age` old.
    ///
    /// # Errors
    /// No HTTP client can be made on this machine.
    pub fn new(
        issuer: Issuer,
        resource: &Resource,
        max_age: Duration,
        clock: Clock,
    ) -> Result<Guard, FetchError> {
        let verifier = Verifier::new(&issuer, resource);
        let keys = Arc::new(Keys::new(issuer.clone(), max_age, clock.clone())?);
        Ok(Guard { clock, issuer, keys, remembered: Remembered::new(CAPACITY), verifier })
    }

    /// A guard for another resource, with the same keys of the same issuer: they are not fetched twice.
    #[must_use]
    pub fn for_resource(&self, resource: &Resource) -> Guard {
        Guard {
            clock: self.clock.clone(),
            issuer: self.issuer.clone(),
            keys: Arc::clone(&self.keys),
            remembered: Remembered::new(CAPACITY),
            verifier: Verifier::new(&self.issuer, resource),
        }
    }

    /// Reads and verifies a token, given the values of all `Authorization` headers of a request.
    ///
    /// # Errors
    /// See [`Denial`].
    pub async fn admit<'a>(
        &self,
        authorization: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Arc<Visitor>, Denial> {
        let token = bearer::token(authorization)?;
        let digest = Digest::of(token);
        let remembered = self.remembered.get(&digest);
        let read = || bearer::text(token).and_then(Unverified::read);
        // Before the keys are asked for: nobody has them fetched with what is no token.
        let unverified = if remembered.is_none() { Some(read()?) } else { None };
        let now = self.clock.now();
        let known = self.keys.current(now).await.map_err(Denial::Unverifiable)?;
        if let Some(visitor) = remembered.and_then(|remembered| remembered.verified_with(&known.keys)) {
            // RFC 9068 §4: a token that was good once is still only good until it expires.
            verify::expiry(visitor.exp, now)?;
            self.keys.figures.token("seen_before");
            return Ok(visitor);
        }
        let unverified = unverified.map_or_else(read, Ok)?;
        let kid = &unverified.kid;
        let known = if known.keys.has(kid) { known } else { self.keys.with(kid, known).await };
        let key = known.keys.get(kid).ok_or(Flaw::Key)?;
        let visitor = Arc::new(self.verifier.verify(&unverified, key, now)?);
        self.remembered.put(digest, Entry::new(&known.keys, Arc::clone(&visitor)));
        self.keys.figures.token("verified");
        Ok(visitor)
    }

    /// What it and those beside it count.
    pub(crate) fn figures(&self) -> &Figures {
        &self.keys.figures
    }

    /// Whether tokens can be verified: the keys are known, or can be fetched now.
    ///
    /// # Errors
    /// Why they could not be fetched.
    pub async fn ready(&self) -> Result<(), Arc<FetchError>> {
        self.keys.current(self.clock.now()).await.map(drop)
    }

    /// The issuer's metadata (RFC 8414 §3.2), byte for byte as it was fetched together with the keys.
    ///
    /// # Errors
    /// Why it was never obtained.
    pub async fn issuer_metadata(&self) -> Result<Bytes, Arc<FetchError>> {
        self.keys.current(self.clock.now()).await.map(|known| known.metadata.clone())
    }
}
