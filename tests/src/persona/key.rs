//! The key a client proves itself with at the token endpoint (RFC 7523 §2.2): RS256, as ChatGPT's document names it.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest;
use serde_json::{Value, json};

use crate::failure::{Failure, Outcome};

/// How long an assertion may be used, in seconds.
const LIFETIME: i64 = 60;
/// Where it is kept in a folder.
const FILE: &str = "conformance-client.key";

/// An RSA key and the name of its public half.
pub struct ClientKey {
    pair: KeyPair,
    kid: String,
}

impl ClientKey {
    /// A new one.
    ///
    /// # Errors
    /// The library could not make one.
    pub fn fresh() -> Outcome<ClientKey> {
        Ok(ClientKey::of(KeyPair::generate(KeySize::Rsa2048)?))
    }

    /// The one a folder holds, made if it holds none: `conformance-client.key`, PKCS#8, for its owner only.
    ///
    /// # Errors
    /// The file cannot be read or written, or holds no RSA key.
    pub fn read_or_create(folder: &Path) -> Outcome<ClientKey> {
        let path = folder.join(FILE);
        if path.exists() {
            let unusable =
                |fault| Failure::new(format!("{} holds no usable RSA key: {fault}", path.display()));
            return Ok(ClientKey::of(KeyPair::from_pkcs8(&fs::read(&path)?).map_err(unusable)?));
        }
        let key = ClientKey::fresh()?;
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(AsDer::<Pkcs8V1Der<'_>>::as_der(&key.pair)?.as_ref())?;
        Ok(key)
    }

    fn of(pair: KeyPair) -> ClientKey {
        let hash = digest::digest(&digest::SHA256, pair.public_key().as_ref());
        ClientKey { kid: URL_SAFE_NO_PAD.encode(&hash.as_ref()[..12]), pair }
    }

    /// Its public half as a key set (RFC 7517 §5).
    pub fn key_set(&self) -> Value {
        let public = self.pair.public_key();
        let (n, e) = (public.modulus(), public.exponent());
        json!({"keys": [{
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.kid,
            "n": URL_SAFE_NO_PAD.encode(n.big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(e.big_endian_without_leading_zero()),
        }]})
    }

    /// Says "I am this client" to one authorization server, once (RFC 7523 §3).
    ///
    /// # Errors
    /// The library refused to sign.
    pub fn assertion(&self, client_id: &str, issuer: &str, now: i64) -> Outcome<String> {
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": self.kid});
        let claims = json!({
            "iss": client_id,
            "sub": client_id,
            "aud": issuer,
            "iat": now,
            "exp": now + LIFETIME,
            "jti": URL_SAFE_NO_PAD.encode(shared::random::bytes::<16>()),
        });
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::jwt::Jwt;

    #[test]
    fn an_assertion_is_verified_by_the_published_key_and_by_no_other() {
        let (key, other) = (ClientKey::fresh().unwrap(), ClientKey::fresh().unwrap());
        let jwt =
            Jwt::parse(&key.assertion("https://c.example/x", "https://as.example", 1000).unwrap()).unwrap();
        let keys = |key: &ClientKey| key.key_set()["keys"].as_array().cloned().unwrap();
        assert_eq!(jwt.verify(&keys(&key)), Ok(()));
        assert!(jwt.verify(&keys(&other)).is_err());
        assert_eq!((jwt.claim("iss"), jwt.claim("sub")), (Some("https://c.example/x"), jwt.claim("iss")));
        assert_eq!((jwt.claims["exp"].as_i64(), jwt.claim("aud")), (Some(1060), Some("https://as.example")));
    }

    #[test]
    fn the_key_of_a_folder_stays_the_same() {
        let folder = TempDir::new().unwrap();
        let made = ClientKey::read_or_create(folder.path()).unwrap();
        assert_eq!(ClientKey::read_or_create(folder.path()).unwrap().key_set(), made.key_set());
    }
}
