//! Signing in through another OpenID provider: out after the person has allowed, or to see a page of their own; back with
//! who they are.

mod refusal;
mod waiting;

use shared::{clock::Timestamp, resource::Resource};

pub use self::refusal::UpstreamRefusal;
use self::waiting::{Goal, Waiting};
use crate::{
    app::App,
    audit::{By, Entry, Kind, Way},
    flow::{
        Failure,
        account::Destination,
        approve::{self, Decided, DecisionError},
        incidents::label::reason,
        sign_in::{self, Entered},
    },
    login::{
        browser::Browser,
        upstream::{Answer, Person, Upstream, UpstreamFault},
    },
    oauth::{
        authorization_request::AuthorizationRequest, code, error::ErrorCode, openid::Demands,
        parameters::Parameters,
    },
    settings::upstream::Allow,
    store::{identities::Identity, sign_ins::SignIn, users::User},
};

/// Where the first provider sends people back to, below the issuer. Every other one has an address of its own, which ends
/// with its key: RFC 9700 §4.4.2.2.
pub const CALLBACK: &str = "/signin/callback";
/// How far a provider's clock may be from ours.
const SKEW: u64 = 60;

/// Somebody is back: what they came for, as far as it is known, and what follows.
pub struct Return {
    /// The languages their client asked for.
    pub ui_locales: Option<String>,
    /// The page they signed in for.
    pub destination: Option<Destination>,
    /// Where they go now, or why they are not signed in.
    pub outcome: Result<Arrival, DecisionError>,
}

/// Where somebody goes who is back.
pub enum Arrival {
    /// To the client.
    Client {
        /// Where to.
        location: String,
        /// The cookie of a new sign-in.
        cookie: Option<String>,
    },
    /// To a page of their own.
    Page {
        /// Which.
        destination: Destination,
        /// The cookie of the new sign-in.
        cookie: String,
    },
}

/// Where the first provider sends people back to.
pub fn redirect_uri(issuer: &Resource) -> String {
    format!("{}{CALLBACK}", issuer.as_str().trim_end_matches('/'))
}

/// Sends somebody to a provider who has allowed a request. Nothing is stored or sent before that (AS-91, AS-94).
///
/// # Errors
/// There is no such provider, it cannot be reached, there is no room, or the database did not do it.
pub async fn start(
    app: &App,
    request: AuthorizationRequest,
    key: &str,
    browser: &Browser,
) -> Result<Decided, DecisionError> {
    // A page that named somebody asked nobody else.
    if request.user.is_some() {
        return Err(DecisionError::Forged);
    }
    let location = depart(app, Goal::Request(Box::new(request)), key, browser).await?;
    Ok(Decided::Redirect { location, cookie: None, known: None })
}

/// Sends somebody to a provider who pressed its button on the way to a page of their own: where to.
///
/// # Errors
/// As [`start()`].
pub async fn start_for_page(
    app: &App,
    destination: Destination,
    key: &str,
    browser: &Browser,
) -> Result<String, DecisionError> {
    depart(app, Goal::Page(destination), key, browser).await
}

async fn depart(app: &App, goal: Goal, key: &str, browser: &Browser) -> Result<String, DecisionError> {
    let upstream = app.upstreams.by_key(key).ok_or(DecisionError::Forged)?;
    let counted = app.attempts.count_departure(browser);
    counted.map_err(|wait| UpstreamRefusal::Wait(wait.as_secs()))?;
    let departure = upstream.depart(&goal.demands()).await.map_err(|fault| of(upstream, fault))?;
    let waiting = Waiting { goal, errand: departure.errand, at: app.clock.now() };
    waiting.keep(app, &departure.state, browser).await?;
    tracing::info!(issuer = waiting.errand.issuer, "somebody was sent to a provider");
    Ok(departure.location)
}

/// Receives somebody who comes back to the address of that provider, the first where none is named, and answers the client
/// or shows the page that sent them there.
pub async fn finish(app: &App, key: Option<&str>, parameters: &Parameters, browser: &Browser) -> Return {
    let taken = Waiting::take(app, parameters.get("state"), browser).await;
    let waiting = match taken.and_then(|waiting| check_address(app, key, waiting)) {
        Ok(waiting) => waiting,
        Err(error) => return Return { ui_locales: None, destination: None, outcome: Err(error) },
    };
    match &waiting.goal {
        Goal::Request(request) => Return {
            ui_locales: request.ui_locales.clone(),
            destination: None,
            outcome: answer_client(app, request, &waiting, (parameters, browser)).await,
        },
        Goal::Page(destination) => {
            let outcome = sign_in_with(app, &waiting, (parameters, browser)).await;
            Return {
                ui_locales: None,
                destination: Some(*destination),
                outcome: outcome.map(|(_, cookie)| Arrival::Page { destination: *destination, cookie }),
            }
        }
    }
}

/// An answer of one provider does not come to the address of another: its code is not given to whoever was asked instead.
fn check_address(app: &App, key: Option<&str>, waiting: Waiting) -> Result<Waiting, DecisionError> {
    let upstream = app.upstreams.by_issuer(&waiting.errand.issuer).ok_or(UpstreamRefusal::Unknown)?;
    match upstream.is_back_at(key) {
        true => Ok(waiting),
        false => Err(UpstreamRefusal::Unknown.into()),
    }
}

async fn answer_client(
    app: &App,
    request: &AuthorizationRequest,
    waiting: &Waiting,
    back: (&Parameters, &Browser),
) -> Result<Arrival, DecisionError> {
    let (_, callback) = approve::answerable(app, request).await?;
    match sign_in_with(app, waiting, back).await {
        Ok((sign_in, cookie)) => {
            let code = approve::issue_code(app, request, (&sign_in, back.1.began_at))?;
            Ok(Arrival::Client { location: callback.with_code(&code), cookie: Some(cookie) })
        }
        Err(DecisionError::Upstream(UpstreamRefusal::Cancelled(_))) => {
            let location = callback.with_error(ErrorCode::AccessDenied, "the user did not sign in");
            Ok(Arrival::Client { location, cookie: None })
        }
        Err(error) => Err(error),
    }
}

/// Signs somebody in with what their provider says, and gives the cookie.
async fn sign_in_with(
    app: &App,
    waiting: &Waiting,
    back: (&Parameters, &Browser),
) -> Result<(SignIn, String), DecisionError> {
    let signed_in = enter(app, waiting, back).await;
    app.metrics.sign_in(Way::Provider, reason(&signed_in));
    signed_in.inspect_err(|error| {
        if let DecisionError::Upstream(refusal) = error {
            let failed = Entry::of(Kind::SignInFailed).provider(&waiting.errand.issuer);
            app.audit.note(failed.reason(refusal.key().0));
        }
    })
}

async fn enter(
    app: &App,
    waiting: &Waiting,
    (parameters, browser): (&Parameters, &Browser),
) -> Result<(SignIn, String), DecisionError> {
    let (errand, demands) = (&waiting.errand, waiting.goal.demands());
    let upstream = app.upstreams.by_issuer(&errand.issuer).ok_or(UpstreamRefusal::Unknown)?;
    if let Some(error) = parameters.get("error") {
        tracing::warn!(issuer = errand.issuer, error = shortened(error), "a provider signed nobody in");
        let name = upstream.settings.name.clone();
        return Err(match error {
            "access_denied" => UpstreamRefusal::Cancelled(name).into(),
            _ => UpstreamRefusal::Declined(name).into(),
        });
    }
    let Some(code) = parameters.get("code") else {
        return Err(of(upstream, UpstreamFault::Refused("there is no code".to_owned())));
    };
    let answer = Answer { code, issuer: parameters.get("iss") };
    let person = upstream.identify(answer, errand).await.map_err(|fault| of(upstream, fault))?;
    check_age(&demands, person.authenticated_at, (waiting.at, app.clock.now()))?;
    let user = admit(app, upstream, person).await?;
    if !demands.admit_user(&user.id) {
        return Err(UpstreamRefusal::OtherAccount.into());
    }
    let email = user.email.clone();
    let entered = (Entered::With(&errand.issuer), browser);
    Ok(sign_in::sign_in(app, user, entered).await?.ok_or(UpstreamRefusal::Disabled(email))?)
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
    let admitted = app.store.admit_identity(identity, new_id.clone(), app.clock.now()).await;
    let user = admitted.map_err(Failure::from)?.ok_or(UpstreamRefusal::Disabled(email))?;
    if user.id == new_id {
        let added = Entry::of(Kind::AccountAdded).by(By::Person).account(&user.id);
        app.audit.note(added.provider(settings.issuer.as_str()).email(&user.email));
    }
    Ok(user)
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
