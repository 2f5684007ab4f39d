//! What a client signs to say who it is: RFC 7523 §2.2, §3.
//!
//! ```no_run
//! # fn test(now: shared::clock::Timestamp) -> conformance::failure::Outcome {
//! use conformance::assertion::{Algorithm, Signer};
//!
//! let signer = Signer::fresh(Algorithm::Es256)?;
//! let good = signer.assertion("client", "https://auth.example.com", now)?;
//! let expired = signer.claims("client", "https://auth.example.com", now).with("exp", now.seconds() - 60);
//! let expired = signer.sign(&expired)?;
//! # Ok(())
//! # }
//! ```

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
        RSA_PSS_SHA256, RsaKeyPair,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared::clock::Timestamp;

use crate::failure::{Failure, Outcome};

/// `client_assertion_type`: RFC 7523 §2.2.
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What an assertion is signed with: RFC 7518 §3.1, RFC 8037 §3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA, PKCS #1.
    Rs256,
    /// RSA, PSS.
    Ps256,
    /// The curve P-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Algorithm; 4] = [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa];

    /// As the header spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Algorithm::Rs256 => "RS256",
            Algorithm::Ps256 => "PS256",
            Algorithm::Es256 => "ES256",
            Algorithm::EdDsa => "EdDSA",
        }
    }
}

/// A key pair and its name.
pub struct Signer {
    key: Key,
    algorithm: Algorithm,
    kid: String,
}

enum Key {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// Header and claims before they are signed.
#[derive(Clone, Debug)]
pub struct Claims {
    header: Value,
    claims: Value,
}

impl Claims {
    /// With this claim, in the place of the one of its name; `null` leaves it out.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Claims {
        change(&mut self.claims, name, value.into());
        self
    }

    /// The same for a member of the header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<Value>) -> Claims {
        change(&mut self.header, name, value.into());
        self
    }

    /// What is signed: both parts encoded (RFC 7515 §5.1).
    pub fn message(&self) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}", part(&self.header), part(&self.claims))
    }
}

fn change(document: &mut Value, name: &str, value: Value) {
    if let Some(members) = document.as_object_mut() {
        match value {
            Value::Null => drop(members.remove(name)),
            value => drop(members.insert(name.to_owned(), value)),
        }
    }
}

impl Signer {
    /// A new key pair with a name of its own.
    ///
    /// # Errors
    /// The library could not make one.
    pub fn fresh(algorithm: Algorithm) -> Outcome<Signer> {
        let key = match algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => RsaKeyPair::generate(KeySize::Rsa2048).map(Key::Rsa)?,
            Algorithm::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Key::Ec)?,
            Algorithm::EdDsa => Ed25519KeyPair::generate().map(Key::Ed)?,
        };
        let kid = URL_SAFE_NO_PAD.encode(shared::random::bytes::<6>());
        Ok(Signer { key, algorithm, kid })
    }

    /// The name of the key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key: RFC 7517 §4, RFC 8037 §2.
    pub fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &self.key {
            Key::Rsa(pair) => {
                let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
                let (n, e) = (n.big_endian_without_leading_zero(), e.big_endian_without_leading_zero());
                json!({"kty": "RSA", "n": text(n), "e": text(e)})
            }
            Key::Ec(pair) => {
                // An uncompressed point: 4, then both coordinates.
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": text(x), "y": text(y)})
            }
            Key::Ed(pair) => json!({"kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref())}),
        };
        jwk["kid"] = json!(self.kid);
        jwk["alg"] = json!(self.algorithm.as_str());
        jwk["use"] = json!("sig");
        jwk
    }

    /// The set with this key alone.
    pub fn jwks(&self) -> Value {
        json!({"keys": [self.jwk()]})
    }

    /// Header and claims of a good assertion, to be changed.
    pub fn claims(&self, client_id: &str, audience: &str, now: Timestamp) -> Claims {
        let now = now.seconds();
        let jti = URL_SAFE_NO_PAD.encode(shared::random::bytes::<16>());
        Claims {
            header: json!({"alg": self.algorithm.as_str(), "typ": "JWT", "kid": self.kid}),
            claims: json!({
                "iss": client_id, "sub": client_id, "aud": audience,
                "iat": now, "exp": now + 60, "jti": jti,
            }),
        }
    }

    /// Signs any header and claims.
    ///
    /// # Errors
    /// The library could not sign.
    pub fn sign(&self, claims: &Claims) -> Outcome<String> {
        let message = claims.message();
        let (bytes, random) = (message.as_bytes(), SystemRandom::new());
        let signature = match (&self.key, self.algorithm) {
            (Key::Rsa(pair), algorithm) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                match algorithm {
                    Algorithm::Ps256 => pair.sign(&RSA_PSS_SHA256, &random, bytes, &mut signature)?,
                    _ => pair.sign(&RSA_PKCS1_SHA256, &random, bytes, &mut signature)?,
                }
                signature
            }
            (Key::Ec(pair), _) => pair.sign(&random, bytes).map_err(Failure::from)?.as_ref().to_vec(),
            (Key::Ed(pair), _) => pair.sign(bytes).as_ref().to_vec(),
        };
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// A good assertion that was never used.
    ///
    /// # Errors
    /// The library could not sign.
    pub fn assertion(&self, client_id: &str, audience: &str, now: Timestamp) -> Outcome<String> {
        self.sign(&self.claims(client_id, audience, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::Jwt;

    #[test]
    fn what_is_signed_is_verified_by_the_published_key() {
        for algorithm in Algorithm::ALL {
            let (signer, other) = (Signer::fresh(algorithm).unwrap(), Signer::fresh(algorithm).unwrap());
            let assertion = signer.assertion("client", "https://a", Timestamp(1)).unwrap();
            let jwt = Jwt::parse(&assertion).unwrap();
            assert_eq!((jwt.claim("sub"), jwt.verify(&[signer.jwk()])), (Some("client"), Ok(())));
            assert!(jwt.verify(&[other.jwk()]).is_err());
        }
    }
}
