//! A token is good, or there is one reason why it is not: RFC 9068 §4, RFC 8725.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::signature::ParsedPublicKey;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, decode_header};
use shared::{claims::TYPE, clock::Timestamp, resource::Resource, scope::Scopes};

use super::{Issuer, Visitor, claims::UnverifiedClaims};

/// How far the issuer's clock and ours may be apart.
const LEEWAY: Duration = Duration::from_secs(30);

/// What is wrong with a token. The text is for the caller; it never holds anything of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Not a signed token at all.
    #[error("the access token is malformed")]
    Malformed,
    /// Its `typ` says it is something else, an ID token for example.
    #[error("the token is not an access token")]
    Type,
    /// Not signed with RS256.
    #[error("the access token is signed in a way that is not accepted")]
    Algorithm,
    /// Signed with a key its issuer does not publish.
    #[error("the access token is signed with an unknown key")]
    Key,
    /// The signature does not belong to it.
    #[error("the signature of the access token is wrong")]
    Signature,
    /// A claim that every access token has is missing or has another type.
    #[error("the access token lacks a claim")]
    Claims,
    /// From somebody else.
    #[error("the access token comes from another issuer")]
    Issuer,
    /// For somebody else.
    #[error("the access token is not for this resource")]
    Audience,
    /// Too late.
    #[error("the access token has expired")]
    Expired,
    /// Too early.
    #[error("the access token is not valid yet")]
    Early,
}

impl Flaw {
    /// Whether the token was never an access token of the issuer. One whose key is not known may have been: keys are
    /// retired before their time when they leak, and then it is everybody's token.
    pub fn is_forged(self) -> bool {
        match self {
            Flaw::Malformed | Flaw::Type | Flaw::Algorithm | Flaw::Signature => true,
            Flaw::Key | Flaw::Claims | Flaw::Issuer | Flaw::Audience | Flaw::Expired | Flaw::Early => false,
        }
    }
}

/// A token whose header is acceptable, in its parts (RFC 7515 §7.1).
pub(super) struct Unverified<'a> {
    /// The key it says it is signed with. Keys it brings along (`jwk`, `jku`, `x5u`, `x5c`) are never looked at (RFC 8725 §3.10).
    pub(super) kid: String,
    /// What is signed: header and claims.
    message: &'a str,
    claims: &'a str,
    signature: &'a str,
}

impl<'a> Unverified<'a> {
    /// Takes a token apart.
    pub(super) fn read(token: &'a str) -> Result<Unverified<'a>, Flaw> {
        // An algorithm the library does not know, `none` among them, does not parse.
        let header = decode_header(token).map_err(|_| Flaw::Malformed)?;
        if !header.typ.as_deref().is_some_and(is_access_token_type) {
            return Err(Flaw::Type);
        }
        // RFC 8725 §3.1: one algorithm, ours, whatever the header would like. RFC 7515 §4.1.11: we understand no extension.
        if header.alg != Algorithm::RS256 || header.crit.is_some() {
            return Err(Flaw::Algorithm);
        }
        let kid = header.kid.ok_or(Flaw::Key)?;
        let parts = token.rsplit_once('.').and_then(|(message, signature)| {
            let (_, claims) = message.split_once('.')?;
            Some(Unverified { kid, message, claims, signature })
        });
        parts.ok_or(Flaw::Malformed)
    }
}

/// RFC 9068 §4: `at+jwt` or `application/at+jwt`, a media type and so in any case.
fn is_access_token_type(typ: &str) -> bool {
    let prefix = "application/";
    let name = match typ.get(..prefix.len()) {
        Some(start) if start.eq_ignore_ascii_case(prefix) => &typ[prefix.len()..],
        _ => typ,
    };
    name.eq_ignore_ascii_case(TYPE)
}

/// Whether `now` is still before the end of a token.
pub(super) fn expiry(exp: Timestamp, now: Timestamp) -> Result<(), Flaw> {
    if now >= exp + LEEWAY { Err(Flaw::Expired) } else { Ok(()) }
}

/// Knows whose tokens are expected, and for what.
pub(super) struct Verifier {
    issuer: Arc<str>,
    resource: Resource,
}

impl Verifier {
    pub(super) fn new(issuer: &Issuer, resource: &Resource) -> Verifier {
        Verifier { issuer: issuer.as_str().into(), resource: resource.clone() }
    }

    /// Checks the signature and then every claim.
    pub(super) fn verify(
        &self,
        token: &Unverified<'_>,
        key: &ParsedPublicKey,
        now: Timestamp,
    ) -> Result<Visitor, Flaw> {
        let decode = |part| URL_SAFE_NO_PAD.decode(part).map_err(|_| Flaw::Malformed);
        let signature = decode(token.signature)?;
        key.verify_sig(token.message.as_bytes(), &signature).map_err(|_| Flaw::Signature)?;
        let claims = decode(token.claims)?;
        self.check(serde_json::from_slice(&claims).map_err(|_| Flaw::Claims)?, now)
    }

    fn check(&self, claims: UnverifiedClaims<'_>, now: Timestamp) -> Result<Visitor, Flaw> {
        if *claims.iss != *self.issuer {
            return Err(Flaw::Issuer);
        }
        // RFC 8707 §2: only tokens made for this resource; what it is called never comes from the request.
        if !claims.aud.any(|name| self.resource.is_named_by(name)) {
            return Err(Flaw::Audience);
        }
        expiry(claims.exp, now)?;
        let starts_at = claims.nbf.map_or(claims.iat, |nbf| nbf.max(claims.iat));
        if starts_at > now + LEEWAY {
            return Err(Flaw::Early);
        }
        if claims.sub.is_empty() {
            return Err(Flaw::Claims);
        }
        let scopes = Scopes::parse(&claims.scope).map_err(|_| Flaw::Claims)?;
        let UnverifiedClaims { sub, client_id, exp, .. } = claims;
        Ok(Visitor { iss: Arc::clone(&self.issuer), sub, client_id, scopes, exp })
    }
}
