//! The documents that answer a successful request.

use serde::Serialize;
use serde_json::Value;

use super::{
    catalogue::Catalogue,
    client::{ApplicationType, AuthMethod, Client, KeySource},
};

/// RFC 6749 §5.1. `scope` is always there: the granted set may differ from the requested one.
#[derive(Debug, Serialize)]
pub struct TokenResponse {
    /// A signed JWT (RFC 9068).
    pub access_token: String,
    /// Always `Bearer`, spelled so.
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: u64,
    /// The next refresh token; none for a client that acts for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Who signed in: OpenID Connect Core §3.1.3.3. With a code whose scopes had `openid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// The complete granted set.
    pub scope: String,
}

/// RFC 7591 §3.2.1: everything that was registered, absent members left out.
#[derive(Debug, Serialize)]
pub struct RegistrationResponse<'a> {
    client_id: &'a str,
    client_id_issued_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// Zero: it does not expire. Required beside a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_name: Option<&'a str>,
    redirect_uris: Vec<&'a str>,
    grant_types: [&'static str; 2],
    response_types: [&'static str; 1],
    token_endpoint_auth_method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_type: Option<&'static str>,
    scope: String,
}

impl<'a> RegistrationResponse<'a> {
    /// Echoes `client`.
    pub fn new(client: &'a Client, secret: Option<String>, catalogue: &Catalogue) -> Self {
        let metadata = &client.metadata;
        let (jwks, jwks_uri) = match &metadata.keys {
            Some(KeySource::Inline(text)) => (serde_json::from_str(text).ok(), None),
            Some(KeySource::Uri(uri)) => (None, Some(uri.as_str())),
            None => (None, None),
        };
        RegistrationResponse {
            client_id: &client.id,
            client_id_issued_at: metadata.issued_at.seconds(),
            client_secret_expires_at: secret.as_ref().map(|_| 0),
            client_secret: secret,
            client_name: metadata.name.as_deref(),
            redirect_uris: metadata.redirect_uris.iter().map(|uri| uri.as_str()).collect(),
            grant_types: ["authorization_code", "refresh_token"],
            response_types: ["code"],
            token_endpoint_auth_method: AuthMethod::as_str(metadata.auth_method),
            jwks,
            jwks_uri,
            application_type: metadata.application_type.map(ApplicationType::as_str),
            scope: catalogue.registered(metadata.scope.as_ref()).to_string(),
        }
    }
}
