//! What the values of ours in a request stand for: a code, a refresh token and a page say when they were made and for whom.

use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;

use super::{Attempt, browser_digest, masked};
use crate::{
    app::App,
    flow::refresh_token,
    oauth::{
        authorization_request::{self, AuthorizationRequest},
        code::{self, Approval},
    },
};

/// What stood behind a value that we had made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// A code.
    Code {
        /// When it was.
        issued_at: Timestamp,
        /// Until when it was good.
        expires_at: Timestamp,
        /// Where it was sent.
        redirect_uri: String,
        /// For what.
        resource: String,
        /// With which scopes.
        scope: String,
        /// Whether the client that brought it is the one it was given to.
        is_same_client: bool,
    },
    /// A refresh token.
    RefreshToken {
        /// How often its grant had been refreshed when it was issued.
        generation: i64,
    },
    /// A page.
    Page {
        /// Until when it was good.
        expires_at: Timestamp,
        /// Where the answer goes.
        redirect_uri: String,
        /// For what.
        resource: String,
        /// With which scopes.
        scope: String,
        /// Whether the browser that sent it is the one it was made for, as far as its cookie shows.
        is_same_browser: bool,
    },
}

/// The authorization request of a page.
pub(super) fn page(app: &App, attempt: &Attempt) -> Option<AuthorizationRequest> {
    let opened = app.secrets.open(authorization_request::PURPOSE, attempt.get("request")?)?;
    serde_json::from_slice(&opened).ok()
}

/// What is known, and the grant it belongs to.
pub(super) fn read(
    app: &App,
    attempt: &Attempt,
    client_id: Option<&str>,
    page: Option<&AuthorizationRequest>,
) -> (Vec<Held>, Option<i64>) {
    let approval = attempt.get("code").and_then(|code| open_code(app, code));
    let token = attempt.get("refresh_token").or(attempt.get("token"));
    let token = token.and_then(|token| refresh_token::open(app, token));
    let grant = approval.as_ref().map(|approval| approval.grant).or(token.map(|token| token.grant));
    let held = [
        approval.map(|approval| Held::Code {
            issued_at: approval.expires_at - app.settings.lifetimes.code,
            expires_at: approval.expires_at,
            redirect_uri: masked::text(approval.redirect_uri.as_str()),
            resource: masked::text(&approval.resource),
            scope: masked::text(&approval.scope),
            is_same_client: client_id.is_some_and(|id| approval.is_for(id)),
        }),
        token.map(|token| Held::RefreshToken { generation: token.generation }),
        page.map(|request| Held::Page {
            expires_at: request.expires_at,
            redirect_uri: masked::text(request.redirect_uri.as_str()),
            resource: masked::text(&request.resource),
            scope: masked::text(&request.scope),
            is_same_browser: attempt.cookie.as_deref().map(browser_digest).as_deref()
                == Some(&request.browser),
        }),
    ];
    (held.into_iter().flatten().collect(), grant)
}

fn open_code(app: &App, code: &str) -> Option<Approval> {
    serde_json::from_slice(&app.secrets.open(code::PURPOSE, code)?).ok()
}
