//! Revocation: RFC 7009. Ending a refresh token ends its grant; an access token lives until it expires.

use crate::{
    app::App,
    audit::{By, Entry, Kind},
    flow::{Failure, Refusal, refresh_token},
    metrics::Course,
    oauth::{client::Client, error::ErrorCode, parameters::Parameters},
    store::grants::{Grant, Turn},
};

/// Revokes the grant of a refresh token. A token nobody knows is no error (RFC 7009 §2.2).
///
/// # Errors
/// Why nothing is revoked.
pub async fn revoke(app: &App, client: &Client, parameters: &Parameters) -> Result<(), RevokeError> {
    let text = parameters.get("token").ok_or(RevokeError::NoToken)?;
    // A JWT is an access token: resources verify it without asking here, so a success would be a lie.
    if text.split('.').count() == 3 {
        return Err(RevokeError::AccessToken);
    }
    let Some(token) = refresh_token::open(app, text) else { return Ok(()) };
    let client_id = client.id.clone();
    let decide = move |grant: &Grant| match grant.client_id == client_id {
        // A grant ends once, however often its client says so.
        true if grant.revoked_at.is_some() => Turn::Leave(Ok(None)),
        true => Turn::Revoke(Ok(Some(grant.user_id.clone()))),
        false => Turn::Leave(Err(RevokeError::OtherClient)),
    };
    let outcome = app.store.take_turn(token.grant, app.clock.now(), decide).await.map_err(Failure::from)?;
    if let Some(user) = outcome.unwrap_or(Ok(None))? {
        app.metrics.grant(Course::Revoked);
        let revoked = Entry::of(Kind::GrantRevoked).by(By::Client).account(&user);
        app.audit.note(revoked.client(&client.id).grant(token.grant));
    }
    Ok(())
}

/// Why nothing is revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// No `token`.
    #[error("token is missing")]
    NoToken,
    /// RFC 7009 §2.2.1.
    #[error("access tokens cannot be revoked; they end by themselves")]
    AccessToken,
    /// RFC 7009 §2.1: the request is refused.
    #[error("the token was not issued to this client")]
    OtherClient,
    /// Us.
    #[error("the token could not be revoked: try again later")]
    Failed(#[from] Failure),
}

impl Refusal for RevokeError {
    fn code(&self) -> ErrorCode {
        match self {
            RevokeError::NoToken => ErrorCode::InvalidRequest,
            RevokeError::AccessToken => ErrorCode::UnsupportedTokenType,
            RevokeError::OtherClient => ErrorCode::InvalidGrant,
            RevokeError::Failed(failure) => failure.code(),
        }
    }

    fn failure(&self) -> Option<&Failure> {
        match self {
            RevokeError::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}
