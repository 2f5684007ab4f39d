//! What came back from a provider, and what it says of a person: OpenID Connect Core §3.1.3.

use std::{
    collections::BTreeMap,
    time::{Duration, UNIX_EPOCH},
};

use openidconnect::{
    AccessToken, AdditionalClaims, AuthorizationCode, ClaimsVerificationError, Nonce, OAuth2TokenResponse,
    PkceCodeVerifier, RequestTokenError, SignatureVerificationError, StandardErrorResponse,
    SubjectIdentifier, TokenResponse as _, UserInfoClaims,
    core::{CoreErrorResponseType, CoreGenderClaim, CoreJwsSigningAlgorithm},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::clock::Timestamp;

use crate::oauth::invisible::is_invisible;

use super::{
    Errand, ProviderClient, TokenResponse, Upstream, UpstreamFault, metadata::Provider, wire::WireFault,
};

/// How far its clock may be from ours.
const SKEW: Duration = Duration::from_secs(60);
/// Longer ones are none: they would not fit into a row of any use.
const LONGEST_SUBJECT: usize = 255;
const LONGEST_EMAIL: usize = 254;
const LONGEST_NAME: usize = 200;
/// Signatures that prove something: no `none`, and nothing made with a secret we share.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = {
    use CoreJwsSigningAlgorithm as A;
    [
        A::RsaSsaPkcs1V15Sha256,
        A::RsaSsaPkcs1V15Sha384,
        A::RsaSsaPkcs1V15Sha512,
        A::RsaSsaPssSha256,
        A::RsaSsaPssSha384,
        A::RsaSsaPssSha512,
        A::EcdsaP256Sha256,
        A::EcdsaP384Sha384,
        A::EdDsa,
    ]
};

/// What the browser brought back.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The code.
    pub code: &'a str,
    /// Who says it is answering (RFC 9207 §2).
    pub issuer: Option<&'a str>,
}

/// Somebody, as their provider knows them.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who it is there.
    pub subject: String,
    /// Their address, if it is told.
    pub email: Option<String>,
    /// Whether the provider vouches for it.
    pub email_verified: bool,
    /// What they are called; empty where it is not told.
    pub name: String,
    /// When they last proved who they are there, if it is told.
    pub authenticated_at: Option<Timestamp>,
    /// Everything else that is said of them.
    others: OtherClaims,
}

/// Claims that have no name of their own here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct OtherClaims(BTreeMap<String, Value>);

impl AdditionalClaims for OtherClaims {}

impl OtherClaims {
    /// Whether a claim says that, or has it among what it says.
    fn say(&self, claim: &str, wanted: &str) -> bool {
        let is_wanted = |value: &Value| match value {
            Value::String(text) => text == wanted,
            Value::Bool(own) => wanted.parse() == Ok(*own),
            Value::Number(own) => wanted.parse::<serde_json::Number>().is_ok_and(|wanted| wanted == *own),
            _ => false,
        };
        match self.0.get(claim) {
            Some(Value::Array(values)) => values.iter().any(is_wanted),
            Some(value) => is_wanted(value),
            None => false,
        }
    }
}

impl Person {
    /// Whether a claim about them has that value.
    pub fn has(&self, (claim, value): &(String, String)) -> bool {
        self.others.say(claim, value)
    }
}

impl Upstream {
    /// Whether an answer that names this issuer, or none, can be this provider's (RFC 9207 §2.4).
    ///
    /// # Errors
    /// It is another's.
    async fn check_issuer(&self, provider: &Provider, issuer: Option<&str>) -> Result<(), UpstreamFault> {
        let is_always_named = provider.additional_metadata().authorization_response_iss_parameter_supported;
        match issuer {
            Some(issuer) if issuer == self.settings.issuer.as_str() => Ok(()),
            Some(_) => Err(UpstreamFault::Refused("it comes from another issuer".to_owned())),
            None if is_always_named => Err(UpstreamFault::Refused("it does not name its issuer".to_owned())),
            None => Ok(()),
        }
    }

    /// Redeems the code and learns who it is.
    ///
    /// # Errors
    /// The provider cannot be reached, or what it says does not fit what it was asked.
    pub async fn identify(&self, answer: Answer<'_>, errand: &Errand) -> Result<Person, UpstreamFault> {
        let provider = self.metadata.current().await?;
        self.check_issuer(&provider, answer.issuer).await?;
        let client = self.client(&provider)?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(answer.code.to_owned()))
            .map_err(|fault| UpstreamFault::Malformed(fault.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(errand.verifier.clone()))
            .request_async(&*self.wire)
            .await
            .map_err(refusal)?;
        let person = match self.verify(&client, &tokens, errand) {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            )) => {
                // It may have a new key.
                let newer = self.metadata.newer().await.ok_or_else(|| refused("an unknown key"))?;
                self.verify(&self.client(&newer)?, &tokens, errand)
            }
            verified => verified,
        };
        let person = person.map_err(|fault| refused(&fault.to_string()))?;
        if person.subject.is_empty() || person.subject.len() > LONGEST_SUBJECT || has_control(&person.subject)
        {
            return Err(UpstreamFault::Malformed("its subject cannot be one".to_owned()));
        }
        self.complete(&client, tokens.access_token().clone(), person).await
    }

    /// OpenID Connect Core §3.1.3.7: issuer, audience, signature, expiry and nonce of the ID token.
    fn verify(
        &self,
        client: &ProviderClient,
        tokens: &TokenResponse,
        errand: &Errand,
    ) -> Result<Person, ClaimsVerificationError> {
        let token = tokens.id_token();
        let token = token.ok_or_else(|| ClaimsVerificationError::Other("there is no ID token".to_owned()))?;
        let latest = self.clock.now() - SKEW;
        let instant = UNIX_EPOCH + Duration::from_secs(latest.seconds().unsigned_abs());
        let verifier =
            client.id_token_verifier().set_allowed_algs(ALGORITHMS).set_time_fn(move || instant.into());
        let claims = token.claims(&verifier, &Nonce::new(errand.nonce.clone()))?;
        let name = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str());
        Ok(Person {
            subject: claims.subject().as_str().to_owned(),
            email: claims.email().and_then(|email| usable_email(email.as_str())),
            email_verified: claims.email_verified().unwrap_or_default(),
            name: short_name(name),
            authenticated_at: claims.auth_time().map(|at| Timestamp(at.timestamp())),
            others: claims.additional_claims().clone(),
        })
    }

    /// OpenID Connect Core §5.3: what the ID token leaves out is asked for, if it is needed and can be.
    async fn complete(
        &self,
        client: &ProviderClient,
        access_token: AccessToken,
        person: Person,
    ) -> Result<Person, UpstreamFault> {
        let wants_claim = self.settings.require_claim.as_ref().is_some_and(|claim| !person.has(claim));
        if person.email.is_some() && !wants_claim {
            return Ok(person);
        }
        let subject = SubjectIdentifier::new(person.subject.clone());
        let Ok(request) = client.user_info(access_token, Some(subject)) else { return Ok(person) };
        let told: Result<UserInfoClaims<OtherClaims, CoreGenderClaim>, _> =
            request.request_async(&*self.wire).await;
        let told = told.map_err(|fault| match fault {
            openidconnect::UserInfoError::Request(fault) => UpstreamFault::from(&fault),
            openidconnect::UserInfoError::ClaimsVerification(fault) => refused(&fault.to_string()),
            _ => UpstreamFault::Malformed("its userinfo endpoint did not answer with claims".to_owned()),
        })?;
        let name = told.name().and_then(|name| name.get(None)).map(|name| name.as_str());
        let mut person = person;
        if person.email.is_none() {
            person.email = told.email().and_then(|email| usable_email(email.as_str()));
            person.email_verified = told.email_verified().unwrap_or_default();
        }
        if person.name.is_empty() {
            person.name = short_name(name);
        }
        for (claim, value) in &told.additional_claims().0 {
            // What is signed counts.
            person.others.0.entry(claim.clone()).or_insert_with(|| value.clone());
        }
        Ok(person)
    }
}

/// What can be shown as an address, and kept by every database.
fn usable_email(text: &str) -> Option<String> {
    let is_one = text.len() <= LONGEST_EMAIL
        && text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || is_invisible(c));
    is_one.then(|| text.to_owned())
}

fn short_name(name: Option<&str>) -> String {
    name.unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .take(LONGEST_NAME)
        .collect()
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

fn refused(why: &str) -> UpstreamFault {
    UpstreamFault::Refused(why.to_owned())
}

/// Only the name of an error is repeated: descriptions are whatever somebody else wrote.
fn refusal(
    fault: RequestTokenError<WireFault, StandardErrorResponse<CoreErrorResponseType>>,
) -> UpstreamFault {
    match fault {
        RequestTokenError::Request(fault) => UpstreamFault::from(&fault),
        RequestTokenError::ServerResponse(answer) => {
            refused(&format!("its token endpoint says {}", answer.error()))
        }
        RequestTokenError::Parse(_, _) | RequestTokenError::Other(_) => {
            UpstreamFault::Malformed("its token endpoint did not answer with tokens".to_owned())
        }
    }
}
