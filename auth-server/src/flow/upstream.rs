//! Signing in through another OpenID provider: out after the person has allowed, back with who they are.

use serde::{Deserialize, Serialize};
use shared::{clock::Timestamp, resource::Resource};

use crate::{
    app::App,
    flow::{
        Failure,
        approve::{self, Decided, DecisionError},
        sign_in,
    },
    login::{
        browser::{Browser, cookie_digest as digest},
        upstream::{Answer, Errand, Person, Upstream, UpstreamFault},
    },
    oauth::{
        authorization_request::AuthorizationRequest, code, error::ErrorCode, openid::Demands,
        parameters::Parameters,
    },
    settings::upstream::Allow,
    store::{identities::Identity, upstream_attempts::Attempt, users::User},
};

/// What the seal of an attempt is bound to.
const PURPOSE: &str = "upstream";
/// Where providers send people back to, below the issuer. It is the same for all of them.
pub const CALLBACK: &str = "/signin/callback";
/// How long somebody may take there.
const LIFETIME: std::time::Duration = std::time::Duration::from_secs(600);
/// How far a provider's clock may be from ours.
const SKEW: u64 = 60;

/// What waits for somebody to come back.
#[derive(Serialize, Deserialize)]
struct Waiting {
    request: AuthorizationRequest,
    errand: Errand,
    at: Timestamp,
}

/// Where providers send people back to.
pub fn redirect_uri(issuer: &Resource) -> String {
    format!("{}{CALLBACK}", issuer.as_str().trim_end_matches('/'))
}

/// Sends somebody to a provider who has allowed a request. Nothing is stored or sent before that (AS-91, AS-94).
///
/// # Errors
/// There is no such provider, it cannot be reached, or the database did not do it.
pub async fn start(
    app: &App,
    request: AuthorizationRequest,
    key: &str,
    browser: &Browser,
) -> Result<Decided, DecisionError> {
    // A page that named somebody asked nobody else.
    let upstream = app.upstreams.by_key(key).filter(|_| request.user.is_none());
    let upstream = upstream.ok_or(DecisionError::Forged)?;
    let departure = upstream.depart(&request.demands).await.map_err(|fault| of(upstream, fault))?;
    let now = app.clock.now();
    let waiting = Waiting { request, errand: departure.errand, at: now };
    let attempt = Attempt {
        id: digest(&departure.state),
        browser: browser.binding().to_owned(),
        sealed: app.secrets.seal(PURPOSE, &serde_json::to_vec(&waiting).map_err(Failure::from)?),
        expires_at: now + LIFETIME,
    };
    app.store.add_upstream_attempt(attempt, now).await.map_err(Failure::from)?;
    tracing::info!(issuer = waiting.errand.issuer, "somebody was sent to a provider");
    Ok(Decided::Redirect { location: departure.location, cookie: None })
}

/// Receives somebody who comes back, and answers the client that sent them here.
///
/// # Errors
/// Nobody was sent so from this browser, or they may not enter.
pub async fn finish(app: &App, parameters: &Parameters, browser: &Browser) -> Result<Decided, DecisionError> {
    let Waiting { request, errand, at } = take(app, parameters.get("state"), browser).await?;
    let (_, callback) = approve::answerable(app, &request).await?;
    let upstream = app.upstreams.by_issuer(&errand.issuer).ok_or(UpstreamRefusal::Unknown)?;
    if let Some(error) = parameters.get("error") {
        tracing::warn!(issuer = errand.issuer, error = shortened(error), "a provider signed nobody in");
        if error == "access_denied" {
            let location = callback.with_error(ErrorCode::AccessDenied, "the user did not sign in");
            return Ok(Decided::Redirect { location, cookie: None });
        }
        return Err(UpstreamRefusal::Declined(upstream.settings.name.clone()).into());
    }
    let Some(code) = parameters.get("code") else {
        return Err(of(upstream, UpstreamFault::Refused("there is no code".to_owned())));
    };
    let answer = Answer { code, issuer: parameters.get("iss") };
    let person = upstream.identify(answer, &errand).await.map_err(|fault| of(upstream, fault))?;
    check_age(&request.demands, person.authenticated_at, (at, app.clock.now()))?;
    let user = admit(app, upstream, person).await?;
    if !request.demands.admit_user(&user.id) {
        return Err(UpstreamRefusal::OtherAccount.into());
    }
    let (sign_in, cookie) = sign_in::sign_in(app, user, browser).await?;
    let code = approve::issue_code(app, &request, &sign_in)?;
    Ok(Decided::Redirect { location: callback.with_code(&code), cookie: Some(cookie) })
}

/// What waits under this state for this browser, once.
async fn take(app: &App, state: Option<&str>, browser: &Browser) -> Result<Waiting, DecisionError> {
    let state = state.ok_or(UpstreamRefusal::Unknown)?;
    let binding = browser.binding().to_owned();
    let sealed = app.store.take_upstream_attempt(digest(state), binding, app.clock.now()).await;
    let sealed = sealed.map_err(Failure::from)?.ok_or(UpstreamRefusal::Unknown)?;
    let opened = app.secrets.open(PURPOSE, &sealed).ok_or(UpstreamRefusal::Unknown)?;
    Ok(serde_json::from_slice(&opened).map_err(Failure::from)?)
}

/// OpenID Connect Core §3.1.3.7 no. 13: where the provider says when somebody proved who they are, it must be recent enough
/// for the client. A provider that does not say was asked all the same.
fn check_age(
    demands: &Demands,
    authenticated_at: Option<Timestamp>,
    (started_at, now): (Timestamp, Timestamp),
) -> Result<(), UpstreamRefusal> {
    let Some(at) = authenticated_at else { return Ok(()) };
    let is_new = started_at.since(at).as_secs() <= SKEW;
    let is_young =
        demands.max_age.is_none_or(|max_age| now.since(at).as_secs() <= max_age.saturating_add(SKEW));
    let wants_new = demands.login || demands.max_age == Some(0);
    if is_young && (is_new || !wants_new) { Ok(()) } else { Err(UpstreamRefusal::TooOld) }
}

/// The account of somebody who may enter.
async fn admit(app: &App, upstream: &Upstream, person: Person) -> Result<User, DecisionError> {
    let settings = &upstream.settings;
    let email = person.email.clone().ok_or_else(|| UpstreamRefusal::NoEmail(settings.name.clone()))?;
    // Anybody can claim an address: a list of them means something only where the provider vouches for it.
    if settings.allow != Allow::Anyone && !person.email_verified {
        return Err(UpstreamRefusal::Unverified(settings.name.clone(), email).into());
    }
    let has_claim = settings.require_claim.as_ref().is_none_or(|claim| person.has(claim));
    if !settings.allow.admits(&email) || !has_claim {
        return Err(UpstreamRefusal::NotAllowed(email).into());
    }
    let identity = Identity {
        issuer: settings.issuer.as_str().to_owned(),
        subject: person.subject,
        name: person.name,
        email_verified: person.email_verified,
        email: email.clone(),
    };
    let new_id = format!("user_{}", code::tag());
    let user = app.store.admit_identity(identity, new_id, app.clock.now()).await.map_err(Failure::from)?;
    Ok(user.ok_or(UpstreamRefusal::Disabled(email))?)
}

/// What another server wrote, for the log.
fn shortened(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).take(60).collect()
}

fn of(upstream: &Upstream, fault: UpstreamFault) -> DecisionError {
    let name = upstream.settings.name.clone();
    tracing::warn!(issuer = upstream.settings.issuer.as_str(), %fault, "a provider was of no help");
    match fault {
        UpstreamFault::Away(_) => UpstreamRefusal::Away(name).into(),
        UpstreamFault::Malformed(_) | UpstreamFault::Refused(_) => UpstreamRefusal::Answer(name).into(),
    }
}

/// Why somebody is not signed in through a provider: a page for them. Text in it is the provider's name or their own address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamRefusal {
    /// Never sent, sent from elsewhere, too late, or back already.
    #[error("nobody was sent from this browser with that state")]
    Unknown,
    /// No answer.
    #[error("{0} cannot be reached")]
    Away(String),
    /// An answer that proves nothing.
    #[error("{0} did not answer as expected")]
    Answer(String),
    /// It signed nobody in.
    #[error("{0} signed nobody in")]
    Declined(String),
    /// Without an address nobody knows whose account it is.
    #[error("{0} told no e-mail address")]
    NoEmail(String),
    /// Only addresses that are vouched for can be on a list.
    #[error("{0} does not vouch for the address")]
    Unverified(String, String),
    /// Not on the list.
    #[error("the person may not enter")]
    NotAllowed(String),
    /// By the operator.
    #[error("the account is disabled")]
    Disabled(String),
    /// Not the one the client asked for.
    #[error("the application asks for another account")]
    OtherAccount,
    /// The client asked for a newer sign-in.
    #[error("the sign-in at the provider is older than the application asks for")]
    TooOld,
}

impl UpstreamRefusal {
    /// What it is called where pages have their words, who did it, and to whom.
    pub fn key(&self) -> (&'static str, &str, &str) {
        match self {
            UpstreamRefusal::Unknown => ("unknown", "", ""),
            UpstreamRefusal::Away(provider) => ("away", provider, ""),
            UpstreamRefusal::Answer(provider) => ("answer", provider, ""),
            UpstreamRefusal::Declined(provider) => ("declined", provider, ""),
            UpstreamRefusal::NoEmail(provider) => ("no_email", provider, ""),
            UpstreamRefusal::Unverified(provider, email) => ("unverified", provider, email),
            UpstreamRefusal::NotAllowed(email) => ("not_allowed", "", email),
            UpstreamRefusal::Disabled(email) => ("disabled", "", email),
            UpstreamRefusal::OtherAccount => ("other_account", "", ""),
            UpstreamRefusal::TooOld => ("too_old", "", ""),
        }
    }
}
