//! The person's decision: allow or deny, signed in or signing in with it.

mod problem;

pub use self::problem::{DecisionError, Problem};

use crate::{
    app::App,
    audit::{Entry, Kind, Way},
    clients::FindError,
    flow::{
        Failure,
        authorize::{Ask, ask},
        sign_in::{self, Entered, Identified},
        upstream,
    },
    login::{browser::Browser, known::Acquaintance},
    oauth::{
        authorization_request::{AuthorizationRequest, PURPOSE},
        callback::Callback,
        client::Client,
        code::{self, Approval},
        error::ErrorCode,
        openid::OPENID,
    },
    store::sign_ins::SignIn,
};

/// What came back from the page.
#[derive(Clone, Copy)]
pub struct Decision<'a> {
    /// The sealed request.
    pub sealed: &'a str,
    /// Allow, or deny.
    pub allow: bool,
    /// E-mail and password, where the page asked for them.
    pub credentials: Option<(&'a str, &'a str)>,
    /// The provider to sign in with instead.
    pub provider: Option<&'a str>,
    /// Whether an optional scope is ticked.
    pub is_ticked: &'a (dyn Fn(&str) -> bool + Sync),
}

/// What follows a decision.
pub enum Decided {
    /// The browser goes back to the client; it may have been signed in on the way.
    Redirect {
        /// Where to.
        location: String,
        /// The cookie of a new sign-in.
        cookie: Option<String>,
        /// What the browser may remember of it.
        known: Option<Acquaintance>,
    },
    /// The page is shown again.
    AskAgain {
        /// With the same request.
        ask: Box<Ask>,
        /// And what was wrong.
        problem: Problem,
    },
}

/// Carries a decision out. Deciding twice, by a double click, gives a second code and does no harm.
///
/// # Errors
/// The page has expired, is not ours, or belongs to another browser.
pub async fn decide(app: &App, decision: Decision<'_>, browser: &Browser) -> Result<Decided, DecisionError> {
    if !decision.allow {
        return deny(app, decision.sealed).await;
    }
    let (client, callback, request) = reopen(app, decision.sealed, browser).await?;
    let Some(allowed) = narrowed(app, &request, decision.is_ticked)? else {
        return again(app, client, request, browser, Problem::NothingTicked);
    };
    if let Some(key) = decision.provider {
        return upstream::start(app, allowed, key, browser).await;
    }
    let (sign_in, signed_in) = match who(app, decision.credentials, &request, browser).await? {
        Ok(answer) => answer,
        Err(problem) => return again(app, client, request, browser, problem),
    };
    let code = issue_code(app, &allowed, (&sign_in, browser.began_at))?;
    let (cookie, known) = signed_in.unzip();
    Ok(Decided::Redirect { location: callback.with_code(&code), cookie, known })
}

/// Tells the client. A denial gives nothing away, so it counts from a browser that is no longer known as before: whose
/// sign-in has ended, and its cookie with it.
async fn deny(app: &App, sealed: &str) -> Result<Decided, DecisionError> {
    let request = unseal(app, sealed)?;
    let (_, callback) = answerable(app, &request).await?;
    let denied = Entry::of(Kind::Denial).client(&request.client_id);
    let denied = denied.access(&request.resource, &request.scope);
    app.audit.note(request.user.iter().fold(denied, |denied, user| denied.account(user)));
    let location = callback.with_error(ErrorCode::AccessDenied, "the user denied the request");
    Ok(Decided::Redirect { location, cookie: None, known: None })
}

/// The request with what the person left of it. The sealed scopes are the ceiling: a form can only take away.
fn narrowed(
    app: &App,
    request: &AuthorizationRequest,
    is_ticked: &(dyn Fn(&str) -> bool + Sync),
) -> Result<Option<AuthorizationRequest>, DecisionError> {
    let entry = app.settings.catalogue.select(Some(&request.resource)).ok_or(DecisionError::Forged)?;
    let kept = entry.kept(&request.scopes(), is_ticked);
    Ok(kept.map(|scopes| AuthorizationRequest { scope: scopes.to_string(), ..request.clone() }))
}

/// Whose decision it is, and the cookie of a sign-in that came with it, and what is to be remembered of that. A page that named nobody is answered with a
/// password, whoever is signed in.
async fn who(
    app: &App,
    credentials: Option<(&str, &str)>,
    request: &AuthorizationRequest,
    browser: &Browser,
) -> Result<Result<(SignIn, Option<(String, Acquaintance)>), Problem>, Failure> {
    if let Some(named) = &request.user {
        let same = admitted(app, request, browser).filter(|sign_in| sign_in.user.id == *named);
        return Ok(same.map(|sign_in| (sign_in.clone(), None)).ok_or(Problem::SignedOut));
    }
    let Some((email, password)) = credentials else {
        return Ok(Err(Problem::Credentials));
    };
    let (user, known) = match sign_in::identify(app, (email, password), browser).await? {
        Identified::As(user, known) => (user, known),
        Identified::Nobody => return Ok(Err(Problem::Credentials)),
        Identified::Disabled => return Ok(Err(Problem::Disabled)),
        Identified::Wait(wait) => return Ok(Err(Problem::Wait(wait.as_secs()))),
    };
    if !request.demands.admit_user(&user.id) {
        sign_in::note_failure(app, (Way::Password, Problem::OtherAccount.key()), Some(&user.id));
        return Ok(Err(Problem::OtherAccount));
    }
    let signed_in = sign_in::sign_in(app, user, (Entered::By(Way::Password), browser)).await?;
    Ok(signed_in.map(|(sign_in, cookie)| (sign_in, Some((cookie, known)))).ok_or(Problem::Credentials))
}

/// The browser's sign-in, if it is one the request admits.
fn admitted<'a>(app: &App, request: &AuthorizationRequest, browser: &'a Browser) -> Option<&'a SignIn> {
    let now = app.clock.now();
    browser.sign_in.as_ref().filter(|sign_in| request.demands.admit(&sign_in.user.id, sign_in.at, now))
}

pub(super) async fn reopen(
    app: &App,
    sealed: &str,
    browser: &Browser,
) -> Result<(Client, Callback, AuthorizationRequest), DecisionError> {
    let request = unseal(app, sealed)?;
    // The page is good for the browser it was made for, and for no other.
    if request.browser != browser.binding() {
        return Err(DecisionError::OtherBrowser);
    }
    let (client, callback) = answerable(app, &request).await?;
    Ok((client, callback, request))
}

fn unseal(app: &App, sealed: &str) -> Result<AuthorizationRequest, DecisionError> {
    let opened = app.secrets.open(PURPOSE, sealed).ok_or(DecisionError::Forged)?;
    let request: AuthorizationRequest = serde_json::from_slice(&opened).map_err(|_| DecisionError::Forged)?;
    match app.clock.now() < request.expires_at {
        true => Ok(request),
        false => Err(DecisionError::Expired),
    }
}

/// Where a request is answered that was checked before, as long as its client may still be.
pub(super) async fn answerable(
    app: &App,
    request: &AuthorizationRequest,
) -> Result<(Client, Callback), DecisionError> {
    let client = app.clients.find(&request.client_id).await.map_err(|error| match error {
        FindError::Database(error) => DecisionError::Failed(error.into()),
        FindError::Unknown | FindError::Blocked | FindError::Unusable(_) => DecisionError::Client,
    })?;
    let issuer = app.settings.issuer.as_str();
    let (uri, state) = (request.redirect_uri.clone(), request.state.as_deref());
    let callback = Callback::check(&client.metadata.redirect_uris, uri, state, issuer);
    Ok((client, callback.ok_or(DecisionError::Forged)?))
}

fn again(
    app: &App,
    client: Client,
    request: AuthorizationRequest,
    browser: &Browser,
    problem: Problem,
) -> Result<Decided, DecisionError> {
    let user = admitted(app, &request, browser).map(|sign_in| sign_in.user.id.clone());
    // A page that asked for a password keeps asking for one, whoever else may be signed in by now.
    let user = match problem {
        Problem::SignedOut => user,
        Problem::NothingTicked => request.user.as_ref().and(user),
        Problem::Credentials | Problem::Disabled | Problem::Wait(_) | Problem::OtherAccount => None,
    };
    let ask = Box::new(ask(app, client, AuthorizationRequest { user, ..request })?);
    Ok(Decided::AskAgain { ask, problem })
}

/// A code for what somebody has allowed who signed in so, in a request that began then: the approval, sealed. What ends
/// before the code is made ends the code as well.
///
/// # Errors
/// It could not be written.
pub fn issue_code(
    app: &App,
    request: &AuthorizationRequest,
    (sign_in, began_at): (&SignIn, i64),
) -> Result<String, Failure> {
    // Carried only where an ID token will tell it.
    let is_told = request.scopes().contains(OPENID);
    let approval = Approval {
        grant: shared::random::time_ordered_key(began_at),
        tag: code::tag(),
        user: sign_in.user.id.clone(),
        client: code::client_digest(&request.client_id),
        redirect_uri: request.redirect_uri.clone(),
        challenge: request.challenge.clone(),
        resource: request.resource.clone(),
        scope: request.scope.clone(),
        asked_at: Some(request.expires_at - app.settings.lifetimes.page),
        expires_at: app.clock.now() + app.settings.lifetimes.code,
        auth_time: is_told.then_some(sign_in.at),
        nonce: request.nonce.clone().filter(|_| is_told),
    };
    let allowed = Entry::of(Kind::Approval).account(&approval.user).client(&request.client_id);
    app.audit.note(allowed.access(&approval.resource, &approval.scope).grant(approval.grant));
    Ok(app.secrets.seal(code::PURPOSE, &serde_json::to_vec(&approval)?))
}
