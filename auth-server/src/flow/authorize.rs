//! The authorization endpoint: OAuth 2.1 §4.1.1. Nothing single-use is spent here: some clients look once before the
//! browser does.

mod refusal;

use shared::scope::Scopes;

pub use self::refusal::{AuthorizeError, RequestRefusal, ToClient, ToPerson};

use crate::{
    app::App,
    clients::FindError,
    flow::{Failure, approve, openid},
    login::browser::Browser,
    oauth::{
        authorization_request::{AuthorizationRequest, PURPOSE},
        callback::Callback,
        client::{Client, GrantType},
        parameters::Parameters,
        pkce::CodeChallenge,
        redirect::RedirectUri,
    },
    store::{grants::Wanted, users::User},
};

/// Longer ones do not fit into a header on the way back.
const MAX_STATE: usize = 4096;
/// More of a wish for languages is not read.
const MAX_UI_LOCALES: usize = 100;

/// What follows a request that is in order.
pub enum Authorization {
    /// The person is asked.
    Ask(Box<Ask>),
    /// The browser goes back to the client at once.
    Redirect(String),
}

/// A request to put before a person.
pub struct Ask {
    /// Who asks.
    pub client: Client,
    /// What for.
    pub request: AuthorizationRequest,
    /// The same, sealed for the form.
    pub sealed: String,
}

/// Where a request came from: decides whether it may be answered without a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The person typed the address, or opened it from outside of the browser.
    Direct,
    /// A page sent the browser here, or the browser does not say. A registration's name is anybody's to choose, so
    /// such a request is always put before the person.
    CrossSite,
}

/// Checks a request and decides whether the person has to be asked.
///
/// # Errors
/// Before client and redirect URI are known to belong together the person is told; after that the client is.
pub async fn authorize(
    app: &App,
    parameters: &Parameters,
    browser: &Browser,
    start: Start,
) -> Result<Authorization, AuthorizeError> {
    let (client, callback) = identify(app, parameters).await?;
    let tell = |refusal| ToClient::new(&callback, refusal);
    refuse_objects(parameters).map_err(tell)?;
    // A request without PKCE gets a page: the client that sent it could not use a code, and must not get one by error.
    let challenge =
        CodeChallenge::parse(parameters.get("code_challenge"), parameters.get("code_challenge_method"))
            .map_err(ToPerson::Pkce)?;
    let asked = check(app, parameters, &client).map_err(tell)?;
    let openid::Asked { prompt, demands, nonce } = openid::read(app, parameters).map_err(tell)?;
    let now = app.clock.now();
    let sign_in = browser.sign_in.as_ref().filter(|sign_in| demands.admit(&sign_in.user.id, sign_in.at, now));
    let request = AuthorizationRequest {
        client_id: client.id.clone(),
        redirect_uri: callback.uri().clone(),
        state: callback.state().map(str::to_owned),
        challenge,
        resource: asked.resource,
        scope: asked.scopes.to_string(),
        browser: browser.binding().to_owned(),
        user: sign_in.map(|sign_in| sign_in.user.id.clone()),
        demands,
        nonce,
        ui_locales: parameters.get("ui_locales").map(|tags| tags.chars().take(MAX_UI_LOCALES).collect()),
        expires_at: now + app.settings.lifetimes.page,
    };
    if let Some(sign_in) = sign_in.filter(|_| start == Start::Direct && !prompt.consent)
        && is_remembered(app, &request, &sign_in.user).await?
    {
        let code = approve::issue_code(app, &request, (sign_in, browser.began_at))?;
        return Ok(Authorization::Redirect(callback.with_code(&code)));
    }
    // OpenID Connect Core §3.1.2.6: `none` must not show anything.
    match sign_in {
        None if prompt.none => Err(tell(RequestRefusal::LoginRequired).into()),
        Some(_) if prompt.none => Err(tell(RequestRefusal::InteractionRequired).into()),
        _ => Ok(Authorization::Ask(Box::new(ask(app, client, request)?))),
    }
}

/// Seals a request for the page.
///
/// # Errors
/// It could not be written.
pub fn ask(app: &App, client: Client, request: AuthorizationRequest) -> Result<Ask, Failure> {
    let sealed = app.secrets.seal(PURPOSE, &serde_json::to_vec(&request)?);
    Ok(Ask { client, request, sealed })
}

/// OAuth 2.1 §4.1.2.1: client and redirect URI first, and no redirect until they fit.
async fn identify(app: &App, parameters: &Parameters) -> Result<(Client, Callback), AuthorizeError> {
    let client_id = parameters.get("client_id").ok_or(ToPerson::NoClient)?;
    let client = app.clients.find(client_id).await.map_err(|error| match error {
        FindError::Database(error) => AuthorizeError::Failed(error.into()),
        FindError::Unknown => ToPerson::UnknownClient.into(),
        FindError::Blocked => ToPerson::BlockedClient.into(),
        FindError::Unusable(fault) => ToPerson::UnusableClient(fault).into(),
    })?;
    let redirect_uri = parameters.get("redirect_uri").ok_or(ToPerson::NoRedirectUri)?;
    let redirect_uri = RedirectUri::parse(redirect_uri).map_err(|_| ToPerson::RedirectUri)?;
    let state = parameters.get("state");
    if state.is_some_and(|state| state.len() > MAX_STATE) {
        return Err(ToPerson::State.into());
    }
    let registered = &client.metadata.redirect_uris;
    let callback = Callback::check(registered, redirect_uri, state, app.settings.issuer.as_str())
        .ok_or(ToPerson::RedirectUri)?;
    Ok((client, callback))
}

/// OpenID Connect Core §6: parameters that are hidden in a JWT are said to be, before one is found missing.
fn refuse_objects(parameters: &Parameters) -> Result<(), RequestRefusal> {
    match (parameters.get("request"), parameters.get("request_uri")) {
        (Some(_), _) => Err(RequestRefusal::Request),
        (None, Some(_)) => Err(RequestRefusal::RequestUri),
        (None, None) => Ok(()),
    }
}

struct Asked {
    resource: String,
    scopes: Scopes,
}

fn check(app: &App, parameters: &Parameters, client: &Client) -> Result<Asked, RequestRefusal> {
    if !client.may_use(GrantType::AuthorizationCode) {
        return Err(RequestRefusal::Client);
    }
    match parameters.get("response_type") {
        Some("code") => {}
        Some(_) => return Err(RequestRefusal::ResponseType),
        None => return Err(RequestRefusal::NoResponseType),
    }
    if parameters.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(RequestRefusal::ResponseMode);
    }
    let scopes =
        Scopes::parse(parameters.get("scope").unwrap_or_default()).map_err(|_| RequestRefusal::Scope)?;
    let entry = app.settings.catalogue.select(parameters.get("resource")).ok_or(RequestRefusal::Resource)?;
    Ok(Asked {
        resource: entry.resource.as_str().to_owned(),
        scopes: entry.grantable(&scopes, client.metadata.scope.as_ref()),
    })
}

/// A live grant answers in place of the person, but never towards this computer, where anything could be listening.
async fn is_remembered(app: &App, request: &AuthorizationRequest, user: &User) -> Result<bool, Failure> {
    if request.is_answered_here() {
        return Ok(false);
    }
    let wanted = Wanted {
        user: user.id.clone(),
        client_id: request.client_id.clone(),
        redirect_uri: request.redirect_uri.as_str().to_owned(),
        resource: request.resource.clone(),
        scopes: request.scopes(),
    };
    let oldest = app.clock.now() - app.settings.lifetimes.refresh_token;
    Ok(app.store.has_live_grant(wanted, oldest).await?)
}
