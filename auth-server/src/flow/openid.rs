//! Who somebody is: what a client may demand of the sign-in, and the ID token that tells it (OpenID Connect Core §3.1).

use shared::clock::Timestamp;

use crate::{
    app::App,
    flow::{Failure, authorize::RequestRefusal},
    keys::id_token::Identity,
    oauth::{
        client::Client,
        code::Approval,
        openid::{self, Demands, OPENID, Prompt},
        parameters::Parameters,
    },
};

/// What an authorization request says of the sign-in behind its answer.
pub(super) struct Asked {
    pub(super) prompt: Prompt,
    pub(super) demands: Demands,
    pub(super) nonce: Option<String>,
}

/// Reads it. `ui_locales`, `acr_values`, `display` and `claims` are wishes, and are left alone.
pub(super) fn read(app: &App, parameters: &Parameters) -> Result<Asked, RequestRefusal> {
    let prompt = Prompt::parse(parameters.get("prompt").unwrap_or_default()).ok_or(RequestRefusal::Prompt)?;
    let max_age = match parameters.get("max_age") {
        None => None,
        Some(text) => Some(openid::max_age(text).ok_or(RequestRefusal::MaxAge)?),
    };
    let nonce = match parameters.get("nonce") {
        None => None,
        Some(text) => Some(openid::nonce(text).ok_or(RequestRefusal::Nonce)?.to_owned()),
    };
    // A hint that has expired still says who is meant; one that is not ours says nothing.
    let hint = parameters.get("id_token_hint").and_then(|token| app.mint.read_id_token(token));
    let demands = Demands { login: prompt.login, max_age, subject: hint.map(|claims| claims.sub) };
    Ok(Asked { prompt, demands, nonce })
}

/// The ID token that goes with an access token; none where `openid` was not granted.
pub(super) fn id_token(
    app: &App,
    client: &Client,
    approval: &Approval,
    access_token: &str,
    now: Timestamp,
) -> Result<Option<String>, Failure> {
    if !approval.scopes().contains(OPENID) {
        return Ok(None);
    }
    let identity = Identity {
        subject: &approval.user,
        client_id: &client.id,
        auth_time: approval.auth_time,
        nonce: approval.nonce.as_deref(),
        access_token,
    };
    Ok(Some(app.mint.id_token(identity, now)?))
}
