//! Making access tokens (RFC 9068), and reading them back.

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Serialize;
use shared::{claims::AccessTokenClaims, clock::Timestamp, random};

use super::{
    ring::{Ring, Rings},
    signing_key::{SigningKeyError, Type},
};

/// Signs tokens for one issuer.
pub struct Mint {
    issuer: String,
    lifetime: Duration,
    rings: Arc<Rings>,
}

/// What an access token is about.
#[derive(Clone, Copy, Debug)]
pub struct Grantee<'a> {
    /// The user, or the client that acts for itself.
    pub subject: &'a str,
    /// The grant behind the token; none for a client that acts for itself.
    pub grant: Option<i64>,
    /// The client they let in.
    pub client_id: &'a str,
    /// The configured string of the resource.
    pub resource: &'a str,
    /// The scopes of this token, as the wire has them.
    pub scope: &'a str,
}

impl Mint {
    /// A mint whose tokens end `lifetime` after they were signed, with the keys in use at that moment.
    pub fn new(issuer: &str, lifetime: Duration, rings: Arc<Rings>) -> Mint {
        Mint { issuer: issuer.to_owned(), lifetime, rings }
    }

    /// The issuer's configured string.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// How long its tokens last.
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// The keys in use, public ones as `jwks_uri` serves them.
    pub fn ring(&self) -> Arc<Ring> {
        self.rings.current()
    }

    /// A signed access token.
    ///
    /// # Errors
    /// It could not be written or signed.
    pub fn access_token(&self, grantee: Grantee<'_>, now: Timestamp) -> Result<String, SigningKeyError> {
        let claims = AccessTokenClaims {
            iss: self.issuer.clone(),
            sub: grantee.subject.to_owned(),
            aud: grantee.resource.to_owned(),
            client_id: grantee.client_id.to_owned(),
            scope: grantee.scope.to_owned(),
            iat: now,
            exp: now + self.lifetime,
            jti: token_id(grantee.grant),
        };
        self.sign(Type::AccessToken, &claims)
    }

    /// A signed token of any claims.
    ///
    /// # Errors
    /// It could not be written or signed.
    pub fn sign(&self, kind: Type, claims: &impl Serialize) -> Result<String, SigningKeyError> {
        let claims = serde_json::to_vec(claims).map_err(|_| SigningKeyError::Sign)?;
        self.ring().signer().sign(kind, &claims)
    }

    /// The claims of an access token this mint signed. Whether it has expired is for the caller to judge.
    pub fn read_access_token(&self, token: &str) -> Option<Arc<AccessTokenClaims>> {
        self.ring().access_token(token).filter(|claims| claims.iss == self.issuer)
    }

    /// The claims of a token of that type, as JSON, if it was signed with a key that is published.
    pub fn read(&self, kind: Type, token: &str) -> Option<Vec<u8>> {
        self.ring().read(kind, token)
    }
}

/// `jti`: the grant and 96 random bits. Introspection finds by it whether the grant still holds.
fn token_id(grant: Option<i64>) -> String {
    let mut id = grant.unwrap_or_default().to_be_bytes().to_vec();
    id.extend(random::bytes::<12>());
    BASE64_URL_SAFE_NO_PAD.encode(id)
}

/// The grant behind the `jti` of one of our tokens; none for a client that acts for itself.
pub fn grant_of(jti: &str) -> Option<i64> {
    let id = BASE64_URL_SAFE_NO_PAD.decode(jti).ok()?;
    let grant = i64::from_be_bytes(*id.first_chunk()?);
    Some(grant).filter(|grant| *grant != 0)
}
