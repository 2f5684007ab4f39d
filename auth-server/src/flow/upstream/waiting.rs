//! What waits while somebody is at a provider: sealed, for one browser, good once and for ten minutes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;

use super::UpstreamRefusal;
use crate::{
    app::App,
    flow::{Failure, account::Destination, approve::DecisionError, passkeys::FRESH},
    login::{
        browser::{Browser, cookie_digest as digest},
        upstream::Errand,
    },
    oauth::{authorization_request::AuthorizationRequest, openid::Demands},
    store::{
        reseal::Sealed,
        upstream_attempts::{Attempt, Room},
    },
};

/// What the seal is bound to.
const PURPOSE: &str = Sealed::UpstreamAttempts.purpose();
/// How long somebody may take there.
const LIFETIME: Duration = Duration::from_secs(600);
/// How many may be on the way: from one browser, and in all.
const ROOM: Room = Room { of_browser: 8, of_all: 100_000 };

/// What waits for somebody to come back.
#[derive(Serialize, Deserialize)]
pub(super) struct Waiting {
    /// What for.
    pub goal: Goal,
    /// What the answer must fit.
    pub errand: Errand,
    /// When they left.
    pub at: Timestamp,
}

/// What somebody signs in for.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Goal {
    /// To answer a client, which they have allowed to get in.
    Request(Box<AuthorizationRequest>),
    /// To see a page of their own.
    Page(Destination),
}

impl Goal {
    /// What the sign-in must be.
    pub fn demands(&self) -> Demands {
        match self {
            Goal::Request(request) => request.demands.clone(),
            Goal::Page(Destination::Account) => Demands::default(),
            // As fresh there as it must be here.
            Goal::Page(Destination::Passkeys) => {
                Demands { max_age: Some(FRESH.as_secs()), ..Demands::default() }
            }
        }
    }
}

impl Waiting {
    /// Keeps it under a state.
    pub async fn keep(&self, app: &App, state: &str, browser: &Browser) -> Result<(), DecisionError> {
        let attempt = Attempt {
            id: digest(state),
            browser: browser.binding().to_owned(),
            sealed: app.secrets.seal(PURPOSE, &serde_json::to_vec(self).map_err(Failure::from)?),
            expires_at: self.at + LIFETIME,
        };
        match app.store.add_upstream_attempt(attempt, ROOM, self.at).await.map_err(Failure::from)? {
            true => Ok(()),
            false => Err(UpstreamRefusal::Full.into()),
        }
    }

    /// What waits under this state for this browser, once.
    pub async fn take(app: &App, state: Option<&str>, browser: &Browser) -> Result<Waiting, DecisionError> {
        let state = state.ok_or(UpstreamRefusal::Unknown)?;
        let binding = browser.binding().to_owned();
        let sealed = app.store.take_upstream_attempt(digest(state), binding, app.clock.now()).await;
        let sealed = sealed.map_err(Failure::from)?.ok_or(UpstreamRefusal::Unknown)?;
        let opened = app.secrets.open(PURPOSE, &sealed).ok_or(UpstreamRefusal::Unknown)?;
        // What an earlier version sealed is not read any more.
        Ok(serde_json::from_slice(&opened).map_err(|_| UpstreamRefusal::Unknown)?)
    }
}
