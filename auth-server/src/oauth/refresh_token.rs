//! A refresh token: which grant, which generation, and a MAC over both. Derived, never stored.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// What the MAC of a refresh token is bound to.
pub const PURPOSE: &str = "refresh_token";

/// Grant and generation, proven by a MAC wherever this type exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// The key of the grant's row.
    pub grant: i64,
    /// How many times the grant had been refreshed when this token was issued.
    pub generation: i64,
}

const BODY: usize = 16;

impl RefreshToken {
    /// The bytes the MAC covers.
    pub fn body(self) -> [u8; BODY] {
        let mut body = [0; BODY];
        body[..8].copy_from_slice(&self.grant.to_be_bytes());
        body[8..].copy_from_slice(&self.generation.to_be_bytes());
        body
    }

    /// The wire form: body and MAC.
    pub fn to_text(self, mac: &[u8]) -> String {
        BASE64_URL_SAFE_NO_PAD.encode([&self.body()[..], mac].concat())
    }

    /// Takes the wire form apart: what it claims, and the MAC that must prove it.
    pub fn claimed(text: &str) -> Option<(RefreshToken, Vec<u8>)> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (body, mac) = bytes.split_at_checked(BODY)?;
        let grant = i64::from_be_bytes(body.get(..8)?.try_into().ok()?);
        let generation = i64::from_be_bytes(body.get(8..)?.try_into().ok()?);
        Some((RefreshToken { grant, generation }, mac.to_vec()))
    }

    /// The one that replaces it.
    #[must_use]
    pub fn successor(self) -> RefreshToken {
        RefreshToken { generation: self.generation + 1, ..self }
    }
}
