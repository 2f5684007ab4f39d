//! The public keys of clients: which ones we take, and what they may have signed with (RFC 7517, RFC 7518 §3.1, RFC 8037).

use jsonwebtoken::{
    Algorithm,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse},
};
use serde_json::Value;
use url::Url;

use super::client::KeySource;

/// What an assertion may be signed with. Nothing that a shared secret could make, and no `none` (RFC 8725 §3.1).
pub const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];

/// More keys than any client has.
const MAX_KEYS: usize = 16;
/// The longest `jwks`, as text.
const MAX_TEXT: usize = 16 * 1024;
/// The longest `jwks_uri`.
const MAX_URI: usize = 512;

/// As the wire spells it.
pub const fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RS256 => "RS256",
        Algorithm::PS256 => "PS256",
        Algorithm::ES256 => "ES256",
        Algorithm::EdDSA => "EdDSA",
        _ => "",
    }
}

/// Whether a signature of that algorithm may be the key's: of its type and curve, and not meant for anything else.
pub fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let is_of_type = match &key.algorithm {
        AlgorithmParameters::RSA(_) => matches!(algorithm, Algorithm::RS256 | Algorithm::PS256),
        AlgorithmParameters::EllipticCurve(key) => {
            algorithm == Algorithm::ES256 && key.curve == EllipticCurve::P256
        }
        AlgorithmParameters::OctetKeyPair(key) => {
            algorithm == Algorithm::EdDSA && key.curve == EllipticCurve::Ed25519
        }
        // RFC 7518 §6.4: a symmetric key is a shared secret, and a public document holds none.
        _ => false,
    };
    // RFC 7517 §4.2, §4.4.
    let is_meant =
        key.common.key_algorithm.is_none_or(|own| Algorithm::try_from(own).ok() == Some(algorithm))
            && matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
    is_of_type && is_meant
}

/// The keys of a JWK set that can have signed an assertion. Keys of other kinds are passed over (RFC 7517 §5), and nothing
/// is left of a private one but its public half. None for what is no set.
pub fn public_keys(set: &Value) -> Option<Vec<Jwk>> {
    let members = set.get("keys")?.as_array()?.iter();
    let keys = members.filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok());
    Some(keys.filter(|key| ALGORITHMS.iter().any(|algorithm| fits(key, *algorithm))).collect())
}

impl KeySource {
    /// Reads `jwks` or `jwks_uri`: RFC 7591 §2 allows one of them.
    ///
    /// # Errors
    /// Both, neither, or one that could never be used.
    pub fn read(jwks: Option<&Value>, jwks_uri: Option<&str>) -> Result<KeySource, KeySourceFault> {
        match (jwks, jwks_uri) {
            (Some(_), Some(_)) => Err(KeySourceFault::Both),
            (None, None) => Err(KeySourceFault::Neither),
            (None, Some(uri)) => match is_plain_https(uri) {
                true => Ok(KeySource::Uri(uri.to_owned())),
                false => Err(KeySourceFault::Uri),
            },
            (Some(set), None) => {
                let keys = public_keys(set).filter(|keys| (1..=MAX_KEYS).contains(&keys.len()));
                let text = keys.and_then(|keys| serde_json::to_string(&JwkSet { keys }).ok());
                let text = text.filter(|text| text.len() <= MAX_TEXT).ok_or(KeySourceFault::Set)?;
                Ok(KeySource::Inline(text))
            }
        }
    }

    /// The keys that stand in the registration itself.
    pub fn inline(&self) -> Option<Vec<Jwk>> {
        match self {
            KeySource::Inline(text) => public_keys(&serde_json::from_str(text).ok()?),
            KeySource::Uri(_) => None,
        }
    }
}

/// Whether it is an https URL without user information and fragment, spelled as a browser would print it.
fn is_plain_https(text: &str) -> bool {
    text.len() <= MAX_URI
        && Url::parse(text).is_ok_and(|url| {
            url.scheme() == "https"
                && url.as_str() == text
                && url.username().is_empty()
                && url.password().is_none()
                && url.fragment().is_none()
        })
}

/// Why a client's keys cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySourceFault {
    /// RFC 7591 §2: not both.
    #[error("jwks and jwks_uri must not both be given")]
    Both,
    /// Nothing to verify an assertion with.
    #[error("private_key_jwt needs jwks or jwks_uri")]
    Neither,
    /// No URL we would ask.
    #[error("jwks_uri must be a plain https URL")]
    Uri,
    /// No key in it, or too many.
    #[error("jwks must hold between 1 and 16 public keys for RS256, PS256, ES256 or EdDSA")]
    Set,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";

    #[test]
    fn private_and_symmetric_members_are_not_kept() {
        let set = json!({"keys": [
            {"kty": "EC", "crv": "P-256", "x": X, "y": X, "d": "private", "kid": "a"},
            {"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"},
            {"kty": "EC", "crv": "secp256k1", "x": X, "y": X},
            {"kty": "OKP", "crv": "Ed25519", "x": X, "use": "enc"},
            {"kty": "future"}, 7,
        ]});
        let Ok(KeySource::Inline(text)) = KeySource::read(Some(&set), None) else { panic!("refused") };
        for member in ["private", "c2VjcmV0", "null"] {
            assert!(!text.contains(member), "{text}");
        }
        let keys = KeySource::Inline(text).inline().unwrap();
        assert_eq!(keys.len(), 1);
        assert!(fits(&keys[0], Algorithm::ES256) && !fits(&keys[0], Algorithm::RS256));
    }

    #[test]
    fn one_source_and_a_usable_one() {
        let set = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": X, "alg": "EdDSA"}]});
        let uri = "https://client.example/keys";
        assert!(KeySource::read(None, Some(uri)).is_ok());
        for (jwks, uri, fault) in [
            (Some(&set), Some(uri), KeySourceFault::Both),
            (None, None, KeySourceFault::Neither),
            (Some(&json!({"keys": []})), None, KeySourceFault::Set),
            (Some(&json!({})), None, KeySourceFault::Set),
            (None, Some("http://client.example/keys"), KeySourceFault::Uri),
            (None, Some("https://u@client.example/keys"), KeySourceFault::Uri),
            (None, Some("https://client.example/a/../keys"), KeySourceFault::Uri),
            (None, Some("https://client.example/keys#a"), KeySourceFault::Uri),
        ] {
            assert_eq!(KeySource::read(jwks, uri), Err(fault));
        }
    }
}
