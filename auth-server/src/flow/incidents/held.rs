//! What the values of ours in a request stand for: a code, a refresh token and a page say when they were made and for whom.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::clock::Timestamp;

use super::{Attempt, browser_digest, masked};
use crate::{
    app::App,
    flow::refresh_token,
    oauth::{
        authorization_request::{self, AuthorizationRequest},
        code::{self, Approval},
        refresh_token::RefreshToken,
    },
};

/// What stood behind a value that we had made, or that a client had signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// A code.
    Code {
        /// When the authorization request came, where the code says so.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        asked_at: Option<Timestamp>,
        /// When it was, which is when somebody allowed it.
        issued_at: Timestamp,
        /// Until when it was good.
        expires_at: Timestamp,
        /// Where it was sent.
        redirect_uri: String,
        /// For what.
        resource: String,
        /// With which scopes.
        scope: String,
        /// The id of the account that allowed it.
        user: String,
        /// Whether the client that brought it is the one it was given to.
        is_same_client: bool,
        /// Whether the verifier beside it makes its challenge; none where there was no verifier.
        is_verified: Option<bool>,
    },
    /// A refresh token.
    RefreshToken {
        /// How often its grant had been refreshed when it was issued.
        generation: i64,
    },
    /// A page.
    Page {
        /// When its authorization request came.
        asked_at: Timestamp,
        /// Until when it was good.
        expires_at: Timestamp,
        /// Where the answer goes.
        redirect_uri: String,
        /// For what.
        resource: String,
        /// With which scopes.
        scope: String,
        /// The id of the account it named.
        user: Option<String>,
        /// Whether the browser that sent it is the one it was made for, as far as its cookie shows.
        is_same_browser: bool,
    },
    /// A client assertion, as it says of itself.
    Assertion {
        /// Whom it is meant for.
        audience: String,
        /// Until when it is good.
        expires_at: Option<Timestamp>,
    },
}

/// The authorization request of a page.
pub(super) fn page(app: &App, attempt: &Attempt) -> Option<AuthorizationRequest> {
    let opened = app.secrets.open(authorization_request::PURPOSE, attempt.get("request")?)?;
    serde_json::from_slice(&opened).ok()
}

/// The code and the refresh token of a request, where they are ours.
pub(super) struct Ours {
    approval: Option<Approval>,
    token: Option<RefreshToken>,
}

impl Ours {
    pub(super) fn open(app: &App, attempt: &Attempt) -> Ours {
        let approval = attempt.get("code").and_then(|code| open_code(app, code));
        let token = attempt.get("refresh_token").or(attempt.get("token"));
        Ours { approval, token: token.and_then(|token| refresh_token::open(app, token)) }
    }

    /// The grant they belong to: somebody who has an account made it.
    pub(super) fn grant(&self) -> Option<i64> {
        self.approval.as_ref().map(|approval| approval.grant).or(self.token.map(|token| token.grant))
    }
}

/// What is known of them, of the page and of an assertion.
pub(super) fn read(
    app: &App,
    attempt: &Attempt,
    client_id: Option<&str>,
    (ours, page): (Ours, Option<&AuthorizationRequest>),
) -> Vec<Held> {
    let verifier = attempt.get("code_verifier");
    let held = [
        ours.approval.map(|approval| Held::Code {
            asked_at: approval.asked_at,
            issued_at: approval.expires_at - app.settings.lifetimes.code,
            expires_at: approval.expires_at,
            redirect_uri: masked::text(approval.redirect_uri.as_str()),
            resource: masked::text(&approval.resource),
            scope: masked::text(&approval.scope),
            is_same_client: client_id.is_some_and(|id| approval.is_for(id)),
            is_verified: verifier.map(|verifier| approval.challenge.is_met_by(verifier)),
            user: approval.user,
        }),
        ours.token.map(|token| Held::RefreshToken { generation: token.generation }),
        page.map(|request| Held::Page {
            asked_at: request.expires_at - app.settings.lifetimes.page,
            expires_at: request.expires_at,
            redirect_uri: masked::text(request.redirect_uri.as_str()),
            resource: masked::text(&request.resource),
            scope: masked::text(&request.scope),
            user: request.user.clone(),
            is_same_browser: attempt.cookie.as_deref().map(browser_digest).as_deref()
                == Some(&request.browser),
        }),
        attempt.get("client_assertion").and_then(assertion),
    ];
    held.into_iter().flatten().collect()
}

fn open_code(app: &App, code: &str) -> Option<Approval> {
    serde_json::from_slice(&app.secrets.open(code::PURPOSE, code)?).ok()
}

/// Nothing of it is proven.
fn assertion(text: &str) -> Option<Held> {
    let claims: Value = jsonwebtoken::dangerous::insecure_decode_claims(text).ok()?;
    let audience = match &claims["aud"] {
        Value::String(one) => one.clone(),
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" and "),
        _ => "nobody".to_owned(),
    };
    let expires_at = claims["exp"].as_i64().map(Timestamp);
    Some(Held::Assertion { audience: masked::text(&audience), expires_at })
}
