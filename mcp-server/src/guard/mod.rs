//! Who may enter: bearer tokens of one issuer, verified without asking it.
//!
//! Knows nothing of MCP, of tools or of a web framework: a server hands over the values of its `Authorization` headers
//! and gets a [`Visitor`] or a [`Denial`].

mod bearer;
mod claims;
mod issuer;
mod key_set;
mod keys;
mod remembered;
#[cfg(test)]
mod tests;
mod verify;

use std::{sync::Arc, time::Duration};

use shared::{claims::AccessTokenClaims, clock::Clock, resource::Resource, scope::Scopes};

pub use issuer::{FetchError, Issuer};
pub use verify::Flaw;

use {keys::Keys, remembered::Remembered, verify::Verifier};

/// Lets in whoever holds a valid access token for one resource.
pub struct Guard {
    clock: Clock,
    keys: Keys,
    remembered: Remembered,
    verifier: Verifier,
}

/// Somebody with a valid access token.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// What the token says.
    pub claims: AccessTokenClaims,
    /// Its scopes, read.
    pub scopes: Scopes,
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
        let keys = Keys::new(issuer, max_age, clock.clone())?;
        Ok(Guard { clock, keys, remembered: Remembered::new(), verifier })
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
        let kid = verify::key_id(token)?;
        let keys = self.keys.current().await.map_err(Denial::Unverifiable)?;
        let now = self.clock.now();
        if let Some(visitor) = self.remembered.get(token, &keys) {
            // RFC 9068 §4: a token that was good once is still only good until it expires.
            verify::expiry(visitor.claims.exp, now)?;
            return Ok(visitor);
        }
        let keys = if keys.has(&kid) { keys } else { self.keys.with(&kid, keys).await };
        let key = keys.get(&kid).ok_or(Flaw::Key)?;
        let visitor = Arc::new(self.verifier.verify(token, key, now)?);
        self.remembered.put(token, &keys, Arc::clone(&visitor));
        Ok(visitor)
    }

    /// Whether tokens can be verified: the keys are known, or can be fetched now.
    ///
    /// # Errors
    /// Why they could not be fetched.
    pub async fn ready(&self) -> Result<(), Arc<FetchError>> {
        self.keys.current().await.map(drop)
    }
}
