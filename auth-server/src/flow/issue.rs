//! What a redeemed code and a refreshed grant have in common: a signed access token and the next refresh token.

use shared::clock::Timestamp;

use crate::{
    app::App,
    flow::Failure,
    keys::mint::Grantee,
    oauth::{
        client::{Client, GrantType},
        refresh_token::{PURPOSE, RefreshToken},
        response::TokenResponse,
    },
};

/// What was granted, and to whose account.
#[derive(Clone, Debug)]
pub(super) struct Granted {
    pub(super) user: String,
    /// The configured string.
    pub(super) resource: String,
    /// Scopes of this access token, as the wire has them.
    pub(super) scope: String,
}

/// Signs the access token and derives the refresh token, for a client that may refresh.
pub(super) fn issue(
    app: &App,
    client: &Client,
    granted: Granted,
    refresh: RefreshToken,
    now: Timestamp,
) -> Result<TokenResponse, Failure> {
    let grantee = Grantee {
        subject: &granted.user,
        grant: Some(refresh.grant),
        client_id: &client.id,
        resource: &granted.resource,
        scope: &granted.scope,
    };
    // Who may not use one is not given one.
    let refresh_token = client
        .may_use(GrantType::RefreshToken)
        .then(|| refresh.to_text(&app.secrets.mac(PURPOSE, &refresh.body())));
    Ok(TokenResponse {
        access_token: app.mint.access_token(grantee, now)?,
        token_type: "Bearer",
        expires_in: app.mint.lifetime().as_secs(),
        refresh_token,
        id_token: None,
        scope: granted.scope,
    })
}
