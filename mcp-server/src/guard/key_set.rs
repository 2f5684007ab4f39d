//! The public keys of an issuer: RFC 7517, and which of them may verify an access token.

use std::collections::HashMap;

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rsa::PublicKeyComponents,
    signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest;
use serde::Deserialize;
use serde_json::Value;

/// Shorter RSA keys are refused (RFC 7518 §3.3).
const MIN_MODULUS_BYTES: usize = 256;

/// The members of a key that are looked at.
#[derive(Deserialize)]
struct PublishedKey {
    kty: String,
    kid: String,
    n: String,
    e: String,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

/// Keys that may verify RS256 signatures, by their id. The parsed form is kept.
pub(super) struct KeySet {
    keys: HashMap<String, ParsedPublicKey>,
    fingerprint: [u8; 32],
}

impl KeySet {
    /// Reads a JWKS document. Keys of other kinds and for other uses are left out, not refused.
    pub(super) fn parse(document: &[u8]) -> Result<KeySet, serde_json::Error> {
        let document: Document = serde_json::from_slice(document)?;
        let mut usable: Vec<PublishedKey> = document
            .keys
            .into_iter()
            .filter_map(|key| serde_json::from_value(key).ok())
            .filter(is_for_signatures)
            .collect();
        usable.sort_by(|left, right| left.kid.cmp(&right.kid));
        let mut context = digest::Context::new(&digest::SHA256);
        let mut keys = HashMap::new();
        for key in usable {
            let Some(parsed) = parse(&key) else { continue };
            for part in [&key.kid, &key.n, &key.e] {
                context.update(part.as_bytes());
                context.update(b"\n");
            }
            keys.insert(key.kid, parsed);
        }
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(context.finish().as_ref());
        Ok(KeySet { keys, fingerprint })
    }

    /// The key with this id.
    pub(super) fn get(&self, kid: &str) -> Option<&ParsedPublicKey> {
        self.keys.get(kid)
    }

    /// Whether there is a key with this id.
    pub(super) fn has(&self, kid: &str) -> bool {
        self.keys.contains_key(kid)
    }

    /// The same for the same keys.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }
}

/// Read once: with its numbers alone each signature would have the key read anew.
fn parse(key: &PublishedKey) -> Option<ParsedPublicKey> {
    let [n, e] = [&key.n, &key.e].map(|number| URL_SAFE_NO_PAD.decode(number).ok());
    let der: PublicKeyX509Der<'_> = PublicKeyComponents { n: n?, e: e? }.as_der().ok()?;
    ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der.as_ref()).ok()
}

fn is_for_signatures(key: &PublishedKey) -> bool {
    key.kty == "RSA"
        && key.alg.as_deref().is_none_or(|alg| alg == "RS256")
        && key.usage.as_deref().is_none_or(|usage| usage == "sig")
        && URL_SAFE_NO_PAD.decode(&key.n).is_ok_and(|modulus| modulus.len() >= MIN_MODULUS_BYTES)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(keys: Value) -> KeySet {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn keys_of_other_kinds_are_left_out() {
        let n = URL_SAFE_NO_PAD.encode([0xC5; 256]);
        let good = json!({"kty": "RSA", "kid": "a", "n": n, "e": "AQAB", "alg": "RS256", "use": "sig"});
        let set = parse(json!([
            good,
            {"kty": "RSA", "kid": "b", "n": n, "e": "AQAB", "use": "enc"},
            {"kty": "RSA", "kid": "c", "n": n, "e": "AQAB", "alg": "PS256"},
            {"kty": "RSA", "kid": "d", "n": URL_SAFE_NO_PAD.encode([0xC5; 128]), "e": "AQAB"},
            {"kty": "EC", "kid": "e", "crv": "P-256", "x": "x", "y": "y"},
            {"kty": "AKP", "kid": "f", "pub": "p"},
            {"kty": "RSA", "n": n, "e": "AQAB"},
            17
        ]));
        assert_eq!(set.len(), 1);
        assert!(set.has("a") && !set.has("b"));
        assert_eq!(set.fingerprint(), parse(json!([good])).fingerprint());
        assert_ne!(set.fingerprint(), parse(json!([])).fingerprint());
    }
}
