//! An RSA-2048 key that signs access tokens, parsed once.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, Header,
    jwk::{
        AlgorithmParameters, CommonParameters, Jwk, KeyAlgorithm, PublicKeyUse, RSAKeyParameters, RSAKeyType,
        ThumbprintHash,
    },
};

/// A key pair with its public document and the ready-made headers of its tokens.
pub struct SigningKey {
    pair: KeyPair,
    public: ParsedPublicKey,
    jwk: Jwk,
    /// The encoded JOSE headers, the same for every token of a type.
    access_header: String,
    id_header: String,
}

/// `typ` of a token: the header says what it is, so that one is never taken for another (RFC 8725 §3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `at+jwt`: RFC 9068 §2.1.
    AccessToken,
    /// `JWT`: OpenID Connect Core §2.
    IdToken,
}

impl SigningKey {
    /// A fresh key.
    ///
    /// # Errors
    /// The library could not make one.
    pub fn generate() -> Result<SigningKey, SigningKeyError> {
        KeyPair::generate(KeySize::Rsa2048).map_err(|_| SigningKeyError::Generate).and_then(Self::new)
    }

    /// Reads a private key in PKCS#8 DER.
    ///
    /// # Errors
    /// The bytes are no RSA key.
    pub fn from_pkcs8(der: &[u8]) -> Result<SigningKey, SigningKeyError> {
        KeyPair::from_pkcs8(der).map_err(|_| SigningKeyError::Parse).and_then(Self::new)
    }

    /// The private key in PKCS#8 DER, to be sealed.
    ///
    /// # Errors
    /// The library could not write it.
    pub fn to_pkcs8(&self) -> Result<Vec<u8>, SigningKeyError> {
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&self.pair).map_err(|_| SigningKeyError::Parse)?;
        Ok(der.as_ref().to_vec())
    }

    fn new(pair: KeyPair) -> Result<SigningKey, SigningKeyError> {
        let public = pair.public_key();
        let parsed = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public.as_ref())
            .map_err(|_| SigningKeyError::Parse)?;
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = Jwk {
            common: CommonParameters {
                public_key_use: Some(PublicKeyUse::Signature),
                key_algorithm: Some(KeyAlgorithm::RS256),
                ..CommonParameters::default()
            },
            algorithm: AlgorithmParameters::RSA(RSAKeyParameters {
                key_type: RSAKeyType::RSA,
                n: encode(public.modulus().big_endian_without_leading_zero()),
                e: encode(public.exponent().big_endian_without_leading_zero()),
            }),
        };
        // RFC 7638: the thumbprint names the key, so no two keys share a name.
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| SigningKeyError::Parse)?;
        jwk.common.key_id = Some(kid.clone());
        let header = |typ: &str| {
            let header =
                Header { typ: Some(typ.to_owned()), kid: Some(kid.clone()), ..Header::new(Algorithm::RS256) };
            serde_json::to_vec(&header).map(|header| encode(&header)).map_err(|_| SigningKeyError::Parse)
        };
        let (access_header, id_header) = (header(shared::claims::TYPE)?, header("JWT")?);
        Ok(SigningKey { access_header, id_header, public: parsed, pair, jwk })
    }

    fn header(&self, kind: Type) -> &str {
        match kind {
            Type::AccessToken => &self.access_header,
            Type::IdToken => &self.id_header,
        }
    }

    /// The public key: RFC 7517, with `use`, `alg` and `kid`.
    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// Its `kid`.
    pub fn kid(&self) -> &str {
        self.jwk.common.key_id.as_deref().unwrap_or_default()
    }

    /// A JWS in compact form (RFC 7515 §7.1) over already encoded claims, as JSON.
    ///
    /// # Errors
    /// The library refused to sign.
    pub fn sign(&self, kind: Type, claims: &[u8]) -> Result<String, SigningKeyError> {
        let mut token = format!("{}.{}", self.header(kind), BASE64_URL_SAFE_NO_PAD.encode(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), token.as_bytes(), &mut signature)
            .map_err(|_| SigningKeyError::Sign)?;
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    /// The claims of a token this key signed, as JSON. Our own headers are always spelled the same.
    pub fn read(&self, kind: Type, token: &str) -> Option<Vec<u8>> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        if header != self.header(kind) {
            return None;
        }
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.public.verify_sig(message.as_bytes(), &signature).ok()?;
        BASE64_URL_SAFE_NO_PAD.decode(claims).ok()
    }
}

/// What can go wrong with a signing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeyError {
    /// No key could be made.
    #[error("an RSA key could not be generated")]
    Generate,
    /// The stored key is no RSA key.
    #[error("an RSA key could not be read or written")]
    Parse,
    /// No signature could be made.
    #[error("a token could not be signed")]
    Sign,
}
