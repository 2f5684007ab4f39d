//! The claims of a token whose signature is right and whose meaning is not checked yet: RFC 9068 §2.2.

use std::borrow::Cow;

use serde::Deserialize;
use shared::clock::Timestamp;

/// What a signed token says, for whomever it was made. [`Verifier`](super::verify::Verifier) turns it into
/// a [`Visitor`](super::Visitor). Every claim RFC 9068 §2.2 requires must be there.
#[derive(Debug, Deserialize)]
pub(super) struct UnverifiedClaims<'a> {
    #[serde(borrow)]
    pub(super) iss: Cow<'a, str>,
    pub(super) sub: String,
    #[serde(borrow)]
    pub(super) aud: Audience<'a>,
    pub(super) client_id: String,
    #[serde(borrow, default)]
    pub(super) scope: Cow<'a, str>,
    pub(super) iat: Timestamp,
    pub(super) exp: Timestamp,
    pub(super) nbf: Option<Timestamp>,
    /// Nobody looks at it.
    #[serde(borrow, rename = "jti")]
    _jti: Cow<'a, str>,
}

/// One audience or several (RFC 7519 §4.1.3).
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Audience<'a> {
    #[serde(borrow)]
    One(Cow<'a, str>),
    Several(Vec<String>),
}

impl Audience<'_> {
    pub(super) fn any(&self, is_meant: impl Fn(&str) -> bool) -> bool {
        match self {
            Audience::One(name) => is_meant(name),
            Audience::Several(names) => names.iter().any(|name| is_meant(name)),
        }
    }
}
