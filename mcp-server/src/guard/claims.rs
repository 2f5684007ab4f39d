//! The claims of a token whose signature is right and whose meaning is not checked yet: RFC 9068 §2.2.

use serde::Deserialize;
use shared::clock::Timestamp;

/// What a signed token says, for whomever it was made. [`Verifier`](super::verify::Verifier) turns it into
/// `AccessTokenClaims`. Every claim RFC 9068 §2.2 requires must be there.
#[derive(Debug, Deserialize)]
pub(super) struct UnverifiedClaims {
    pub(super) iss: String,
    pub(super) sub: String,
    pub(super) aud: Audience,
    pub(super) client_id: String,
    #[serde(default)]
    pub(super) scope: String,
    pub(super) iat: Timestamp,
    pub(super) exp: Timestamp,
    pub(super) nbf: Option<Timestamp>,
    pub(super) jti: String,
}

/// One audience or several (RFC 7519 §4.1.3).
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    pub(super) fn any(&self, is_meant: impl Fn(&str) -> bool) -> bool {
        match self {
            Audience::One(name) => is_meant(name),
            Audience::Several(names) => names.iter().any(|name| is_meant(name)),
        }
    }
}
