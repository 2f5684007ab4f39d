//! Refreshing: OAuth 2.1 §4.3, with rotation, reuse detection and a grace in which the same successor is served again.

use std::time::Duration;

use shared::{clock::Timestamp, scope::Scopes};

use crate::{
    app::App,
    audit::{By, Entry, Kind},
    flow::{
        Failure, Refusal,
        issue::{Granted, issue},
    },
    metrics::Course,
    oauth::{
        client::Client,
        error::ErrorCode,
        parameters::Parameters,
        refresh_token::{PURPOSE, RefreshToken},
        response::TokenResponse,
    },
    store::grants::{Grant, Turn},
};

/// What presenting a generation of a grant leads to. Everything but the row is in the request, so this alone is the state
/// machine that the property tests drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// It is the current one: go to the next.
    Rotate,
    /// It is the one before, within the grace: the same successor again.
    ServeAgain,
    /// It is older, or the grace is over: somebody else holds it too.
    Reuse,
    /// The grant is revoked, or was not refreshed in time.
    Ended,
}

/// How long a grant and its grace last.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the last refresh.
    pub lifetime: Duration,
    /// In which the predecessor is still answered; zero is strict.
    pub grace: Duration,
}

/// Decides for a row.
pub fn judge(grant: &Grant, presented: i64, now: Timestamp, limits: Limits) -> Move {
    let age = now.since(grant.rotated_at);
    if grant.has_ended(now, limits.lifetime) {
        Move::Ended
    } else if presented == grant.generation {
        Move::Rotate
    } else if presented == grant.generation - 1 && !limits.grace.is_zero() && age <= limits.grace {
        Move::ServeAgain
    } else {
        Move::Reuse
    }
}

/// Redeems the refresh token of a token request and issues its successor.
///
/// # Errors
/// Why it is not redeemed.
pub async fn refresh(
    app: &App,
    client: &Client,
    parameters: &Parameters,
) -> Result<TokenResponse, RefreshError> {
    let now = app.clock.now();
    let presented = parameters.get("refresh_token").ok_or(RefreshError::NoToken)?;
    let token = open(app, presented).ok_or(RefreshError::Unknown)?;
    let narrowed = parameters.get("scope").map(Scopes::parse).transpose().map_err(|_| RefreshError::Scope)?;
    let resource = match parameters.get("resource") {
        None => None,
        Some(text) => {
            let entry = app.settings.catalogue.select(Some(text)).ok_or(RefreshError::Resource)?;
            Some(entry.resource.as_str().to_owned())
        }
    };
    let limits = Limits {
        lifetime: app.settings.lifetimes.refresh_token,
        grace: app.settings.lifetimes.refresh_grace,
    };
    let client_id = client.id.clone();
    let decide = move |grant: &Grant| -> Turn<Result<Granted, RefreshError>> {
        if let Err(refusal) = fits(grant, &client_id, resource.as_deref(), narrowed.as_ref()) {
            return Turn::Leave(Err(refusal));
        }
        let scope = narrowed.as_ref().map_or_else(|| grant.scope.clone(), Scopes::to_string);
        let granted = Granted { user: grant.user_id.clone(), resource: grant.resource.clone(), scope };
        match judge(grant, token.generation, now, limits) {
            Move::Rotate => Turn::Rotate(Ok(granted)),
            Move::ServeAgain => Turn::Leave(Ok(granted)),
            Move::Reuse => Turn::Revoke(Err(RefreshError::Reused { user: granted.user })),
            Move::Ended => Turn::Leave(Err(RefreshError::Ended)),
        }
    };
    // Signed while the turn is committed: neither has to wait for the other.
    let sign = |decided: &Option<Result<Granted, RefreshError>>| match decided {
        Some(Ok(granted)) => Some(issue(app, client, granted.clone(), token.successor(), now)),
        _ => None,
    };
    let taken = app.store.take_turn_while((token.grant, now), decide, sign).await;
    let (decided, issued) = taken.map_err(Failure::from)?;
    decided.ok_or(RefreshError::Unknown)?.inspect_err(|refusal| {
        if let RefreshError::Reused { user } = refusal {
            app.metrics.grant(Course::Reused);
            let of = |kind| Entry::of(kind).account(user).client(&client.id).grant(token.grant);
            app.audit.note(of(Kind::RefreshTokenReused));
            app.audit.note(of(Kind::GrantRevoked).by(By::Replay));
        }
    })?;
    app.metrics.grant(Course::Refreshed);
    Ok(issued.ok_or(RefreshError::Unknown)??)
}

/// The token a text stands for, if we made it.
pub fn open(app: &App, text: &str) -> Option<RefreshToken> {
    let (token, mac) = RefreshToken::claimed(text)?;
    app.secrets.verify_mac(PURPOSE, &token.body(), &mac).then_some(token)
}

/// OAuth 2.1 §4.3.1: bound to client, resource and scopes. Judged before anything is spent.
fn fits(
    grant: &Grant,
    client_id: &str,
    resource: Option<&str>,
    narrowed: Option<&Scopes>,
) -> Result<(), RefreshError> {
    if grant.client_id != client_id {
        return Err(RefreshError::OtherClient { user: grant.user_id.clone() });
    }
    if resource.is_some_and(|resource| resource != grant.resource) {
        return Err(RefreshError::Resource);
    }
    let granted = Scopes::parse(&grant.scope).unwrap_or_default();
    match narrowed.is_none_or(|scopes| !scopes.is_empty() && granted.contains_all(scopes)) {
        true => Ok(()),
        false => Err(RefreshError::Scope),
    }
}

/// Why a refresh token is not redeemed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// No `refresh_token`.
    #[error("refresh_token is missing")]
    NoToken,
    /// Not one of ours.
    #[error("the refresh token is no longer valid")]
    Unknown,
    /// Revoked, or not used in time.
    #[error("the refresh token is no longer valid")]
    Ended,
    /// Used again after its grace: the grant is revoked.
    #[error("the refresh token is no longer valid")]
    Reused {
        /// Whose grant it was.
        user: String,
    },
    /// Issued to another client.
    #[error("the refresh token is no longer valid")]
    OtherClient {
        /// Whose grant it is.
        user: String,
    },
    /// Malformed, or more than was granted.
    #[error("scope is not part of what was granted")]
    Scope,
    /// Another resource than the granted one.
    #[error("resource is not the one of the grant")]
    Resource,
    /// Us.
    #[error("the token could not be refreshed: try again later")]
    Failed(#[from] Failure),
}

impl Refusal for RefreshError {
    fn code(&self) -> ErrorCode {
        match self {
            RefreshError::NoToken => ErrorCode::InvalidRequest,
            RefreshError::Unknown
            | RefreshError::Ended
            | RefreshError::Reused { .. }
            | RefreshError::OtherClient { .. } => ErrorCode::InvalidGrant,
            RefreshError::Scope => ErrorCode::InvalidScope,
            RefreshError::Resource => ErrorCode::InvalidTarget,
            RefreshError::Failed(failure) => failure.code(),
        }
    }

    fn failure(&self) -> Option<&Failure> {
        match self {
            RefreshError::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}
