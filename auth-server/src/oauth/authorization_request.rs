//! An authorization request that waits for the human: checked, then sealed into the page's form.

use serde::{Deserialize, Serialize};
use shared::{clock::Timestamp, scope::Scopes};

use super::{openid::Demands, pkce::CodeChallenge, redirect::RedirectUri};

/// What the seal of a waiting request is bound to.
pub const PURPOSE: &str = "request";

/// A request that passed every check but the human's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: String,
    /// Where the answer goes.
    pub redirect_uri: RedirectUri,
    /// The client's own, returned unchanged.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub state: Option<String>,
    /// PKCE.
    pub challenge: CodeChallenge,
    /// The configured string of the resource.
    pub resource: String,
    /// What will be granted, as the wire has it.
    pub scope: String,
    /// The browser the page was made for.
    pub browser: String,
    /// The user the page named; none when it asked somebody to sign in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user: Option<String>,
    /// What the sign-in behind the answer must be.
    #[serde(skip_serializing_if = "Demands::is_empty", default)]
    pub demands: Demands,
    /// The client's own, for the ID token.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nonce: Option<String>,
    /// The languages the client asks for, as it spelled them (OpenID Connect Core §3.1.2.1).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ui_locales: Option<String>,
    /// When the page ends.
    pub expires_at: Timestamp,
}

impl AuthorizationRequest {
    /// What will be granted.
    pub fn scopes(&self) -> Scopes {
        // They were a `Scopes` when they were sealed.
        Scopes::parse(&self.scope).unwrap_or_default()
    }

    /// Whether a program on the person's own computer gets the answer: behind a loopback address, or behind a scheme of its
    /// own, which any program can claim (RFC 8252 §7.1, §8.6).
    pub fn is_answered_here(&self) -> bool {
        self.redirect_uri.is_loopback() || !self.redirect_uri.as_str().starts_with("http")
    }
}
