//! Client assertions: a statement the client signed, good for one request (RFC 7523 §2.2, §3).
//!
//! What is read here proves nothing until [`verify`](ClaimedAssertion::verify) has seen the client's keys; and what is
//! verified must still be used for the first time, which the store knows.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{
    DecodingKey, Header, Validation, dangerous::insecure_decode_claims, decode, decode_header, jwk::Jwk,
};
use ring::digest::{Context, SHA256};
use serde::Deserialize;
use shared::clock::Timestamp;

use crate::oauth::client_keys::{ALGORITHMS, fits};

/// `client_assertion_type`: RFC 7523 §2.2.
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far the client's clock may be from ours.
const LEEWAY: Duration = Duration::from_secs(30);
/// How far ahead `exp` may lie: its `jti` must be remembered until then.
const FARTHEST: Duration = Duration::from_secs(3600);
/// The longest `jti`.
const MAX_ID: usize = 256;
/// How many keys without a matching `kid` are tried.
const MAX_TRIES: usize = 8;

/// Whom an assertion may be meant for: the issuer, as the successor of RFC 7523 wants it, or the endpoint it is sent to, as
/// clients have long done it.
pub struct Audience(Vec<String>);

impl Audience {
    /// The issuer, with or without one trailing slash, and these endpoints.
    pub fn new(issuer: &str, endpoints: impl IntoIterator<Item = String>) -> Audience {
        let bare = issuer.strip_suffix('/').unwrap_or(issuer);
        Audience([bare.to_owned(), format!("{bare}/")].into_iter().chain(endpoints).collect())
    }

    /// Whether an assertion names us and nobody else: one that is also meant for another server could be used there.
    fn is_all_of(&self, named: &Named) -> bool {
        match named {
            Named::One(one) => self.0.contains(one),
            Named::Many(many) => !many.is_empty() && many.iter().all(|one| self.0.contains(one)),
        }
    }
}

/// An assertion as it came.
pub struct ClaimedAssertion<'a> {
    text: &'a str,
    header: Header,
    subject: String,
}

/// RFC 7519 §4.1.3: a string, or an array of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Named {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Subject {
    sub: String,
}

/// Instants are numbers, whole or not (RFC 7519 §2).
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Named,
    exp: f64,
    nbf: Option<f64>,
    iat: Option<f64>,
    jti: String,
}

/// The one use of a verified assertion.
#[derive(Debug)]
pub struct Use {
    /// Digest of client and `jti`.
    pub id: String,
    /// Until when it must be remembered.
    pub expires_at: Timestamp,
}

impl<'a> ClaimedAssertion<'a> {
    /// Takes an assertion apart.
    ///
    /// # Errors
    /// It is no JWT, or of an algorithm we do not take.
    pub fn read(text: &'a str) -> Result<ClaimedAssertion<'a>, AssertionFault> {
        let header = decode_header(text).map_err(|_| AssertionFault::Malformed)?;
        // RFC 8725 §3.1: the algorithm is ours to choose, not the sender's.
        if !ALGORITHMS.contains(&header.alg) {
            return Err(AssertionFault::Algorithm);
        }
        // RFC 7515 §4.1.11: we understand no extension.
        if header.crit.is_some() {
            return Err(AssertionFault::Critical);
        }
        let claims: Subject = insecure_decode_claims(text).map_err(|_| AssertionFault::Malformed)?;
        Ok(ClaimedAssertion { text, header, subject: claims.sub })
    }

    /// The client it says it is of: RFC 7523 §3 no. 2 B.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The name of the key.
    pub fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// Verifies signature and claims.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn verify(
        &self,
        client_id: &str,
        keys: &[Jwk],
        audience: &Audience,
        now: Timestamp,
    ) -> Result<Use, AssertionFault> {
        let mut validation = Validation::new(self.header.alg);
        // Instants and audience are judged below: by the server's clock, and more strictly.
        validation.required_spec_claims.clear();
        (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
        let fitting = keys.iter().filter(|key| fits(key, self.header.alg)).take(MAX_TRIES);
        let claims = fitting
            .filter_map(|key| DecodingKey::from_jwk(key).ok())
            .find_map(|key| decode::<Claims>(self.text, &key, &validation).ok())
            .ok_or(AssertionFault::Signature)?
            .claims;
        claims.judge(client_id, audience, now)
    }
}

impl Claims {
    /// RFC 7523 §3.
    fn judge(&self, client_id: &str, audience: &Audience, now: Timestamp) -> Result<Use, AssertionFault> {
        let expires_at = instant(self.exp);
        match () {
            () if self.iss != client_id || self.sub != client_id => Err(AssertionFault::Subject),
            () if !audience.is_all_of(&self.aud) => Err(AssertionFault::Audience),
            () if now >= expires_at + LEEWAY => Err(AssertionFault::Expired),
            () if expires_at > now + FARTHEST + LEEWAY => Err(AssertionFault::FarAhead),
            () if [self.nbf, self.iat].into_iter().flatten().any(|at| instant(at) > now + LEEWAY) => {
                Err(AssertionFault::NotYet)
            }
            () if self.jti.is_empty() || self.jti.len() > MAX_ID => Err(AssertionFault::Id),
            () => Ok(Use { id: digest(client_id, &self.jti), expires_at: expires_at + LEEWAY }),
        }
    }
}

fn instant(seconds: f64) -> Timestamp {
    // What does not fit is brought to the nearest end, and that is far ahead or long ago.
    Timestamp(seconds.floor() as i64)
}

/// No `client_id` holds the byte between the two.
fn digest(client_id: &str, jti: &str) -> String {
    let mut context = Context::new(&SHA256);
    context.update(client_id.as_bytes());
    context.update(&[0]);
    context.update(jti.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(context.finish())
}

/// Which rule an assertion breaks. The log is told; the sender is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionFault {
    /// No JWT, or a claim is missing or of another type.
    #[error("the assertion is malformed")]
    Malformed,
    /// Not one of ours.
    #[error("the assertion is signed with another algorithm")]
    Algorithm,
    /// An extension we do not know.
    #[error("the assertion has a critical header")]
    Critical,
    /// No key of the client made it, or a required claim is missing.
    #[error("no key of the client made the signature, or a claim is missing")]
    Signature,
    /// `iss` and `sub` are the client: RFC 7523 §3 no. 1, 2.
    #[error("the assertion is about another client")]
    Subject,
    /// RFC 7523 §3 no. 3.
    #[error("the assertion is meant for somebody else")]
    Audience,
    /// RFC 7523 §3 no. 4.
    #[error("the assertion has expired")]
    Expired,
    /// RFC 7523 §3 no. 4: unreasonably far in the future.
    #[error("the assertion ends too far ahead")]
    FarAhead,
    /// RFC 7523 §3 no. 5, 6.
    #[error("the assertion is not valid yet")]
    NotYet,
    /// `jti` is empty or too long.
    #[error("the assertion has no usable jti")]
    Id,
    /// RFC 7523 §3 no. 7.
    #[error("the assertion was used before")]
    Used,
}
