//! Why an authorization request is refused, and who is told: the person until client and redirect URI are known to belong
//! together, the client after that (OAuth 2.1 §4.1.2.1).

use crate::{
    flow::Failure,
    oauth::{callback::Callback, error::ErrorCode, pkce::PkceFault},
};

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

impl ToPerson {
    /// What it is called where pages have their words.
    pub const fn key(&self) -> &'static str {
        match self {
            ToPerson::NoClient => "no_client",
            ToPerson::UnknownClient => "unknown_client",
            ToPerson::BlockedClient => "blocked_client",
            ToPerson::UnusableClient(_) => "unusable_client",
            ToPerson::NoRedirectUri => "no_redirect_uri",
            ToPerson::RedirectUri => "redirect_uri",
            ToPerson::State => "state",
            ToPerson::Repeated => "repeated",
            ToPerson::Pkce(_) => "pkce",
        }
    }
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
    pub(super) fn new(callback: &Callback, refusal: RequestRefusal) -> ToClient {
        ToClient { location: callback.with_error(refusal.code(), &refusal.to_string()), refusal }
    }
}

/// Faults that are told to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestRefusal {
    /// An operator gave this client no authorization codes.
    #[error("this client may not ask for a code")]
    Client,
    /// OpenID Connect Core §6.1.
    #[error("parameters in a JWT are not read: send them as they are")]
    Request,
    /// OpenID Connect Core §6.2.
    #[error("parameters are not fetched from a URL: send them as they are")]
    RequestUri,
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
    /// `none` and something else.
    #[error("prompt has none and another value")]
    Prompt,
    /// Not a number.
    #[error("max_age must be a whole number of seconds")]
    MaxAge,
    /// Too long.
    #[error("nonce has more than 512 bytes")]
    Nonce,
    /// `prompt=none`, and no sign-in that would do.
    #[error("the user has to sign in")]
    LoginRequired,
    /// `prompt=none`, and somebody would have to look.
    #[error("the user has to be asked")]
    InteractionRequired,
}

impl RequestRefusal {
    fn code(self) -> ErrorCode {
        match self {
            RequestRefusal::Client => ErrorCode::UnauthorizedClient,
            RequestRefusal::Request => ErrorCode::RequestNotSupported,
            RequestRefusal::RequestUri => ErrorCode::RequestUriNotSupported,
            RequestRefusal::NoResponseType
            | RequestRefusal::ResponseMode
            | RequestRefusal::Prompt
            | RequestRefusal::MaxAge
            | RequestRefusal::Nonce => ErrorCode::InvalidRequest,
            RequestRefusal::ResponseType => ErrorCode::UnsupportedResponseType,
            RequestRefusal::Scope => ErrorCode::InvalidScope,
            RequestRefusal::Resource => ErrorCode::InvalidTarget,
            RequestRefusal::LoginRequired => ErrorCode::LoginRequired,
            RequestRefusal::InteractionRequired => ErrorCode::InteractionRequired,
        }
    }
}
