//! The claims of an access token: RFC 9068 §2.2.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// Value of the `typ` header of every access token (RFC 9068 §2.1).
pub const TYPE: &str = "at+jwt";

/// What an access token says, exactly as it is signed and as its issuer reads it back.
///
/// Deserializing proves the shape only. The mcp-server's guard, which trusts any issuer it is told of, reads the same claims by
/// itself and keeps of them what it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    /// The issuer's configured string.
    pub iss: String,
    /// The user, as an opaque identifier that the issuer never reuses.
    pub sub: String,
    /// The one resource the token is good for: a configured string, never what a request said.
    pub aud: String,
    /// The client the user let in.
    pub client_id: String,
    /// Granted scopes, space-separated (RFC 8693 §4.2).
    pub scope: String,
    /// When it was signed.
    pub iat: Timestamp,
    /// When it ends.
    pub exp: Timestamp,
    /// Unique per token.
    pub jti: String,
}
