//! What a form of the account page carries: which action it is for, for whom, in which browser, and for how long. Sealed,
//! so that no other site can make one; used twice it does what is done already.

use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;

use crate::{app::App, flow::Failure, login::browser::Browser};

/// What the seal of a form is bound to.
const FORM: &str = "account";
/// What the seal of the words after an action is bound to.
const NOTICE: &str = "account_notice";

/// What can be done on the account page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Sign in, to see it.
    SignIn,
    /// Sign out of this browser.
    SignOut,
    /// End what one client was allowed.
    EndApp,
    /// End what every client was allowed.
    EndApps,
    /// Sign out of one other browser.
    EndSession,
    /// Sign out of every other browser.
    EndSessions,
    /// Another password.
    ChangePassword,
}

impl Action {
    /// What it is called where pages have their words.
    pub const fn key(self) -> &'static str {
        match self {
            Action::SignIn => "done_sign_in",
            Action::SignOut => "done_sign_out",
            Action::EndApp => "done_end_app",
            Action::EndApps => "done_end_apps",
            Action::EndSession => "done_end_session",
            Action::EndSessions => "done_end_sessions",
            Action::ChangePassword => "done_change_password",
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Ticket {
    action: Action,
    browser: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    user: Option<String>,
    expires_at: Timestamp,
}

/// Why a form is not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Void {
    Forged,
    OtherBrowser,
    OtherUser,
    Expired,
}

/// The sealed part of a form for `action`, for whoever is signed in now.
///
/// # Errors
/// It could not be written.
pub fn ticket(app: &App, browser: &Browser, action: Action) -> Result<String, Failure> {
    let user = browser.sign_in.as_ref().map(|sign_in| sign_in.user.id.clone());
    seal(app, FORM, Ticket { action, browser: browser.binding().to_owned(), user, expires_at: end(app) })
}

/// The action of a form that came back.
pub(super) fn open(app: &App, sealed: &str, browser: &Browser) -> Result<Action, Void> {
    let opened = app.secrets.open(FORM, sealed).ok_or(Void::Forged)?;
    let ticket: Ticket = serde_json::from_slice(&opened).map_err(|_| Void::Forged)?;
    let user = browser.sign_in.as_ref().map(|sign_in| &sign_in.user.id);
    // A form to sign in is good whoever is signed in by now.
    let is_theirs = ticket.action == Action::SignIn || ticket.user.as_ref() == user;
    match () {
        // First: what is prepared in a browser is bound anew when somebody else signs in there.
        () if !is_theirs => Err(Void::OtherUser),
        () if ticket.browser != browser.binding() => Err(Void::OtherBrowser),
        () if app.clock.now() >= ticket.expires_at => Err(Void::Expired),
        () => Ok(ticket.action),
    }
}

/// What the page that follows an action is to say, for the browser with this binding.
pub(super) fn notice(app: &App, binding: &str, action: Action) -> Result<String, Failure> {
    seal(app, NOTICE, Ticket { action, browser: binding.to_owned(), user: None, expires_at: end(app) })
}

/// What was done just before, if that is what the browser was told. Anything else says nothing.
pub fn done(app: &App, sealed: &str, browser: &Browser) -> Option<Action> {
    let ticket: Ticket = serde_json::from_slice(&app.secrets.open(NOTICE, sealed)?).ok()?;
    let holds = ticket.browser == browser.binding() && app.clock.now() < ticket.expires_at;
    holds.then_some(ticket.action)
}

fn seal(app: &App, purpose: &str, ticket: Ticket) -> Result<String, Failure> {
    Ok(app.secrets.seal(purpose, &serde_json::to_vec(&ticket)?))
}

fn end(app: &App) -> Timestamp {
    app.clock.now() + app.settings.lifetimes.page
}
