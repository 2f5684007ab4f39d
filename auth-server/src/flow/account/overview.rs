//! What the account page shows: connected clients and signed-in browsers. Nobody else is asked for any of it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use shared::{clock::Timestamp, scope::Scopes};

use crate::{
    app::App,
    flow::{Failure, passkeys},
    login::browser::Browser,
    oauth::redirect::RedirectUri,
    store::connections::Connection,
};

/// Everything about the account of whoever is signed in.
#[derive(Default)]
pub struct Overview {
    /// Its e-mail.
    pub email: String,
    /// What they let in, the latest used first.
    pub apps: Vec<ConnectedApp>,
    /// Where they are signed in, this browser first.
    pub sessions: Vec<Session>,
    /// Whether they sign in with a password here.
    pub has_password: bool,
    /// The providers they sign in with, as people call them.
    pub providers: Vec<String>,
    /// What they call their passkeys; none where they can have no passkeys.
    pub passkeys: Option<Vec<String>>,
}

/// A client that was let in.
pub struct ConnectedApp {
    /// Its `client_id`.
    pub client_id: String,
    /// Whether anything is known of it here, still.
    pub is_known: bool,
    /// What it calls itself. Nobody checked it.
    pub name: Option<String>,
    /// The host that published what it says of itself: proven, unlike its name.
    pub host: Option<String>,
    /// The hosts its answers go to.
    pub answered_at: Vec<String>,
    /// What it was allowed.
    pub uses: Vec<Use>,
    /// When it was first used.
    pub first_at: Timestamp,
    /// When a token was last given for it.
    pub last_at: Timestamp,
}

/// A resource and what may be done there.
pub struct Use {
    /// The configured string.
    pub resource: String,
    /// What was granted, taken together.
    pub scopes: Scopes,
}

/// A signed-in browser.
pub struct Session {
    /// Names it in a form, and tells nothing of its cookie.
    pub id: String,
    /// What it called itself.
    pub user_agent: String,
    /// Since when.
    pub at: Timestamp,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// The account of whoever is signed in; an empty one for nobody.
///
/// # Errors
/// The database did not answer.
pub async fn overview(app: &App, browser: &Browser) -> Result<Overview, Failure> {
    let Some(sign_in) = &browser.sign_in else { return Ok(Overview::default()) };
    let (user, now) = (&sign_in.user.id, app.clock.now());
    let oldest = now - app.settings.lifetimes.refresh_token;
    let mut apps: Vec<ConnectedApp> = Vec::new();
    for connection in app.store.connections(user, oldest).await? {
        match apps.iter_mut().find(|own| own.client_id == connection.client_id) {
            Some(known) => known.add(&connection),
            None => apps.push(introduce(app, &connection).await?),
        }
    }
    let listed = app.store.sign_ins_of(user, now).await?;
    let mut sessions: Vec<Session> = listed
        .into_iter()
        .map(|listed| Session {
            id: session_id(app, &listed.id),
            user_agent: listed.user_agent,
            at: listed.at,
            is_this: browser.sign_in_id() == Some(&listed.id),
        })
        .collect();
    sessions.sort_by_key(|session| !session.is_this);
    let has_password = app.store.login_of(user).await?.is_some();
    let issuers = app.store.issuers_of(user).await?;
    let may_have_passkeys = passkeys::are_offered(app) && app.store.is_local(user).await?;
    let passkeys = match may_have_passkeys {
        true => {
            let own = app.store.passkeys_of(user).await?;
            Some(own.into_iter().map(|passkey| passkey.name).collect())
        }
        false => None,
    };
    Ok(Overview {
        email: sign_in.user.email.clone(),
        apps,
        sessions,
        has_password,
        providers: issuers.iter().map(|issuer| provider_name(app, issuer)).collect(),
        passkeys,
    })
}

/// What people call a provider; its address where it is not set any more.
fn provider_name(app: &App, issuer: &str) -> String {
    app.upstreams.by_issuer(issuer).map_or(issuer, |upstream| &upstream.settings.name).to_owned()
}

/// A client as it is known here, and the first thing it was allowed.
async fn introduce(app: &App, connection: &Connection) -> Result<ConnectedApp, Failure> {
    let client = app.clients.known(&connection.client_id).await?;
    let mut connected = ConnectedApp {
        client_id: connection.client_id.clone(),
        is_known: client.is_some(),
        host: client.as_ref().and_then(|client| client.document_host()).map(str::to_owned),
        name: client.and_then(|client| client.metadata.name),
        answered_at: Vec::new(),
        uses: Vec::new(),
        first_at: connection.first_at,
        last_at: connection.last_at,
    };
    connected.add(connection);
    Ok(connected)
}

impl ConnectedApp {
    fn add(&mut self, connection: &Connection) {
        let uri = RedirectUri::parse(&connection.redirect_uri);
        let host = uri.map_or_else(|_| connection.redirect_uri.clone(), |uri| uri.host());
        if !self.answered_at.contains(&host) {
            self.answered_at.push(host);
        }
        let scopes = Scopes::parse(&connection.scope).unwrap_or_default();
        match self.uses.iter_mut().find(|own| own.resource == connection.resource) {
            Some(own) => own.scopes = Scopes::from_iter(own.scopes.iter().chain(scopes.iter())),
            None => self.uses.push(Use { resource: connection.resource.clone(), scopes }),
        }
        self.first_at = self.first_at.min(connection.first_at);
        self.last_at = self.last_at.max(connection.last_at);
    }
}

/// What a form calls a sign-in.
pub(super) fn session_id(app: &App, sign_in: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(app.secrets.mac("session", sign_in.as_bytes()))
}
