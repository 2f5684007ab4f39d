//! The keys of one moment: the one that signs, and all that are published.

use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use jsonwebtoken::jwk::JwkSet;
use shared::{
    claims::AccessTokenClaims,
    clock::Timestamp,
    remembered::{Digest, Remembered},
};

use super::signing_key::{SigningKey, SigningKeyError, Type};

/// Access tokens remembered at one time.
const REMEMBERED: usize = 10_000;

/// Keys that do not change. The first signs; all are published.
pub struct Ring {
    keys: Vec<Arc<SigningKey>>,
    document: Bytes,
    /// Access tokens that were verified with these keys.
    verified: Remembered<Arc<AccessTokenClaims>>,
    /// When it is known to be out of date.
    pub(super) changes_at: Option<Timestamp>,
    /// Since when its first key signs, as far as that is known.
    pub(super) signs_since: Option<Timestamp>,
}

impl Ring {
    /// A ring of the key that signs and those that are published beside it.
    ///
    /// # Errors
    /// The document could not be written.
    pub fn new(
        signer: Arc<SigningKey>,
        others: impl IntoIterator<Item = Arc<SigningKey>>,
    ) -> Result<Ring, SigningKeyError> {
        let mut keys = vec![signer];
        keys.extend(others);
        let published = JwkSet { keys: keys.iter().map(|key| key.jwk().clone()).collect() };
        let document = serde_json::to_vec(&published).map_err(|_| SigningKeyError::Sign)?;
        Ok(Ring {
            keys,
            document: document.into(),
            verified: Remembered::new(REMEMBERED),
            changes_at: None,
            signs_since: None,
        })
    }

    /// The key that signs.
    pub fn signer(&self) -> &SigningKey {
        // `new` puts it there.
        &self.keys[0]
    }

    /// Since when the key signs that does, as far as that is known.
    pub fn signs_since(&self) -> Option<Timestamp> {
        self.signs_since
    }

    /// Every published key, the one that signs first.
    pub fn keys(&self) -> impl Iterator<Item = &SigningKey> {
        self.keys.iter().map(AsRef::as_ref)
    }

    /// The claims of a token of that type, as JSON, if one of these keys signed it.
    pub fn read(&self, kind: Type, token: &str) -> Option<Vec<u8>> {
        self.keys().find_map(|key| key.read(kind, token))
    }

    /// The claims of an access token that one of these keys signed. Its signature is verified once.
    pub fn access_token(&self, token: &str) -> Option<Arc<AccessTokenClaims>> {
        let seen = Digest::of(token.as_bytes());
        if let Some(claims) = self.verified.get(&seen) {
            return Some(claims);
        }
        let claims: AccessTokenClaims = serde_json::from_slice(&self.read(Type::AccessToken, token)?).ok()?;
        let claims = Arc::new(claims);
        self.verified.put(seen, Arc::clone(&claims));
        Some(claims)
    }

    /// RFC 7517 §5: the JWK set, written.
    pub fn document(&self) -> &Bytes {
        &self.document
    }
}

/// The ring in use, which another one replaces. Whoever reads it holds the lock for as long as it takes to count.
pub struct Rings(RwLock<Arc<Ring>>);

impl Rings {
    /// With this one in use.
    pub fn new(ring: Ring) -> Rings {
        Rings(RwLock::new(Arc::new(ring)))
    }

    /// The one in use.
    pub fn current(&self) -> Arc<Ring> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn replace(&self, ring: Ring) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }
}
