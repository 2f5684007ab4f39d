//! An authorization code: the approval itself. It is sealed on its way out, so nothing is stored until it comes back.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use shared::{clock::Timestamp, random, scope::Scopes};

use super::{pkce::CodeChallenge, redirect::RedirectUri};

/// What the seal of a code is bound to.
pub const PURPOSE: &str = "code";

/// What a person allowed, and everything its redemption must match (OAuth 2.1 §4.1.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The key under which the grant will be stored: the second redemption meets the first one's row.
    pub grant: i64,
    /// Random; tells another code with the same key from this one.
    pub tag: String,
    /// Who allowed it.
    pub user: String,
    /// Digest of the `client_id` that was let in.
    pub client: String,
    /// Where the code was sent.
    pub redirect_uri: RedirectUri,
    /// PKCE.
    pub challenge: CodeChallenge,
    /// The configured string of the resource.
    pub resource: String,
    /// Granted scopes, as the wire has them.
    pub scope: String,
    /// When the authorization request came; none in a code that was made before this was told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub asked_at: Option<Timestamp>,
    /// When the code ends.
    pub expires_at: Timestamp,
    /// When whoever allowed it had signed in: for the ID token, as the nonce.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub auth_time: Option<Timestamp>,
    /// The client's own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nonce: Option<String>,
}

impl Approval {
    /// The granted scopes.
    pub fn scopes(&self) -> Scopes {
        // They were a `Scopes` when they were sealed.
        Scopes::parse(&self.scope).unwrap_or_default()
    }

    /// Whether the code was sent to the client with this id.
    pub fn is_for(&self, client_id: &str) -> bool {
        self.client == client_digest(client_id)
    }
}

/// The short form of a `client_id`, which may itself be a long sealed registration.
pub fn client_digest(client_id: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, client_id.as_bytes()))
}

/// A fresh tag: 128 random bits.
pub fn tag() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<16>())
}
