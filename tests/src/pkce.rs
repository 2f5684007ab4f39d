//! What the client makes up for one authorization: verifier, challenge and state.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest;

/// Verifier and challenge of RFC 7636.
#[derive(Clone)]
pub struct Pkce {
    /// Kept until the token request.
    pub verifier: String,
    /// Sent with the authorization request.
    pub challenge: String,
}

impl Pkce {
    /// A fresh pair: 32 random bytes, method S256.
    pub fn fresh() -> Pkce {
        Pkce::of(URL_SAFE_NO_PAD.encode(shared::random::bytes::<32>()))
    }

    /// The pair of a given verifier (RFC 7636 §4.2).
    pub fn of(verifier: String) -> Pkce {
        let hash = digest::digest(&digest::SHA256, verifier.as_bytes());
        Pkce { challenge: URL_SAFE_NO_PAD.encode(hash), verifier }
    }
}

/// A `state` in the form ChatGPT sends.
pub fn state() -> String {
    let hex: String = shared::random::bytes::<16>().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("oauth_s_{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_of_rfc_7636() {
        let pair = Pkce::of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned());
        assert_eq!(pair.challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(Pkce::fresh().verifier.len(), 43);
        assert!(state().starts_with("oauth_s_"));
    }
}
