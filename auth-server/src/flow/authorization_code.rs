//! Redeeming an authorization code: OAuth 2.1 §4.1.3.

use shared::clock::Timestamp;

use crate::{
    app::App,
    audit::{By, Entry, Kind},
    flow::{
        Failure, Refusal,
        issue::{Granted, issue},
        openid,
    },
    metrics::Course,
    oauth::{
        client::Client,
        code::{Approval, PURPOSE},
        error::ErrorCode,
        parameters::Parameters,
        redirect::RedirectUri,
        refresh_token::RefreshToken,
        response::TokenResponse,
    },
    store::redemption::Redemption,
};

/// Redeems the code of a token request, once.
///
/// # Errors
/// Why it is not redeemed. Unknown, replayed and another client's look the same outside.
pub async fn redeem(
    app: &App,
    client: &Client,
    parameters: &Parameters,
) -> Result<TokenResponse, RedeemError> {
    let now = app.clock.now();
    let approval = check(app, client, parameters)?;
    if now >= approval.expires_at {
        return Err(RedeemError::Expired);
    }
    let verifier = parameters.get("code_verifier").ok_or(RedeemError::NoVerifier)?;
    if !approval.challenge.is_met_by(verifier) {
        return Err(RedeemError::Verifier);
    }
    let entry = app.settings.catalogue.select(Some(&approval.resource)).ok_or(RedeemError::Resource)?;
    // RFC 8707 §2.2: the same resource, or none.
    if parameters.get("resource").is_some_and(|text| !entry.resource.is_named_by(text)) {
        return Err(RedeemError::Resource);
    }
    // Signed while the grant is committed: neither has to wait for the other.
    let sign = |redemption: &Redemption| match redemption {
        Redemption::Granted(first) => Some(respond(app, client, &approval, (*first, now))),
        Redemption::Replayed { .. } | Redemption::NoUser | Redemption::NoClient => None,
    };
    let redeemed = app.store.redeem((approval.clone(), client.id.clone()), now, sign).await;
    let (redemption, response) = redeemed.map_err(Failure::from)?;
    let first = match redemption {
        Redemption::Granted(first) => first,
        Redemption::Replayed { grant, was_live } => {
            app.metrics.grant(Course::Replayed);
            let of = |kind| Entry::of(kind).account(&approval.user).client(&client.id).grant(grant);
            app.audit.note(of(Kind::CodeReplayed));
            if was_live {
                app.audit.note(of(Kind::GrantRevoked).by(By::Replay));
            }
            return Err(RedeemError::Replayed { user: approval.user.clone() });
        }
        Redemption::NoUser => return Err(RedeemError::NoUser),
        Redemption::NoClient => return Err(RedeemError::NoClient),
    };
    app.metrics.grant(Course::Made);
    let made = Entry::of(Kind::GrantMade).account(&approval.user).client(&client.id).grant(first.grant);
    app.audit.note(made.access(&approval.resource, &approval.scope));
    app.clients.let_in(client).await;
    Ok(response.ok_or(RedeemError::Unknown)??)
}

/// The tokens of a new grant.
fn respond(
    app: &App,
    client: &Client,
    approval: &Approval,
    (first, now): (RefreshToken, Timestamp),
) -> Result<TokenResponse, Failure> {
    let granted = Granted {
        user: approval.user.clone(),
        resource: approval.resource.clone(),
        scope: approval.scope.clone(),
    };
    let issued = issue(app, client, granted, first, now)?;
    let id_token = openid::id_token(app, client, approval, &issued.access_token, now)?;
    Ok(TokenResponse { id_token, ..issued })
}

/// The approval a request's code stands for, if it was given to this client and sent where the request says.
fn check(app: &App, client: &Client, parameters: &Parameters) -> Result<Approval, RedeemError> {
    // Judged before the code, so that a client with a wrong redirect URI learns what is wrong.
    let redirect_uri = match parameters.get("redirect_uri").map(RedirectUri::parse) {
        None => None,
        Some(Ok(uri)) if client.metadata.redirect_uris.iter().any(|own| own.admits(&uri)) => Some(uri),
        Some(_) => return Err(RedeemError::RedirectUri),
    };
    let code = parameters.get("code").ok_or(RedeemError::NoCode)?;
    let opened = app.secrets.open(PURPOSE, code).ok_or(RedeemError::Unknown)?;
    let approval: Approval = serde_json::from_slice(&opened).map_err(|_| RedeemError::Unknown)?;
    if !approval.is_for(&client.id) {
        return Err(RedeemError::OtherClient { user: approval.user });
    }
    // OAuth 2.1 §10.2: no longer required, but compared where it is sent.
    if redirect_uri.is_some_and(|uri| uri != approval.redirect_uri) {
        return Err(RedeemError::RedirectUri);
    }
    Ok(approval)
}

/// Why a code is not redeemed.
#[derive(Debug, thiserror::Error)]
pub enum RedeemError {
    /// No `code`.
    #[error("code is missing")]
    NoCode,
    /// No `code_verifier`.
    #[error("code_verifier is missing")]
    NoVerifier,
    /// Not the one the code was sent to.
    #[error("redirect_uri is not the one of the authorization request")]
    RedirectUri,
    /// Not one of ours.
    #[error("the code is not valid")]
    Unknown,
    /// Redeemed before; its grant is revoked.
    #[error("the code is not valid")]
    Replayed {
        /// Whose grant it was.
        user: String,
    },
    /// Given to another client.
    #[error("the code is not valid")]
    OtherClient {
        /// Who had allowed it.
        user: String,
    },
    /// The account is gone.
    #[error("the code is not valid")]
    NoUser,
    /// Shut out while its request was on the way.
    #[error("the code is not valid")]
    NoClient,
    /// Too late.
    #[error("the code has expired")]
    Expired,
    /// It did not make the challenge.
    #[error("code_verifier does not fit the code_challenge")]
    Verifier,
    /// Another resource than the one that was allowed.
    #[error("resource is not the one of the authorization request")]
    Resource,
    /// Us.
    #[error("the code could not be redeemed: try again later")]
    Failed(#[from] Failure),
}

impl Refusal for RedeemError {
    fn code(&self) -> ErrorCode {
        match self {
            RedeemError::NoCode | RedeemError::NoVerifier => ErrorCode::InvalidRequest,
            RedeemError::RedirectUri
            | RedeemError::Unknown
            | RedeemError::Replayed { .. }
            | RedeemError::OtherClient { .. }
            | RedeemError::NoUser
            | RedeemError::NoClient
            | RedeemError::Expired
            | RedeemError::Verifier => ErrorCode::InvalidGrant,
            RedeemError::Resource => ErrorCode::InvalidTarget,
            RedeemError::Failed(failure) => failure.code(),
        }
    }

    fn failure(&self) -> Option<&Failure> {
        match self {
            RedeemError::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}
