//! Making access tokens: RFC 9068.

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::JwkSet;
use shared::{claims::AccessTokenClaims, clock::Timestamp, random};

use super::signing_key::{SigningKey, SigningKeyError};

/// Signs access tokens for one issuer.
pub struct Mint {
    issuer: String,
    lifetime: Duration,
    key: Arc<SigningKey>,
}

/// What an access token is about.
#[derive(Clone, Copy, Debug)]
pub struct Grantee<'a> {
    /// The user.
    pub user: &'a str,
    /// The client they let in.
    pub client_id: &'a str,
    /// The configured string of the resource.
    pub resource: &'a str,
    /// The scopes of this token, as the wire has them.
    pub scope: &'a str,
}

impl Mint {
    /// A mint whose tokens end `lifetime` after they were signed.
    pub fn new(issuer: &str, lifetime: Duration, key: Arc<SigningKey>) -> Mint {
        Mint { issuer: issuer.to_owned(), lifetime, key }
    }

    /// How long its tokens last.
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// The public keys, as `jwks_uri` serves them.
    pub fn jwks(&self) -> JwkSet {
        JwkSet { keys: vec![self.key.jwk().clone()] }
    }

    /// A signed token.
    ///
    /// # Errors
    /// It could not be written or signed.
    pub fn access_token(&self, grantee: Grantee<'_>, now: Timestamp) -> Result<String, SigningKeyError> {
        let claims = AccessTokenClaims {
            iss: self.issuer.clone(),
            sub: grantee.user.to_owned(),
            aud: grantee.resource.to_owned(),
            client_id: grantee.client_id.to_owned(),
            scope: grantee.scope.to_owned(),
            iat: now,
            exp: now + self.lifetime,
            jti: BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<16>()),
        };
        let claims = serde_json::to_vec(&claims).map_err(|_| SigningKeyError::Sign)?;
        self.key.sign(&claims)
    }
}
