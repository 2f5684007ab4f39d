//! The authorization endpoint: OAuth 2.1 §4.1.1. Nothing single-use is spent here: some clients look once before the
//! browser does.

use shared::scope::Scopes;

use crate::{
    app::App,
    clients::FindError,
    flow::{Failure, approve},
    login::browser::Browser,
    oauth::{
        authorization_request::{AuthorizationRequest, PURPOSE},
        callback::Callback,
        client::Client,
        error::ErrorCode,
        parameters::Parameters,
        pkce::{CodeChallenge, PkceFault},
        redirect::RedirectUri,
    },
    store::{grants::Wanted, users::User},
};

/// Longer ones do not fit into a header on the way back.
const MAX_STATE: usize = 4096;

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
    /// The person typed the address or came from one of our own pages.
    Direct,
    /// Another site sent the browser here, or the browser does not say. A registration's name is anybody's to choose, so
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
    // A request without PKCE gets a page: the client that sent it could not use a code, and must not get one by error.
    let challenge =
        CodeChallenge::parse(parameters.get("code_challenge"), parameters.get("code_challenge_method"))
            .map_err(ToPerson::Pkce)?;
    let asked = check(app, parameters, &client).map_err(|refusal| ToClient::new(&callback, refusal))?;
    let request = AuthorizationRequest {
        client_id: client.id.clone(),
        redirect_uri: callback.uri().clone(),
        state: callback.state().map(str::to_owned),
        challenge,
        resource: asked.resource,
        scope: asked.scopes.to_string(),
        browser: browser.binding().to_owned(),
        user: browser.sign_in.as_ref().map(|sign_in| sign_in.user.id.clone()),
        expires_at: app.clock.now() + app.settings.lifetimes.page,
    };
    let prompt = parameters.get("prompt").unwrap_or_default();
    let may_remember = start == Start::Direct && !prompt.contains("login") && !prompt.contains("consent");
    if let Some(sign_in) = browser.sign_in.as_ref().filter(|_| may_remember)
        && is_remembered(app, &request, &sign_in.user).await?
    {
        let code = approve::issue_code(app, &request, &sign_in.user)?;
        return Ok(Authorization::Redirect(callback.with_code(&code)));
    }
    // OpenID Connect Core §3.1.2.1: `none` must not show anything.
    if prompt == "none" {
        return Err(ToClient::new(&callback, RequestRefusal::InteractionRequired).into());
    }
    Ok(Authorization::Ask(Box::new(ask(app, client, request)?)))
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

struct Asked {
    resource: String,
    scopes: Scopes,
}

fn check(app: &App, parameters: &Parameters, client: &Client) -> Result<Asked, RequestRefusal> {
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

/// A live grant answers in place of the person, but never towards a loopback redirect, where anything could be listening.
async fn is_remembered(app: &App, request: &AuthorizationRequest, user: &User) -> Result<bool, Failure> {
    if request.redirect_uri.is_loopback() {
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

/// Why a request is refused, and who is told.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizeError {
    /// A page for the person.
    #[error(transparent)]
    ToPerson(#[from] ToPerson),
    /// A redirect back to the client.
    #[error(transparent)]
    ToClient(#[from] ToClient),
    /// Us: a page.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Faults that are told to the person, because no redirect can be trusted or would help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ToPerson {
    /// No `client_id`.
    #[error("The request does not say which application it comes from: client_id is missing.")]
    NoClient,
    /// Nobody registered it here.
    #[error("This server does not know the application that sent you here.")]
    UnknownClient,
    /// An operator shut it out.
    #[error("The operator of this server has shut out the application that sent you here.")]
    BlockedClient,
    /// Its metadata document cannot be used; why, as a sentence.
    #[error("The application says who it is at its own address, and that cannot be used: {0}")]
    UnusableClient(String),
    /// No `redirect_uri`.
    #[error("The request does not say where to send the answer: redirect_uri is missing.")]
    NoRedirectUri,
    /// It did not register that one.
    #[error("The application asked for an answer at a redirect URI it has not registered.")]
    RedirectUri,
    /// Too long.
    #[error("The application sent a state of more than 4096 bytes.")]
    State,
    /// Something came twice.
    #[error("The request names a parameter more than once.")]
    Repeated,
    /// No usable challenge.
    #[error("The application did not protect its request: {0}.")]
    Pkce(PkceFault),
}

/// A refusal that goes back to the client.
#[derive(Debug, thiserror::Error)]
#[error("{refusal}")]
pub struct ToClient {
    /// Where to.
    pub location: String,
    /// Why.
    pub refusal: RequestRefusal,
}

impl ToClient {
    fn new(callback: &Callback, refusal: RequestRefusal) -> ToClient {
        ToClient { location: callback.with_error(refusal.code(), &refusal.to_string()), refusal }
    }
}

/// Faults that are told to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestRefusal {
    /// No `response_type`.
    #[error("response_type is missing")]
    NoResponseType,
    /// Another one.
    #[error("response_type must be code")]
    ResponseType,
    /// Another one.
    #[error("response_mode must be query")]
    ResponseMode,
    /// Malformed.
    #[error("scope has a character that is not allowed")]
    Scope,
    /// Not one of ours.
    #[error("resource is not one this server issues tokens for")]
    Resource,
    /// `prompt=none`, and somebody would have to look.
    #[error("the user has to be asked")]
    InteractionRequired,
}

impl RequestRefusal {
    fn code(self) -> ErrorCode {
        match self {
            RequestRefusal::NoResponseType | RequestRefusal::ResponseMode => ErrorCode::InvalidRequest,
            RequestRefusal::ResponseType => ErrorCode::UnsupportedResponseType,
            RequestRefusal::Scope => ErrorCode::InvalidScope,
            RequestRefusal::Resource => ErrorCode::InvalidTarget,
            RequestRefusal::InteractionRequired => ErrorCode::InteractionRequired,
        }
    }
}
