//! What was refused, kept for the operator who is told its reference.
//!
//! A page or an error carries a short reference. Under it the attempt is kept for a week: when, where, which client, what it
//! sent with every secret masked, and which rule refused it. A flood of bad requests does not become a flood of writes: few
//! are kept in one second, fewer of one source, nobody waits for them, and the rings they stand in have a fixed size.

mod desk;
mod expected;
mod explain;
mod held;
pub mod label;
mod masked;
pub mod rule;
mod timeline;

use std::{net::IpAddr, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use shared::{clock::Timestamp, random};

pub use self::{
    desk::Desk,
    expected::Expectation,
    explain::{Explanation, Noted, explain},
    held::Held,
    timeline::Event,
};
use self::{desk::Source, held::Ours};
use crate::{
    app::App,
    flow::Failure,
    oauth::{
        client::{AuthMethod, Client},
        code::client_digest,
    },
    store::incidents::Incident,
};

/// How long an incident is kept.
const LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);
/// More parameters of one request are not kept.
const MOST_PARAMETERS: usize = 32;
/// In the place of an error's name.
const PAGE: &str = "page";
/// No letter or digit that could be taken for another one.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// A fresh reference: eight letters and digits that can be read out.
pub fn reference() -> String {
    let letter = |byte: &u8| char::from(ALPHABET[usize::from(byte % 32)]);
    random::bytes::<8>().iter().map(letter).collect()
}

/// A request, as far as it says who asks and for what. Nothing is masked yet: it never leaves the memory like this.
#[derive(Default)]
pub struct Attempt {
    /// Method and path.
    pub endpoint: String,
    /// Parameters of the query or the form, or members of the document.
    pub sent: Vec<(String, String)>,
    /// Who the `Authorization` header or an assertion says it is.
    pub client_id: Option<String>,
    /// The browser's cookie.
    pub cookie: Option<String>,
    /// What the program calls itself.
    pub program: String,
    /// Whose address it came from, as far as trusted proxies say. It is counted and not kept.
    pub address: Option<IpAddr>,
}

/// What the caller was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Where to look.
    pub reference: String,
    /// The error, or that it was a page.
    pub error: String,
    /// In words.
    pub description: String,
    /// The rule, for the operator.
    pub reason: Option<String>,
    /// How the client tried to authenticate, where that was the fault.
    pub method: Option<AuthMethod>,
    /// What it is counted as.
    pub label: &'static str,
}

/// What is kept: nothing secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Method and path.
    pub endpoint: String,
    /// The error, or that it was a page.
    pub error: String,
    /// In words.
    pub description: String,
    /// The rule, for the operator.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// The client, where it is known here.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_id: Option<String>,
    /// What the program calls itself.
    pub program: String,
    /// Names and masked values.
    pub sent: Vec<(String, String)>,
    /// What the values of ours among them stand for.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub held: Vec<Held>,
}

impl Told {
    /// An error in words, under a fresh reference.
    pub fn of(label: &'static str, error: &str, description: &str) -> Told {
        let (error, description) = (error.to_owned(), description.to_owned());
        Told { reference: reference(), error, description, reason: None, method: None, label }
    }

    /// What a page says, and the rule behind it.
    pub fn on_page(text: &str, (label, rule): (&'static str, &str)) -> Told {
        Told { reason: Some(rule.to_owned()), ..Told::of(label, PAGE, text) }
    }
}

impl Document {
    /// What the caller got: an error by its name, or a page.
    pub fn answered(&self) -> &str {
        if self.error == PAGE { "a page" } else { &self.error }
    }
}

impl Attempt {
    /// The value of a parameter.
    fn get(&self, name: &str) -> Option<&str> {
        self.sent.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// Keeps an attempt, soon and without being waited for; not at all when too many are kept already.
pub fn note(app: &App, attempt: Attempt, told: Told) {
    let now = app.clock.now();
    let ours = Ours::open(app, &attempt);
    let named = attempt.get("client_id").or(attempt.client_id.as_deref());
    let source = match ours.grant() {
        Some(grant) => Source::Grant(grant),
        None => Source::stranger(attempt.address, named.map(client_digest)),
    };
    let Some(place) = app.incidents.place(now, &source) else {
        tracing::debug!(reference = told.reference, "too many are refused to keep each");
        return;
    };
    let app = app.clone();
    tokio::spawn(async move {
        let _turn = app.incidents.turn().await;
        if let Err(error) = keep(&app, &attempt, (told, ours), now).await {
            tracing::warn!(%error, "what was refused could not be kept");
        }
        drop(place);
    });
}

async fn keep(
    app: &App,
    attempt: &Attempt,
    (told, ours): (Told, Ours),
    now: Timestamp,
) -> Result<(), Failure> {
    let page = held::page(app, attempt);
    let named = attempt.get("client_id").or(attempt.client_id.as_deref());
    let named = named.or(page.as_ref().map(|request| request.client_id.as_str()));
    let client = match named {
        Some(id) => app.clients.known(id).await?,
        None => None,
    };
    let is_known = client.is_some();
    let sent = attempt.sent.iter().take(MOST_PARAMETERS).map(|(name, value)| match name.as_str() {
        // It is the address of the client, and looked up again when somebody asks.
        "client_id" if is_known => (name.clone(), value.clone()),
        _ => (masked::name(name), masked::value(name, value)),
    });
    let grant_id = ours.grant();
    let held = held::read(app, attempt, named, (ours, page.as_ref()));
    let reason = reason(&told, client.as_ref());
    let document = Document {
        endpoint: masked::text(&attempt.endpoint),
        error: told.error,
        description: masked::text(&told.description),
        reason,
        client_id: named.filter(|_| is_known).map(str::to_owned),
        program: masked::text(&attempt.program),
        sent: sent.collect(),
        held,
    };
    let browser = page.as_ref().map(|request| request.browser.clone());
    let browser = browser.or(attempt.cookie.as_deref().map(browser_digest));
    let incident = Incident {
        id: 0,
        reference: told.reference,
        noted_at: now.seconds(),
        client: named.map(client_digest),
        browser: browser.map(|binding| short_digest(&binding)),
        grant_id,
        document: serde_json::to_string(&document)?,
    };
    Ok(app.store.keep_incident(incident, now - LIFETIME).await?)
}

/// The rule, and beside it how the client authenticated and how it registered to.
fn reason(told: &Told, client: Option<&Client>) -> Option<String> {
    let rule = masked::text(told.reason.as_deref()?);
    let Some(used) = told.method else { return Some(rule) };
    let registered = client.map(|client| {
        let methods: Vec<&str> = client.auth_methods.iter().map(|method| method.as_str()).collect();
        format!(", registered {}", methods.join(" or "))
    });
    Some(format!("{rule} (used {}{})", used.as_str(), registered.unwrap_or_default()))
}

/// What a page is bound to is the digest of the browser's cookie.
fn browser_digest(cookie: &str) -> String {
    crate::login::browser::cookie_digest(cookie)
}

/// Enough of a digest to tell browsers apart, and useless for finding anything else.
fn short_digest(text: &str) -> String {
    let whole = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()));
    whole.chars().take(16).collect()
}
