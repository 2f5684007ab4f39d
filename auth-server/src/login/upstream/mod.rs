//! Signing in through other OpenID providers: where a person is sent, and what their provider says of them when they are
//! back. Who may enter, and which account that is, is decided elsewhere.

mod answer;
mod metadata;
mod wire;

use std::sync::Arc;

use openidconnect::{
    AuthType, Client, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IdTokenFields, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    Scope, StandardErrorResponse, StandardTokenResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClientAuthMethod, CoreErrorResponseType,
        CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
        CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use shared::clock::Clock;

pub use self::answer::{Answer, Person};
use self::{
    answer::OtherClaims,
    metadata::{Metadata, Provider},
    wire::Wire,
};
use crate::{
    login::browser::fresh_cookie as fresh_secret,
    oauth::openid::Demands,
    settings::{outbound::Outbound, upstream::UpstreamSettings},
};

/// The key of `UPSTREAM_ISSUER`.
const FIRST: &str = "1";

/// The providers people may sign in with.
pub struct Upstreams {
    providers: Vec<Upstream>,
}

/// One provider.
pub struct Upstream {
    /// As it was set.
    pub settings: UpstreamSettings,
    redirect_uri: String,
    clock: Clock,
    wire: Arc<Wire>,
    metadata: Metadata,
}

/// What a person is sent with, and what the answer must fit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Errand {
    /// The issuer that was asked.
    pub issuer: String,
    /// Must stand in the ID token.
    nonce: String,
    /// PKCE.
    verifier: String,
}

/// Where a person is sent.
pub struct Departure {
    /// The address at the provider.
    pub location: String,
    /// What it comes back with; kept as a digest only.
    pub state: String,
    /// What the answer must fit.
    pub errand: Errand,
}

impl Upstreams {
    /// The providers of the settings; people come back to `redirect_uri` or below it. Nothing is fetched before somebody
    /// wants to sign in.
    pub fn new(
        settings: &[UpstreamSettings],
        outbound: &Outbound,
        redirect_uri: &str,
        clock: &Clock,
    ) -> Upstreams {
        let provider = |settings: &UpstreamSettings| {
            let wire = Arc::new(Wire::new(&settings.issuer, outbound.extra_roots.clone()));
            Upstream {
                metadata: Metadata::new(clock.clone(), &settings.issuer, Arc::clone(&wire)),
                settings: settings.clone(),
                redirect_uri: match own_callback(settings) {
                    None => redirect_uri.to_owned(),
                    Some(key) => format!("{redirect_uri}/{key}"),
                },
                clock: clock.clone(),
                wire,
            }
        };
        Upstreams { providers: settings.iter().map(provider).collect() }
    }

    /// The provider a form names.
    pub fn by_key(&self, key: &str) -> Option<&Upstream> {
        self.providers.iter().find(|provider| provider.settings.key == key)
    }

    /// The provider with that issuer.
    pub fn by_issuer(&self, issuer: &str) -> Option<&Upstream> {
        self.providers.iter().find(|provider| provider.settings.issuer.as_str() == issuer)
    }
}

/// How the address ends that people come back to from there: its key, or nothing for the one that has no number.
fn own_callback(settings: &UpstreamSettings) -> Option<&str> {
    Some(settings.key.as_str()).filter(|key| *key != FIRST)
}

impl Upstream {
    /// Whether that is how the address ends which people come back to from there.
    pub fn is_back_at(&self, key: Option<&str>) -> bool {
        own_callback(&self.settings) == key
    }

    /// Sends a person there (OpenID Connect Core §3.1.2.1). What they allowed here, and the resource it is for, is none of
    /// the provider's business.
    ///
    /// # Errors
    /// The provider cannot be reached, or does not say what it should.
    pub async fn depart(&self, demands: &Demands) -> Result<Departure, UpstreamFault> {
        let provider = self.metadata.current().await?;
        let client = self.client(&provider)?;
        let (state, nonce, verifier) = (fresh_secret(), fresh_secret(), fresh_secret());
        // RFC 7636 §4.2: S256 always.
        let challenge =
            PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.clone()));
        let (own_state, own_nonce) = (CsrfToken::new(state.clone()), Nonce::new(nonce.clone()));
        let mut request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || own_state, || own_nonce)
            .add_scopes(self.settings.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge);
        // A sign-in the client wants to be new must be new there too.
        if demands.login || demands.max_age == Some(0) {
            request = request.add_prompt(CoreAuthPrompt::Login);
        }
        if let Some(max_age) = demands.max_age {
            request = request.set_max_age(std::time::Duration::from_secs(max_age));
        }
        let (location, _, _) = request.url();
        let errand = Errand { issuer: self.settings.issuer.as_str().to_owned(), nonce, verifier };
        Ok(Departure { location: location.into(), state, errand })
    }

    /// What the provider calls us, and how we speak to it.
    fn client(&self, provider: &Provider) -> Result<ProviderClient, UpstreamFault> {
        let malformed = |fault| UpstreamFault::Malformed(format!("our own redirect URI: {fault}"));
        let redirect_uri = RedirectUrl::new(self.redirect_uri.clone()).map_err(malformed)?;
        let id = ClientId::new(self.settings.client_id.clone());
        let secret = ClientSecret::new(self.settings.client_secret.clone());
        // OpenID Connect Discovery §3: where nothing is said, `client_secret_basic`.
        let methods = provider.token_endpoint_auth_methods_supported();
        let is_only_post = methods.is_some_and(|methods| {
            !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
                && methods.contains(&CoreClientAuthMethod::ClientSecretPost)
        });
        let auth_type = if is_only_post { AuthType::RequestBody } else { AuthType::BasicAuth };
        let client = ProviderClient::from_provider_metadata(provider.clone(), id, Some(secret));
        Ok(client.set_redirect_uri(redirect_uri).set_auth_type(auth_type))
    }
}

/// The crate's client, with every claim of an ID token kept.
type ProviderClient = Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    TokenResponse,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;
type TokenResponse = StandardTokenResponse<
    IdTokenFields<
        OtherClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

/// Why nothing was learnt from a provider. The person is told which kind it is, the log the rest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamFault {
    /// No connection, no answer in time, or an answer that says so.
    #[error("the provider cannot be reached: {0}")]
    Away(String),
    /// It answers, but not as it should.
    #[error("the provider's answer is not in order: {0}")]
    Malformed(String),
    /// The answer does not fit what it was asked.
    #[error("the provider's answer is refused: {0}")]
    Refused(String),
}
