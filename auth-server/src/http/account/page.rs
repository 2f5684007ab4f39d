//! What the account page and its sign-in say. What a client says of itself is text here, never markup.

use askama::Template;

use super::{device, moment};
use crate::{
    app::App,
    flow::{
        account::{ConnectedApp, Overview, Session, Use},
        incidents::Told,
    },
    http::{
        page::{shown_name, signed_in_as},
        words::Words,
    },
};

/// So many signed-in browsers are listed at once; the others can be unfolded.
const FEW: usize = 5;

/// Everything about an account, and a button for each end.
#[derive(Template)]
#[template(path = "account.html")]
pub(super) struct AccountPage<'a> {
    pub words: &'a Words,
    pub service_name: &'a str,
    pub style_path: &'a str,
    /// Where the forms are sent.
    pub action: &'a str,
    /// Whose account it is.
    pub person: &'a str,
    /// What was done just before.
    pub notice: Option<&'a str>,
    /// Why nothing was done just before.
    pub problem: Option<&'a Told>,
    /// Whether that was about the password.
    pub is_about_password: bool,
    pub apps: Vec<AppView>,
    /// What of an ended application goes on, and how long.
    pub ending: String,
    pub sessions: Vec<SessionView>,
    pub has_password: bool,
    /// How they sign in who have none.
    pub ways: Vec<String>,
    /// How many passkeys there are, in words, where there can be any.
    pub passkeys: Option<String>,
    /// Which ones another password leaves.
    pub passkeys_stay: Option<String>,
    /// Where those are.
    pub passkeys_path: &'a str,
    pub tickets: Tickets,
}

/// The sealed part of each form.
pub(super) struct Tickets {
    pub sign_out: String,
    pub end_app: String,
    pub end_apps: String,
    pub end_session: String,
    pub end_sessions: String,
    pub change_password: String,
}

/// A connected application as it is read.
pub(super) struct AppView {
    pub id: String,
    pub name: String,
    pub host: Option<String>,
    pub answered_at: Vec<String>,
    pub uses: Vec<UseView>,
    pub used: String,
    /// What its button does, where it is not seen beside its name.
    pub end: String,
}

/// A resource and what may be done there, as it is read.
pub(super) struct UseView {
    pub resource: String,
    pub scopes: Vec<String>,
}

/// A signed-in browser as it is read.
pub(super) struct SessionView {
    pub id: String,
    pub device: String,
    pub since: String,
    pub is_this: bool,
    /// What its button does, where it is not seen beside its name.
    pub end: String,
}

impl AccountPage<'_> {
    fn signed_in_as(&self) -> String {
        signed_in_as(&self.words.account, self.person)
    }

    fn has_others(&self) -> bool {
        self.sessions.iter().any(|session| !session.is_this)
    }

    /// How many signed-in browsers are folded away.
    fn hidden(&self) -> usize {
        self.sessions.len().saturating_sub(FEW)
    }

    fn is_long(&self) -> bool {
        self.apps.len() > 1
    }
}

/// How somebody signs in, how many passkeys they have, and which of them another password leaves, in words.
pub(super) fn ways(words: &Words, overview: &Overview) -> (Vec<String>, Option<String>, Option<String>) {
    let way = |name: &String| words.account.fill("way", &[("provider", name)]);
    let counted = |count| match count {
        0 => words.account.get("passkeys_none").to_owned(),
        1 => words.account.get("passkeys_one").to_owned(),
        _ => words.account.fill("passkeys_many", &[("count", &count.to_string())]),
    };
    let called = |name: &String| shown_name(name, words.passkeys.get("nameless"));
    let named = |own: &Vec<String>| own.iter().map(called).collect::<Vec<_>>().join(", ");
    let own = overview.passkeys.as_ref();
    let stay = own.filter(|own| !own.is_empty()).map(named);
    (
        overview.providers.iter().map(way).collect(),
        own.map(|own| counted(own.len())),
        stay.map(|names| words.account.fill("passkeys_stay", &[("names", &names)])),
    )
}

/// What of an account is listed, in words.
pub(super) fn listed(app: &App, words: &Words, overview: Overview) -> (Vec<AppView>, Vec<SessionView>) {
    let apps = overview.apps.into_iter().map(|connected| app_view(app, words, connected)).collect();
    let sessions = overview.sessions.into_iter().map(|session| session_view(words, session)).collect();
    (apps, sessions)
}

fn app_view(app: &App, words: &Words, connected: ConnectedApp) -> AppView {
    let name = match connected.is_known {
        true => shown_name(connected.name.as_deref().unwrap_or_default(), words.account.get("nameless")),
        false => {
            let id = shown_name(&shortened(&connected.client_id), "");
            words.account.fill("unknown", &[("id", &id)])
        }
    };
    let [first, last] =
        [connected.first_at, connected.last_at].map(|at| moment::in_words(at, &words.account));
    AppView {
        end: words.account.fill("end_app_of", &[("client", &name)]),
        used: words.account.fill("used", &[("first", &first), ("last", &last)]),
        uses: connected.uses.iter().map(|own| use_view(app, words, own)).collect(),
        id: connected.client_id,
        host: connected.host,
        answered_at: connected.answered_at,
        name,
    }
}

/// Enough of an id to compare it by.
fn shortened(id: &str) -> String {
    const ENOUGH: usize = 24;
    match id.char_indices().nth(ENOUGH) {
        Some((end, _)) => format!("{}…", &id[..end]),
        None => id.to_owned(),
    }
}

fn use_view(app: &App, words: &Words, own: &Use) -> UseView {
    // What was allowed for a resource that is no longer here is told as it was written.
    let entry = app.settings.catalogue.select(Some(&own.resource));
    UseView {
        resource: entry.map_or_else(|| own.resource.clone(), |entry| entry.name.clone()),
        scopes: own.scopes.iter().map(|name| words.scope(entry, name).to_owned()).collect(),
    }
}

fn session_view(words: &Words, session: Session) -> SessionView {
    let device = device::in_words(&session.user_agent, &words.account);
    let at = moment::in_words(session.at, &words.account);
    SessionView {
        end: words.account.fill("end_session_of", &[("device", &device), ("when", &at)]),
        since: words.account.fill("since", &[("when", &at)]),
        id: session.id,
        is_this: session.is_this,
        device,
    }
}
