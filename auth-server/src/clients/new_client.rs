//! What an operator may register: more than a client may by itself, and still nothing that cannot work.

use serde_json::Value;
use shared::{clock::Timestamp, scope::Scopes};
use url::Url;

use super::Kind;
use crate::oauth::{
    catalogue::Catalogue,
    client::{AuthMethod, Client, ClientMetadata, GrantType, KeySource, Origin, Preregistration},
    client_keys::KeySourceFault,
    client_metadata::presentable,
    redirect::RedirectUri,
};

/// A client as an operator asks for it.
#[derive(Clone, Debug, Default)]
pub struct NewClient {
    /// What it is called on the page.
    pub name: String,
    /// Its `client_id`; one is made up when none is given.
    pub id: Option<String>,
    /// Where it may be answered.
    pub redirect_uris: Vec<String>,
    /// How it authenticates: by its keys when it has some, else with a secret.
    pub auth_method: Option<AuthMethod>,
    /// `jwks`.
    pub jwks: Option<Value>,
    /// `jwks_uri`.
    pub jwks_uri: Option<String>,
    /// What it may use at the token endpoint.
    pub grants: Vec<GrantType>,
    /// A default for people's grants, a ceiling for the client's own.
    pub scope: Option<String>,
    /// The resource whose tokens it may introspect.
    pub resource_server: Option<String>,
}

/// Schemes that lead nowhere, or into the browser itself.
const NO_APPLICATIONS: [&str; 11] =
    ["http", "ws", "wss", "ftp", "file", "data", "blob", "about", "javascript", "vbscript", "filesystem"];

impl NewClient {
    /// The client, without the secret it may need.
    ///
    /// # Errors
    /// The first thing that cannot be registered.
    pub fn admit(&self, catalogue: &Catalogue, now: Timestamp) -> Result<Client, NewClientFault> {
        let id = match &self.id {
            None => format!("client_{}", crate::oauth::code::tag()),
            Some(id) if matches!(Kind::of(id), Some(Kind::Preregistered)) => id.clone(),
            Some(_) => return Err(NewClientFault::Id),
        };
        let name = presentable(&self.name).ok_or(NewClientFault::Name)?;
        let by_operator = Preregistration {
            secret_digest: None,
            grants: self.admit_grants()?,
            resource_server: self.admit_resource(catalogue)?,
        };
        let (auth_method, keys) = self.admit_method()?;
        let acts_for_itself = by_operator.grants.contains(&GrantType::ClientCredentials);
        let must_prove_itself = acts_for_itself || by_operator.resource_server.is_some();
        let scope = self.admit_scope(catalogue)?;
        match () {
            // OAuth 2.1 §4.2, RFC 7662 §2.1.
            () if must_prove_itself && auth_method == AuthMethod::None => return Err(NewClientFault::Public),
            () if acts_for_itself && scope.is_none() => return Err(NewClientFault::NoScope),
            () => {}
        }
        let redirect_uris = self.admit_redirect_uris(&by_operator.grants)?;
        Ok(Client {
            id,
            auth_methods: vec![auth_method],
            metadata: ClientMetadata {
                name: Some(name),
                redirect_uris,
                auth_method,
                keys,
                application_type: None,
                scope,
                issued_at: now,
            },
            origin: Origin::Preregistered(by_operator),
        })
    }

    fn admit_grants(&self) -> Result<Vec<GrantType>, NewClientFault> {
        let has_code = self.grants.contains(&GrantType::AuthorizationCode);
        if self.grants.contains(&GrantType::RefreshToken) && !has_code {
            return Err(NewClientFault::RefreshAlone);
        }
        let grants = match self.grants.is_empty() {
            false => GrantType::ALL.into_iter().filter(|grant| self.grants.contains(grant)).collect(),
            // One that only looks at tokens needs none of its own.
            true if self.resource_server.is_some() && self.redirect_uris.is_empty() => Vec::new(),
            true => vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        };
        Ok(grants)
    }

    fn admit_method(&self) -> Result<(AuthMethod, Option<KeySource>), NewClientFault> {
        let has_keys = self.jwks.is_some() || self.jwks_uri.is_some();
        let usual = if has_keys { AuthMethod::PrivateKeyJwt } else { AuthMethod::ClientSecretBasic };
        let auth_method = self.auth_method.unwrap_or(usual);
        match auth_method {
            AuthMethod::PrivateKeyJwt => {
                let keys = KeySource::read(self.jwks.as_ref(), self.jwks_uri.as_deref())?;
                Ok((auth_method, Some(keys)))
            }
            _ if has_keys => Err(NewClientFault::KeysOfNoUse),
            _ => Ok((auth_method, None)),
        }
    }

    fn admit_scope(&self, catalogue: &Catalogue) -> Result<Option<Scopes>, NewClientFault> {
        let Some(text) = &self.scope else { return Ok(None) };
        let known = catalogue.scopes_supported();
        let scopes = Scopes::parse(text).ok().filter(|scopes| known.contains_all(scopes));
        let scopes = scopes.ok_or_else(|| NewClientFault::Scope(known.to_string()))?;
        Ok(Some(scopes).filter(|scopes| !scopes.is_empty()))
    }

    fn admit_resource(&self, catalogue: &Catalogue) -> Result<Option<String>, NewClientFault> {
        let Some(text) = self.resource_server.as_deref() else { return Ok(None) };
        let entry = catalogue.select(Some(text)).ok_or(NewClientFault::Resource)?;
        Ok(Some(entry.resource.as_str().to_owned()))
    }

    /// The operator's word counts where a registration needs the allowlist; private-use schemes are for them to allow.
    fn admit_redirect_uris(&self, grants: &[GrantType]) -> Result<Vec<RedirectUri>, NewClientFault> {
        match (grants.contains(&GrantType::AuthorizationCode), self.redirect_uris.is_empty()) {
            (true, true) => return Err(NewClientFault::NoRedirectUri),
            (false, false) => return Err(NewClientFault::RedirectUriOfNoUse),
            _ => {}
        }
        let read = |text: &String| {
            let uri = RedirectUri::parse(text).ok().filter(|uri| uri.is_loopback() || reaches_one(uri));
            uri.ok_or_else(|| NewClientFault::RedirectUri(text.clone()))
        };
        self.redirect_uris.iter().map(read).collect()
    }
}

/// Whether a URI leads to one application: over https, or by a scheme of its own (OAuth 2.1 §8.4.3), which has a dot or is
/// followed by `//`.
fn reaches_one(uri: &RedirectUri) -> bool {
    Url::parse(uri.as_str()).is_ok_and(|url| match url.scheme() {
        "https" => true,
        scheme if NO_APPLICATIONS.contains(&scheme) => false,
        scheme => scheme.contains('.') || url.has_authority(),
    })
}

/// Why a client is not made, for the person at the terminal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NewClientFault {
    /// Of another kind's form, or of no form at all.
    #[error(
        "an id has 1 to 128 letters, digits and `-._~`, and does not begin with dcr_ or dcs_: those are of clients \
         that register themselves"
    )]
    Id,
    /// Nothing a person could read.
    #[error("a client needs a name that can be shown")]
    Name,
    /// The code grant leads nowhere without one.
    #[error("authorization_code needs --redirect-uri")]
    NoRedirectUri,
    /// Nobody is ever sent there.
    #[error("--redirect-uri is of no use without authorization_code")]
    RedirectUriOfNoUse,
    /// Neither https, nor loopback, nor a scheme of an application.
    #[error(
        "`{0}` is no redirect URI: https, http on this machine, or an application's own scheme, without fragment"
    )]
    RedirectUri(String),
    /// What is answered there would be a request to us.
    #[error("a redirect URI must not lead to this server, whose ISSUER is {0}")]
    RedirectUriHere(String),
    /// There would be nothing to refresh.
    #[error("refresh_token needs authorization_code")]
    RefreshAlone,
    /// Anybody could use its name.
    #[error(
        "a client that acts for itself or introspects tokens must authenticate: --auth-method none will not do"
    )]
    Public,
    /// What it may do for itself is the operator's decision.
    #[error("client_credentials needs --scope: it is all the client may ask for")]
    NoScope,
    /// Malformed or unknown.
    #[error("--scope names a scope that no resource has; there are: {0}")]
    Scope(String),
    /// Tokens are not issued for it.
    #[error("--resource-server is none of RESOURCES")]
    Resource,
    /// Keys beside another method.
    #[error("keys are of use with private_key_jwt only")]
    KeysOfNoUse,
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeySourceFault),
}
