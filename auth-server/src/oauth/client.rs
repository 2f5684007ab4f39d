//! A client: who asks, and what it said about itself when it registered.

use shared::{clock::Timestamp, scope::Scopes};

use super::redirect::RedirectUri;

/// A registered client.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its `client_id`.
    pub id: String,
    /// What it registered.
    pub metadata: ClientMetadata,
}

/// What a client registered: RFC 7591 §2, as far as it makes a difference here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientMetadata {
    /// `client_name`: what it calls itself. Nobody checked it.
    pub name: Option<String>,
    /// Where it may be answered.
    pub redirect_uris: Vec<RedirectUri>,
    /// How it authenticates at the token endpoint.
    pub auth_method: AuthMethod,
    /// `application_type`, echoed.
    pub application_type: Option<ApplicationType>,
    /// `scope`: a default for requests that name none, not a ceiling.
    pub scope: Option<Scopes>,
    /// When it registered.
    pub issued_at: Timestamp,
}

impl ClientMetadata {
    /// What to call it before a person.
    pub fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or("An application without a name")
    }
}

/// `token_endpoint_auth_method`: RFC 7591 §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    /// A public client: PKCE alone.
    None,
    /// The secret in the `Authorization` header.
    ClientSecretBasic,
    /// The secret in the body.
    ClientSecretPost,
}

impl AuthMethod {
    /// Every method, as metadata lists them.
    pub const ALL: [AuthMethod; 3] =
        [AuthMethod::None, AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost];

    /// As the wire spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            AuthMethod::None => "none",
            AuthMethod::ClientSecretBasic => "client_secret_basic",
            AuthMethod::ClientSecretPost => "client_secret_post",
        }
    }

    /// The method of that name, if we have it.
    pub fn parse(text: &str) -> Option<AuthMethod> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }
}

/// `application_type`: OpenID Connect Registration §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationType {
    /// Runs on a server.
    Web,
    /// Runs on the person's own machine.
    Native,
}

impl ApplicationType {
    /// As the wire spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            ApplicationType::Web => "web",
            ApplicationType::Native => "native",
        }
    }

    /// The type of that name.
    pub fn parse(text: &str) -> Option<ApplicationType> {
        [ApplicationType::Web, ApplicationType::Native].into_iter().find(|kind| kind.as_str() == text)
    }
}
