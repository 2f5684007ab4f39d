//! Introspection: RFC 7662. Whoever asks learns of its own tokens, and a resource of those that were issued for it.

use std::time::Duration;

use shared::{claims::AccessTokenClaims, clock::Timestamp};

use crate::{
    app::App,
    clients::FindError,
    flow::{
        Failure, Refusal,
        client_credentials::SUBJECT,
        refresh_token::{self, Limits, Move, judge},
    },
    keys::mint::grant_of,
    oauth::{
        client::{Client, Origin},
        error::ErrorCode,
        introspection::{ActiveToken, Introspection},
        parameters::Parameters,
        refresh_token::RefreshToken,
    },
};

/// What is to be told of the token of a request. Whether it is unknown, over, or none of the asker's business looks the same.
///
/// # Errors
/// There is no token, or we could not look.
pub async fn introspect(
    app: &App,
    asker: &Client,
    parameters: &Parameters,
) -> Result<Introspection, IntrospectError> {
    let text = parameters.get("token").ok_or(IntrospectError::NoToken)?;
    // The hint is not needed: no two kinds of token look alike (RFC 7662 §2.1).
    let token = if let Some(claims) = app.mint.read_access_token(text) {
        access_token(app, asker, &claims).await?
    } else if let Some(token) = refresh_token::open(app, text) {
        refresh_token(app, asker, token).await?
    } else {
        None
    };
    Ok(Introspection::from(token))
}

async fn access_token(
    app: &App,
    asker: &Client,
    claims: &AccessTokenClaims,
) -> Result<Option<ActiveToken>, Failure> {
    let is_for_asker = claims.client_id == asker.id || serves(asker, &claims.aud);
    if !is_for_asker || app.clock.now() >= claims.exp || !still_holds(app, asker, claims).await? {
        return Ok(None);
    }
    Ok(Some(ActiveToken {
        scope: claims.scope.clone(),
        client_id: claims.client_id.clone(),
        token_type: Some("Bearer"),
        exp: claims.exp,
        iat: claims.iat,
        sub: claims.sub.clone(),
        aud: claims.aud.clone(),
        iss: claims.iss.clone(),
        jti: Some(claims.jti.clone()),
    }))
}

/// Whether the asker is the resource that tokens for `aud` are meant for.
fn serves(asker: &Client, aud: &str) -> bool {
    match &asker.origin {
        Origin::Preregistered(by_operator) => by_operator.resource_server.as_deref() == Some(aud),
        Origin::Dynamic | Origin::Document { .. } => false,
    }
}

/// Whether what an access token stands on is still there: its grant, and with it the account, or the client that acts for
/// itself; and that the client is not shut out.
async fn still_holds(app: &App, asker: &Client, claims: &AccessTokenClaims) -> Result<bool, Failure> {
    let Some(grant) = grant_of(&claims.jti) else {
        let found = match claims.sub.strip_prefix(SUBJECT) {
            Some(id) if id == claims.client_id => app.clients.find(id).await,
            _ => Err(FindError::Unknown),
        };
        return match found {
            Err(FindError::Database(error)) => Err(error.into()),
            found => Ok(found.is_ok()),
        };
    };
    let grant = app.store.grant(grant).await?;
    let lives = grant.is_some_and(|grant| grant.revoked_at.is_none() && grant.user_id == claims.sub);
    // The asker was let in just now.
    Ok(lives && (claims.client_id == asker.id || !app.clients.is_blocked(&claims.client_id).await?))
}

/// A refresh token is told of to its own client alone, and looking at it uses nothing up.
async fn refresh_token(
    app: &App,
    asker: &Client,
    token: RefreshToken,
) -> Result<Option<ActiveToken>, Failure> {
    let now = app.clock.now();
    let limits = Limits {
        lifetime: app.settings.lifetimes.refresh_token,
        grace: app.settings.lifetimes.refresh_grace,
    };
    let grant = app.store.grant(token.grant).await?.filter(|grant| grant.client_id == asker.id);
    let Some(grant) = grant else { return Ok(None) };
    let until = |span: Duration| -> Timestamp { grant.rotated_at + span };
    let exp = match judge(&grant, token.generation, now, limits) {
        Move::Rotate => until(limits.lifetime),
        Move::ServeAgain => until(limits.grace),
        Move::Reuse | Move::Ended => return Ok(None),
    };
    Ok(Some(ActiveToken {
        scope: grant.scope,
        client_id: grant.client_id,
        token_type: None,
        exp,
        iat: grant.rotated_at,
        sub: grant.user_id,
        aud: grant.resource,
        iss: app.settings.issuer.as_str().to_owned(),
        jti: None,
    }))
}

/// Why nothing is told.
#[derive(Debug, thiserror::Error)]
pub enum IntrospectError {
    /// No `token`.
    #[error("token is missing")]
    NoToken,
    /// Us.
    #[error("the token could not be looked at: try again later")]
    Failed(#[from] Failure),
}

impl Refusal for IntrospectError {
    fn code(&self) -> ErrorCode {
        match self {
            IntrospectError::NoToken => ErrorCode::InvalidRequest,
            IntrospectError::Failed(failure) => failure.code(),
        }
    }

    fn failure(&self) -> Option<&Failure> {
        match self {
            IntrospectError::NoToken => None,
            IntrospectError::Failed(failure) => Some(failure),
        }
    }
}
