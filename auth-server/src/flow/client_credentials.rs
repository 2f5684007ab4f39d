//! A client that acts for itself: OAuth 2.1 §4.2. No person, so no grant and nothing to refresh.

use shared::scope::Scopes;

use crate::{
    app::App,
    flow::{Failure, Refusal},
    keys::{mint::Grantee, signing_key::SigningKeyError},
    metrics::Course,
    oauth::{
        catalogue::ProtectedResource, client::Client, error::ErrorCode, parameters::Parameters,
        response::TokenResponse,
    },
};

/// Starts the `sub` of a client that acts for itself: it is never mistaken for a person's (RFC 9068 §5).
pub const SUBJECT: &str = "client:";

/// Issues an access token to a client in its own name.
///
/// # Errors
/// Why none is issued.
pub fn issue(
    app: &App,
    client: &Client,
    parameters: &Parameters,
) -> Result<TokenResponse, ClientCredentialsError> {
    let requested = parameters.get("scope").map(Scopes::parse).transpose();
    let requested = requested.map_err(|_| ClientCredentialsError::Scope)?;
    let entry = app.settings.catalogue.select(parameters.get("resource"));
    let entry = entry.ok_or(ClientCredentialsError::Resource)?;
    let scope = grantable(entry, client, requested.as_ref()).ok_or(ClientCredentialsError::Scope)?;
    let scope = scope.to_string();
    let grantee = Grantee {
        subject: &format!("{SUBJECT}{}", client.id),
        grant: None,
        client_id: &client.id,
        resource: entry.resource.as_str(),
        scope: &scope,
    };
    let access_token = app.mint.access_token(grantee, app.clock.now())?;
    app.metrics.grant(Course::ForClient);
    tracing::info!(client = client.id, resource = entry.resource.as_str(), "a client acts for itself");
    Ok(TokenResponse {
        access_token,
        token_type: "Bearer",
        expires_in: app.mint.lifetime().as_secs(),
        refresh_token: None,
        id_token: None,
        scope,
    })
}

/// Here the registered scopes are a ceiling: nobody else is asked. None when nothing is left.
fn grantable(entry: &ProtectedResource, client: &Client, requested: Option<&Scopes>) -> Option<Scopes> {
    let registered = client.metadata.scope.as_ref()?;
    let allowed = match requested.filter(|scopes| !scopes.is_empty()) {
        Some(requested) => requested.intersection(registered),
        None => registered.clone(),
    };
    // Nothing about a person, whom there is none of.
    let granted = entry.own(&allowed);
    Some(granted).filter(|scopes| !scopes.is_empty())
}

/// Why a client gets no token of its own.
#[derive(Debug, thiserror::Error)]
pub enum ClientCredentialsError {
    /// Malformed, or nothing the client was registered with.
    #[error("scope is not part of what the client was registered with")]
    Scope,
    /// Not one of ours.
    #[error("resource is none that tokens are issued for here")]
    Resource,
    /// Us.
    #[error("the token could not be issued: try again later")]
    Failed(#[from] Failure),
}

impl From<SigningKeyError> for ClientCredentialsError {
    fn from(error: SigningKeyError) -> ClientCredentialsError {
        ClientCredentialsError::Failed(error.into())
    }
}

impl Refusal for ClientCredentialsError {
    fn code(&self) -> ErrorCode {
        match self {
            ClientCredentialsError::Scope => ErrorCode::InvalidScope,
            ClientCredentialsError::Resource => ErrorCode::InvalidTarget,
            ClientCredentialsError::Failed(failure) => failure.code(),
        }
    }

    fn failure(&self) -> Option<&Failure> {
        match self {
            ClientCredentialsError::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}
