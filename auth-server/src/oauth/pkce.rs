//! PKCE with S256, and nothing else: RFC 7636.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// A `code_challenge` of method `S256` in the grammar of RFC 7636 §4.2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// Reads `code_challenge` and `code_challenge_method`. A missing method would mean `plain` (RFC 7636 §4.3).
    ///
    /// # Errors
    /// What is missing or wrong.
    pub fn parse(challenge: Option<&str>, method: Option<&str>) -> Result<CodeChallenge, PkceFault> {
        let challenge = challenge.ok_or(PkceFault::Missing)?;
        if method != Some("S256") {
            return Err(PkceFault::Method);
        }
        if !is_grammatical(challenge) {
            return Err(PkceFault::Grammar);
        }
        Ok(CodeChallenge(challenge.to_owned()))
    }

    /// Whether this challenge was made from `verifier` (RFC 7636 §4.6). A verifier outside the grammar of §4.1 never
    /// fits.
    pub fn is_met_by(&self, verifier: &str) -> bool {
        let derived = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        is_grammatical(verifier) && bool::from(derived.as_bytes().ct_eq(self.0.as_bytes()))
    }
}

/// 43 to 128 unreserved characters: the grammar of both the challenge and the verifier.
fn is_grammatical(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// Why a request has no usable challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PkceFault {
    /// No `code_challenge`.
    #[error("code_challenge is missing: PKCE is required")]
    Missing,
    /// A method other than `S256`, or none.
    #[error("code_challenge_method must be S256")]
    Method,
    /// Too short, too long, or other characters.
    #[error("code_challenge must be 43 to 128 unreserved characters")]
    Grammar,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_vector_of_the_rfc_fits() {
        let challenge = CodeChallenge::parse(Some(CHALLENGE), Some("S256")).unwrap();
        assert!(challenge.is_met_by(VERIFIER));
        assert!(!challenge.is_met_by(CHALLENGE));
    }

    #[test]
    fn plain_and_no_method_are_refused() {
        for method in [None, Some("plain"), Some("s256")] {
            assert_eq!(CodeChallenge::parse(Some(CHALLENGE), method), Err(PkceFault::Method));
        }
        assert_eq!(CodeChallenge::parse(None, Some("S256")), Err(PkceFault::Missing));
        assert_eq!(CodeChallenge::parse(Some("short"), Some("S256")), Err(PkceFault::Grammar));
    }
}
