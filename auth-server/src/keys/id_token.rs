//! ID tokens: OpenID Connect Core §2. They tell a client who signed in, and open nothing.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;

use super::{
    mint::Mint,
    signing_key::{SigningKeyError, Type},
};

/// A sign-in, as a client learns of it.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// Who signed in.
    pub subject: &'a str,
    /// The client that is told.
    pub client_id: &'a str,
    /// When they signed in.
    pub auth_time: Option<Timestamp>,
    /// The client's own, returned as it was sent.
    pub nonce: Option<&'a str>,
    /// The access token that comes along.
    pub access_token: &'a str,
}

/// What an ID token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdTokenClaims {
    /// The issuer's configured string.
    pub iss: String,
    /// The user: the same as in access tokens.
    pub sub: String,
    /// The client.
    pub aud: String,
    /// When it ends.
    pub exp: Timestamp,
    /// When it was signed.
    pub iat: Timestamp,
    /// When the user signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<Timestamp>,
    /// The client's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Binds the access token that came along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
}

impl Mint {
    /// A signed ID token.
    ///
    /// # Errors
    /// It could not be written or signed.
    pub fn id_token(&self, identity: Identity<'_>, now: Timestamp) -> Result<String, SigningKeyError> {
        let claims = IdTokenClaims {
            iss: self.issuer().to_owned(),
            sub: identity.subject.to_owned(),
            aud: identity.client_id.to_owned(),
            exp: now + self.lifetime(),
            iat: now,
            auth_time: identity.auth_time,
            nonce: identity.nonce.map(str::to_owned),
            at_hash: Some(at_hash(identity.access_token)),
        };
        self.sign(Type::IdToken, &claims)
    }

    /// The claims of an ID token this mint signed, as long as its key is published, though the token has expired.
    pub fn read_id_token(&self, token: &str) -> Option<IdTokenClaims> {
        let claims: IdTokenClaims = serde_json::from_slice(&self.read(Type::IdToken, token)?).ok()?;
        (claims.iss == self.issuer()).then_some(claims)
    }
}

/// OpenID Connect Core §3.1.3.6: the left half of the digest that goes with RS256.
fn at_hash(access_token: &str) -> String {
    let digest = digest(&SHA256, access_token.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16])
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::*;
    use crate::keys::{
        mint::Grantee,
        ring::{Ring, Rings},
        signing_key::SigningKey,
    };

    fn rings() -> Arc<Rings> {
        let key = Arc::new(SigningKey::generate().unwrap());
        Arc::new(Rings::new(Ring::new(key, []).unwrap()))
    }

    /// OpenID Connect Core appendix A.3.
    #[test]
    fn the_hash_of_the_specification_s_own_example_fits() {
        assert_eq!(at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
    }

    #[test]
    fn only_our_own_id_tokens_are_read() {
        let mint = |issuer| Mint::new(issuer, Duration::from_secs(60), rings());
        let (ours, other) = (mint("https://as"), mint("https://as"));
        let identity = Identity {
            subject: "ada",
            client_id: "client",
            auth_time: Some(Timestamp(5)),
            nonce: Some("n"),
            access_token: "t",
        };
        let token = ours.id_token(identity, Timestamp(10)).unwrap();
        let claims = ours.read_id_token(&token).unwrap();
        assert_eq!(
            (claims.sub.as_str(), claims.aud.as_str(), claims.nonce.as_deref()),
            ("ada", "client", Some("n"))
        );
        assert_eq!((claims.auth_time, claims.exp), (Some(Timestamp(5)), Timestamp(70)));
        assert_eq!((other.read_id_token(&token), ours.read_access_token(&token)), (None, None));
        let grantee =
            Grantee { subject: "ada", grant: Some(1), client_id: "client", resource: "r", scope: "openid" };
        let access = ours.access_token(grantee, Timestamp(10)).unwrap();
        assert_eq!(ours.read_id_token(&access), None);
        for text in ["", "a.b.c", "..", &token[..token.len() - 1]] {
            assert_eq!(ours.read_id_token(text), None, "{text}");
        }
    }
}
