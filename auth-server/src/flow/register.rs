//! Dynamic registration: RFC 7591 §3.

use crate::{
    app::App,
    audit::{Entry, Kind},
    flow::{Failure, Refusal},
    oauth::{
        client::Client,
        client_metadata::{RegistrationRefusal, RegistrationRequest},
        error::ErrorCode,
    },
};

/// Registers a client from the JSON of its request, and gives it a secret where its method needs one.
///
/// # Errors
/// What cannot be registered.
pub async fn register(app: &App, body: &[u8]) -> Result<(Client, Option<String>), RegisterError> {
    let request: RegistrationRequest =
        serde_json::from_slice(body).map_err(|_| RegistrationRefusal::Malformed)?;
    let now = app.clock.now();
    let metadata = request.admit(&app.settings.allowlist, now)?;
    if metadata.has_redirect_to(app.settings.issuer.as_str()) {
        return Err(RegistrationRefusal::RedirectUriHere.into());
    }
    let client = app.clients.register(metadata, now).await.map_err(Failure::from)?;
    let secret = app.clients.secret(&client);
    app.audit.note(Entry::of(Kind::ClientRegistered).client(&client.id));
    Ok((client, secret))
}

/// Why nothing was registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The request.
    #[error(transparent)]
    Refused(#[from] RegistrationRefusal),
    /// Us.
    #[error("the registration could not be stored: try again later")]
    Failed(#[from] Failure),
}

impl Refusal for RegisterError {
    fn code(&self) -> ErrorCode {
        match self {
            RegisterError::Refused(refusal) => refusal.code(),
            RegisterError::Failed(failure) => failure.code(),
        }
    }

    fn failure(&self) -> Option<&Failure> {
        match self {
            RegisterError::Refused(_) => None,
            RegisterError::Failed(failure) => Some(failure),
        }
    }
}
