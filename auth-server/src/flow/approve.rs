//! The person's decision: allow or deny, signed in or signing in with it.

use crate::{
    app::App,
    clients::FindError,
    flow::{
        Failure,
        authorize::{Ask, ask},
        sign_in,
    },
    login::browser::Browser,
    oauth::{
        authorization_request::{AuthorizationRequest, PURPOSE},
        callback::Callback,
        client::Client,
        code::{self, Approval},
        error::ErrorCode,
    },
    store::users::User,
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
}

/// What follows a decision.
pub enum Decided {
    /// The browser goes back to the client; it may have been signed in on the way.
    Redirect {
        /// Where to.
        location: String,
        /// The cookie of a new sign-in.
        cookie: Option<String>,
    },
    /// The page is shown again.
    AskAgain {
        /// With the same request.
        ask: Box<Ask>,
        /// And what was wrong.
        problem: Problem,
    },
}

/// Why the page is shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// One answer for an unknown e-mail and a wrong password.
    #[error("The e-mail or the password is not right.")]
    Credentials,
    /// The page named somebody else, or nobody is signed in any more.
    #[error("You are no longer signed in as before. Please check and decide again.")]
    SignedOut,
}

/// Carries a decision out. Deciding twice, by a double click, gives a second code and does no harm.
///
/// # Errors
/// The page has expired, is not ours, or belongs to another browser.
pub async fn decide(app: &App, decision: Decision<'_>, browser: &Browser) -> Result<Decided, DecisionError> {
    let (client, callback, request) = reopen(app, decision.sealed, browser).await?;
    if !decision.allow {
        let location = callback.with_error(ErrorCode::AccessDenied, "the user denied the request");
        return Ok(Decided::Redirect { location, cookie: None });
    }
    let signed_in = browser.sign_in.as_ref().map(|sign_in| &sign_in.user);
    let (user, cookie) = match (&request.user, decision.credentials) {
        (Some(named), _) => match signed_in.filter(|user| user.id == *named) {
            Some(user) => (user.clone(), None),
            None => return again(app, client, request, browser, Problem::SignedOut),
        },
        (None, Some((email, password))) => match sign_in::sign_in(app, email, password, browser).await? {
            Some((user, cookie)) => (user, Some(cookie)),
            None => return again(app, client, request, browser, Problem::Credentials),
        },
        (None, None) => return again(app, client, request, browser, Problem::Credentials),
    };
    let code = issue_code(app, &request, &user)?;
    Ok(Decided::Redirect { location: callback.with_code(&code), cookie })
}

async fn reopen(
    app: &App,
    sealed: &str,
    browser: &Browser,
) -> Result<(Client, Callback, AuthorizationRequest), DecisionError> {
    let opened = app.secrets.open(PURPOSE, sealed).ok_or(DecisionError::Forged)?;
    let request: AuthorizationRequest = serde_json::from_slice(&opened).map_err(|_| DecisionError::Forged)?;
    // The page is good for the browser it was made for, and for no other.
    if request.browser != browser.binding() {
        return Err(DecisionError::OtherBrowser);
    }
    if app.clock.now() >= request.expires_at {
        return Err(DecisionError::Expired);
    }
    let client = app.clients.find(&request.client_id).await.map_err(|error| match error {
        FindError::Database(error) => DecisionError::Failed(error.into()),
        FindError::Unknown | FindError::Blocked | FindError::Unusable(_) => DecisionError::Client,
    })?;
    let issuer = app.settings.issuer.as_str();
    let (uri, state) = (request.redirect_uri.clone(), request.state.as_deref());
    let callback = Callback::check(&client.metadata.redirect_uris, uri, state, issuer);
    Ok((client, callback.ok_or(DecisionError::Forged)?, request))
}

fn again(
    app: &App,
    client: Client,
    request: AuthorizationRequest,
    browser: &Browser,
    problem: Problem,
) -> Result<Decided, DecisionError> {
    let user = browser.sign_in.as_ref().map(|sign_in| sign_in.user.id.clone());
    // After a wrong password the page keeps asking for one, whoever else may be signed in by now.
    let user = user.filter(|_| problem == Problem::SignedOut);
    let ask = Box::new(ask(app, client, AuthorizationRequest { user, ..request })?);
    Ok(Decided::AskAgain { ask, problem })
}

/// A code for what `user` has allowed: the approval, sealed.
///
/// # Errors
/// It could not be written.
pub fn issue_code(app: &App, request: &AuthorizationRequest, user: &User) -> Result<String, Failure> {
    let approval = Approval {
        grant: shared::random::time_ordered_key(app.clock.milliseconds()),
        tag: code::tag(),
        user: user.id.clone(),
        client: code::client_digest(&request.client_id),
        redirect_uri: request.redirect_uri.clone(),
        challenge: request.challenge.clone(),
        resource: request.resource.clone(),
        scope: request.scope.clone(),
        expires_at: app.clock.now() + app.settings.lifetimes.code,
    };
    tracing::info!(
        user = user.id,
        resource = approval.resource,
        scope = approval.scope,
        "access was allowed"
    );
    Ok(app.secrets.seal(code::PURPOSE, &serde_json::to_vec(&approval)?))
}

/// Why a decision is not carried out: a page for the person.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    /// Not sealed by us, or tampered with.
    #[error("This form was not made by this server.")]
    Forged,
    /// Blocked, or no longer published.
    #[error("The application that asked can no longer be used with this server.")]
    Client,
    /// Another browser, or its cookie is gone.
    #[error("This page was made for another browser, or cookies are switched off.")]
    OtherBrowser,
    /// Too late.
    #[error("It was open for so long that its request is no longer good.")]
    Expired,
    /// Us.
    #[error(transparent)]
    Failed(#[from] Failure),
}
