//! A client: who asks, and what it said about itself when it registered.

use shared::{clock::Timestamp, scope::Scopes};

use super::redirect::RedirectUri;

/// A client we know.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its `client_id`.
    pub id: String,
    /// What it said about itself.
    pub metadata: ClientMetadata,
    /// How it may authenticate: any one of these. Never empty.
    pub auth_methods: Vec<AuthMethod>,
    /// How it came to be known here.
    pub origin: Origin,
}

impl Client {
    /// A client that registered itself.
    pub fn dynamic(id: String, metadata: ClientMetadata) -> Client {
        Client { id, auth_methods: vec![metadata.auth_method], metadata, origin: Origin::Dynamic }
    }

    /// Whether it may use a grant. Only an operator's clients are limited, and only they have client credentials.
    pub fn may_use(&self, grant: GrantType) -> bool {
        match &self.origin {
            Origin::Preregistered(by_operator) => by_operator.grants.contains(&grant),
            Origin::Dynamic | Origin::Document { .. } => grant != GrantType::ClientCredentials,
        }
    }

    /// The host that published its metadata document.
    pub fn document_host(&self) -> Option<&str> {
        match &self.origin {
            Origin::Document { host } => Some(host),
            Origin::Dynamic | Origin::Preregistered(_) => None,
        }
    }
}

/// How a client came to be known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It registered itself: RFC 7591.
    Dynamic,
    /// An operator registered it: OAuth 2.1 §2.
    Preregistered(Preregistration),
    /// It publishes a metadata document at its `client_id`.
    Document {
        /// The host of that URL: the one thing about it that is proven.
        host: String,
    },
}

/// What an operator decided about a client, beside its metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preregistration {
    /// Digest of its secret, if it has one.
    pub secret_digest: Option<String>,
    /// What it may use at the token endpoint.
    pub grants: Vec<GrantType>,
    /// The resource it serves: it may introspect the tokens issued for that.
    pub resource_server: Option<String>,
}

/// `grant_type`: RFC 6749 §4.1.3, §4.4.2, §6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantType {
    /// A code.
    AuthorizationCode,
    /// A refresh token.
    RefreshToken,
    /// The client for itself.
    ClientCredentials,
}

impl GrantType {
    /// Every grant, as metadata lists them.
    pub const ALL: [GrantType; 3] =
        [GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::ClientCredentials];

    /// As the wire spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            GrantType::AuthorizationCode => "authorization_code",
            GrantType::RefreshToken => "refresh_token",
            GrantType::ClientCredentials => "client_credentials",
        }
    }

    /// The grant of that name, if we have it.
    pub fn parse(text: &str) -> Option<GrantType> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == text)
    }
}

/// Where the public keys of `private_key_jwt` are: RFC 7591 §2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// `jwks`: a JWK set, as JSON.
    Inline(String),
    /// `jwks_uri`: an https URL.
    Uri(String),
}

/// What a client registered: RFC 7591 §2, as far as it makes a difference here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientMetadata {
    /// `client_name`: what it calls itself. Nobody checked it.
    pub name: Option<String>,
    /// Where it may be answered.
    pub redirect_uris: Vec<RedirectUri>,
    /// How it authenticates at the token endpoint, or prefers to.
    pub auth_method: AuthMethod,
    /// The keys it signs assertions with.
    pub keys: Option<KeySource>,
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

    /// Whether it would be answered at an address of that origin.
    pub fn has_redirect_to(&self, address: &str) -> bool {
        self.redirect_uris.iter().any(|uri| uri.leads_to(address))
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
    /// A signed assertion: RFC 7523 §2.2.
    PrivateKeyJwt,
}

impl AuthMethod {
    /// Every method, as metadata lists them.
    pub const ALL: [AuthMethod; 4] = [
        AuthMethod::None,
        AuthMethod::ClientSecretBasic,
        AuthMethod::ClientSecretPost,
        AuthMethod::PrivateKeyJwt,
    ];

    /// As the wire spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            AuthMethod::None => "none",
            AuthMethod::ClientSecretBasic => "client_secret_basic",
            AuthMethod::ClientSecretPost => "client_secret_post",
            AuthMethod::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// Whether it proves knowledge of a shared secret.
    pub const fn has_secret(self) -> bool {
        matches!(self, AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost)
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
