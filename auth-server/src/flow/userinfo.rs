//! UserInfo: who signed in, told to whoever holds their access token (OpenID Connect Core §5.3).

use std::time::Duration;

use shared::scope::Scopes;

use crate::{
    app::App,
    flow::{Failure, Refusal},
    keys::mint::grant_of,
    limits::Asked,
    oauth::{
        error::ErrorCode,
        openid::{EMAIL, OPENID, PROFILE, UserInfo},
    },
};

/// What the scopes of an access token allow to be told of the person behind it. A token for any of our resources will do.
///
/// # Errors
/// The token is none of ours, has ended, or came without `openid`.
pub async fn tell(app: &App, access_token: &str) -> Result<UserInfo, UserInfoError> {
    let claims = app.mint.read_access_token(access_token).ok_or(UserInfoError::Unknown)?;
    if app.clock.now() >= claims.exp {
        return Err(UserInfoError::Expired);
    }
    let scopes = Scopes::parse(&claims.scope).unwrap_or_default();
    if !scopes.contains(OPENID) {
        return Err(UserInfoError::Scope);
    }
    // A client that acts for itself has no grant, and is nobody.
    let grant = grant_of(&claims.jti).ok_or(UserInfoError::Nobody)?;
    app.limits.check(Asked::UserInfo(grant)).map_err(UserInfoError::Wait)?;
    let user = app.store.user_of_grant(grant).await.map_err(Failure::from)?;
    let user = user.filter(|user| user.id == claims.sub).ok_or(UserInfoError::Ended)?;
    if app.clients.is_blocked(&claims.client_id).await.map_err(Failure::from)? {
        return Err(UserInfoError::Ended);
    }
    let told = |scope: &str| scopes.contains(scope).then(|| user.email.clone());
    Ok(UserInfo {
        email: told(EMAIL),
        email_verified: scopes.contains(EMAIL).then_some(user.email_verified),
        preferred_username: told(PROFILE),
        sub: user.id,
    })
}

/// Why nobody is told of.
#[derive(Debug, thiserror::Error)]
pub enum UserInfoError {
    /// No token.
    #[error("an access token is needed")]
    NoToken,
    /// Two of them, or something that is no token.
    #[error("the Authorization header does not hold one access token")]
    Malformed,
    /// Not one of ours.
    #[error("the access token is not valid")]
    Unknown,
    /// Too late.
    #[error("the access token has expired")]
    Expired,
    /// Its grant was revoked, the account is gone, or the client is shut out.
    #[error("the access token is not valid")]
    Ended,
    /// It speaks for a client, not for a person.
    #[error("the access token is not valid")]
    Nobody,
    /// Nobody allowed this client to learn who they are.
    #[error("the access token came without the scope openid")]
    Scope,
    /// Asked too often with this grant, and so long to wait.
    #[error("too many requests")]
    Wait(Duration),
    /// Us.
    #[error("this cannot be told now: try again later")]
    Failed(#[from] Failure),
}

impl Refusal for UserInfoError {
    fn code(&self) -> ErrorCode {
        match self {
            UserInfoError::NoToken
            | UserInfoError::Malformed
            | UserInfoError::Unknown
            | UserInfoError::Expired
            | UserInfoError::Ended
            | UserInfoError::Nobody => ErrorCode::InvalidToken,
            UserInfoError::Scope => ErrorCode::InsufficientScope,
            UserInfoError::Wait(_) => ErrorCode::TemporarilyUnavailable,
            UserInfoError::Failed(failure) => failure.code(),
        }
    }

    fn failure(&self) -> Option<&Failure> {
        match self {
            UserInfoError::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}
