//! Whose token requests are counted together.

use std::time::Duration;

use crate::{
    app::App,
    flow::refresh_token,
    limits::Asked,
    oauth::{
        client::{Client, GrantType},
        code::{Approval, PURPOSE},
        parameters::Parameters,
    },
};

/// Counts a token request of a client: by what it stands on, for a client may ask for many people. What we never gave is
/// refused without a look at the database, and not counted.
///
/// # Errors
/// How long to wait.
pub fn token(
    app: &App,
    client: &Client,
    grant_type: GrantType,
    parameters: &Parameters,
) -> Result<(), Duration> {
    let grant = match grant_type {
        GrantType::ClientCredentials => return app.limits.check(Asked::Client(&client.id)),
        GrantType::RefreshToken => {
            let token = parameters.get("refresh_token").and_then(|text| refresh_token::open(app, text));
            token.map(|token| token.grant)
        }
        GrantType::AuthorizationCode => parameters.get("code").and_then(|code| grant_of(app, code)),
    };
    grant.map_or(Ok(()), |grant| app.limits.check(Asked::Grant(grant)))
}

/// Counts a client that ends a grant. What is no token of ours ends nothing, and is not counted.
///
/// # Errors
/// How long to wait.
pub fn revocation(app: &App, parameters: &Parameters) -> Result<(), Duration> {
    let token = parameters.get("token").and_then(|text| refresh_token::open(app, text));
    token.map_or(Ok(()), |token| app.limits.check(Asked::Revocation(token.grant)))
}

/// Counts a question of a client about a token.
///
/// # Errors
/// How long to wait.
pub fn introspection(app: &App, asker: &Client) -> Result<(), Duration> {
    app.limits.check(Asked::Introspection(&asker.id))
}

fn grant_of(app: &App, code: &str) -> Option<i64> {
    let approval: Approval = serde_json::from_slice(&app.secrets.open(PURPOSE, code)?).ok()?;
    Some(approval.grant)
}
