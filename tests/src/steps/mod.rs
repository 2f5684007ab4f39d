//! The seven steps. Each proves what the next one needs, so none can be skipped.
//!
//! | step | consumes | proves |
//! |---|---|---|
//! | [`s1_resource_metadata`] | a URL | [`Resource`] |
//! | [`s2_server_metadata`] | the resource | [`Server`] |
//! | [`s3_registration`] | the server | [`Client`] |
//! | [`s4_authorization`] | the client | a code |
//! | [`s5_token`] | the code | [`Tokens`] |
//! | [`s6_verification`] | the tokens | a tool that answers |
//! | [`s7_auth_trigger`] | the tool | [`Conformant`] |
//!
//! `send` never judges and `judge` never sends: a judge can be shown any exchange.

#[cfg(test)]
pub(crate) mod fixtures;
pub mod s1_resource_metadata;
pub mod s2_server_metadata;
pub mod s3_registration;
pub mod s4_authorization;
pub mod s5_token;
pub mod s6_verification;
pub mod s7_auth_trigger;

use std::future::Future;

use url::Url;

use crate::{agent::Agent, exchange::Exchange, violation::Violation};

/// One of the seven.
pub trait Step: Sized + Send + Sync {
    /// Its place.
    const NUMBER: u8;
    /// What it is called in a report.
    const NAME: &'static str;
    /// What is proven when it holds: the next step.
    type Next: Reached + Send;

    /// Sends what this step sends, and records it without an opinion.
    fn send(&self, agent: &Agent) -> impl Future<Output = Exchange> + Send;

    /// Judges what came back, and sends nothing.
    ///
    /// # Errors
    /// The rule that was broken.
    fn judge(self, exchange: &Exchange) -> Result<Self::Next, Violation>;
}

/// A state that a step led to.
pub trait Reached {
    /// What was seen on the way here.
    fn seen(&self) -> &Seen;
}

/// What a step saw, for a human.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// One line.
    pub summary: String,
    /// What holds but could be better, and what was skipped.
    pub notes: Vec<String>,
}

impl Seen {
    pub(crate) fn new(summary: impl Into<String>) -> Seen {
        Seen { summary: summary.into(), notes: Vec::new() }
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}

/// What step 1 proved.
#[derive(Clone, Debug)]
pub struct Resource {
    /// The MCP endpoint, as it was typed.
    pub url: String,
    /// The resource identifier, as its metadata name it.
    pub named: String,
    /// Issuers, in the order they are to be tried.
    pub authorization_servers: Vec<String>,
    /// Scopes to ask for.
    pub scopes: Vec<String>,
    /// Scopes the challenge names.
    pub challenged: Vec<String>,
}

/// What step 2 proved.
#[derive(Clone, Debug)]
pub struct Server {
    /// The issuer, byte for byte.
    pub issuer: String,
    /// Where the browser goes.
    pub authorization_endpoint: Url,
    /// Where codes are redeemed.
    pub token_endpoint: Url,
    /// Where clients register, if they can.
    pub registration_endpoint: Option<Url>,
    /// Whether a client may be the URL of its metadata document.
    pub takes_documents: bool,
    /// Where the keys are, if they are published.
    pub jwks_uri: Option<Url>,
    /// Whether every authorization response names its issuer.
    pub sends_iss: bool,
    /// Scopes it advertises.
    pub scopes: Option<Vec<String>>,
    /// Client authentication it advertises.
    pub auth_methods: Vec<String>,
}

/// What step 3 proved.
#[derive(Clone)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    /// How it authenticates at the token endpoint.
    pub auth: ClientAuth,
    /// Where it is called back: the first of those it named.
    pub redirect_uri: String,
    /// Whether it was granted `refresh_token`.
    pub may_refresh: bool,
    /// Whether it is a document rather than a registration.
    pub is_document: bool,
    /// Scopes the registration was answered with.
    pub scopes: Vec<String>,
}

/// Client authentication at the token endpoint.
#[derive(Clone)]
pub enum ClientAuth {
    /// A public client.
    None,
    /// The secret in the form.
    Post(String),
    /// The secret in the `Authorization` header.
    Basic(String),
    /// An assertion signed with the key its document names.
    PrivateKey,
}

impl ClientAuth {
    /// Its name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            ClientAuth::None => "none",
            ClientAuth::Post(_) => "client_secret_post",
            ClientAuth::Basic(_) => "client_secret_basic",
            ClientAuth::PrivateKey => "private_key_jwt",
        }
    }
}

/// What step 5 proved.
#[derive(Clone)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The refresh token, if one was given.
    pub refresh: Option<String>,
    /// The scopes that were granted.
    pub scopes: Vec<String>,
    /// The ID token, if one was given.
    pub identity: Option<String>,
}

/// All seven steps held.
#[derive(Clone)]
pub struct Conformant {
    /// The resource.
    pub resource: Resource,
    /// Its authorization server.
    pub server: Server,
    /// The client that was registered.
    pub client: Client,
    pub(crate) seen: Seen,
}

impl Reached for Conformant {
    fn seen(&self) -> &Seen {
        &self.seen
    }
}

/// Lets a state tell what was seen on the way to it.
macro_rules! reached {
    ($state:ty) => {
        impl crate::steps::Reached for $state {
            fn seen(&self) -> &crate::steps::Seen {
                &self.seen
            }
        }
    };
}
pub(crate) use reached;
