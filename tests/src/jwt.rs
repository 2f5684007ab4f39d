//! Verifies signatures of access tokens with its own few lines over `ring`: a second opinion on what the servers do
//! with their library.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::{Map, Value};

/// A JWT taken apart, not verified yet.
#[derive(Clone, Debug)]
pub struct Jwt {
    /// The JOSE header.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Map<String, Value>,
    signed: String,
    signature: Vec<u8>,
}

/// Why a signature does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// The header names an algorithm that is no public-key signature we know.
    #[error("the algorithm `{0}` is not one a resource server may accept")]
    Algorithm(String),
    /// No key of the set has this `kid`.
    #[error("the key set has no key `{0}`")]
    UnknownKey(String),
    /// The key lacks a member, or it is not base64url.
    #[error("the key's `{0}` is missing or unreadable")]
    Key(&'static str),
    /// The signature is not the key's.
    #[error("the signature was not made by the published key")]
    Signature,
}

impl Jwt {
    /// Takes a token apart; none when it is no JWT (an opaque token).
    pub fn parse(token: &str) -> Option<Jwt> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        Some(Jwt {
            header: object(header)?,
            claims: object(claims)?,
            signed: signed.to_owned(),
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// A string of the header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// A string of the claims.
    pub fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// Verifies the signature by the key of the set (RFC 7517) that the header names.
    ///
    /// # Errors
    /// There is no such key, or the signature is not its.
    pub fn verify(&self, keys: &[Value]) -> Result<(), BadSignature> {
        let algorithm = self.header("alg").unwrap_or_default();
        let kid = self.header("kid");
        let key = match kid {
            Some(kid) => keys.iter().find(|key| key.get("kid").and_then(Value::as_str) == Some(kid)),
            None => keys.first().filter(|_| keys.len() == 1),
        };
        let key = key.ok_or_else(|| BadSignature::UnknownKey(kid.unwrap_or("(none named)").to_owned()))?;
        let message = self.signed.as_bytes();
        let rsa: &signature::RsaParameters = match algorithm {
            "RS256" => &signature::RSA_PKCS1_2048_8192_SHA256,
            "RS384" => &signature::RSA_PKCS1_2048_8192_SHA384,
            "RS512" => &signature::RSA_PKCS1_2048_8192_SHA512,
            "PS256" => &signature::RSA_PSS_2048_8192_SHA256,
            "ES256" => {
                let point = [vec![4], member(key, "x")?, member(key, "y")?].concat();
                let key = UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point);
                return key.verify(message, &self.signature).map_err(|_| BadSignature::Signature);
            }
            "EdDSA" => {
                let key = UnparsedPublicKey::new(&signature::ED25519, member(key, "x")?);
                return key.verify(message, &self.signature).map_err(|_| BadSignature::Signature);
            }
            _ => return Err(BadSignature::Algorithm(algorithm.to_owned())),
        };
        let key = RsaPublicKeyComponents { n: member(key, "n")?, e: member(key, "e")? };
        key.verify(rsa, message, &self.signature).map_err(|_| BadSignature::Signature)
    }
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn member(key: &Value, name: &'static str) -> Result<Vec<u8>, BadSignature> {
    let text = key.get(name).and_then(Value::as_str).ok_or(BadSignature::Key(name))?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| BadSignature::Key(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 7515 appendix A.2: a token signed with RS256, and its key.
    const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    const MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

    #[test]
    fn the_sample_of_rfc_7515_holds_and_a_changed_byte_does_not() {
        let keys = [json!({"kty": "RSA", "n": MODULUS, "e": "AQAB"})];
        let jwt = Jwt::parse(TOKEN).unwrap();
        assert_eq!(jwt.claim("iss"), Some("joe"));
        assert_eq!(jwt.verify(&keys), Ok(()));
        let (head, _) = TOKEN.split_at(60);
        let changed = format!("{head}X{}", &TOKEN[61..]);
        if let Some(jwt) = Jwt::parse(&changed) {
            assert_eq!(jwt.verify(&keys), Err(BadSignature::Signature));
        }
    }

    #[test]
    fn opaque_tokens_are_no_jwts_and_none_is_no_algorithm() {
        assert!(Jwt::parse("opaque-token").is_none());
        assert!(Jwt::parse("a.b.c").is_none());
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        let jwt = Jwt::parse(&format!("{header}.e30.")).unwrap();
        assert_eq!(jwt.verify(&[json!({})]), Err(BadSignature::Algorithm("none".into())));
    }
}
