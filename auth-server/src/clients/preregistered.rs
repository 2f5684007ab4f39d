//! Clients an operator makes (OAuth 2.1 §2): what is asked for, what is stored, and back again.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use shared::{clock::Timestamp, random, scope::Scopes};
use subtle::ConstantTimeEq;

use crate::{
    oauth::{
        client::{AuthMethod, Client, ClientMetadata, GrantType, KeySource, Origin, Preregistration},
        redirect::RedirectUri,
    },
    store::clients::PreregisteredRow,
};

/// A secret and what is kept of it.
pub(super) struct FreshSecret {
    pub(super) text: String,
    pub(super) digest: String,
}

impl FreshSecret {
    /// 256 random bits: no dictionary holds them, so a plain digest keeps them.
    pub(super) fn new() -> FreshSecret {
        let text = BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<32>());
        FreshSecret { digest: secret_digest(&text), text }
    }
}

/// Whether a secret is the one of that digest. Constant time.
pub(super) fn is_secret_of(own: &str, presented: &str) -> bool {
    secret_digest(presented).as_bytes().ct_eq(own.as_bytes()).into()
}

fn secret_digest(secret: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, secret.as_bytes()))
}

/// The text of a row.
#[derive(Serialize, Deserialize)]
struct Registration {
    name: Option<String>,
    redirect_uris: Vec<RedirectUri>,
    auth_method: String,
    jwks: Option<String>,
    jwks_uri: Option<String>,
    grants: Vec<String>,
    scope: Option<String>,
    resource_server: Option<String>,
}

/// The row of a client; none for one of another origin.
pub(super) fn to_row(client: &Client) -> Result<Option<PreregisteredRow>, serde_json::Error> {
    let Origin::Preregistered(by_operator) = &client.origin else { return Ok(None) };
    let metadata = &client.metadata;
    let (jwks, jwks_uri) = match &metadata.keys {
        Some(KeySource::Inline(text)) => (Some(text.clone()), None),
        Some(KeySource::Uri(uri)) => (None, Some(uri.clone())),
        None => (None, None),
    };
    let registration = Registration {
        name: metadata.name.clone(),
        redirect_uris: metadata.redirect_uris.clone(),
        auth_method: metadata.auth_method.as_str().to_owned(),
        jwks,
        jwks_uri,
        grants: by_operator.grants.iter().map(|grant| grant.as_str().to_owned()).collect(),
        scope: metadata.scope.as_ref().map(Scopes::to_string),
        resource_server: by_operator.resource_server.clone(),
    };
    Ok(Some(PreregisteredRow {
        id: client.id.clone(),
        registration: serde_json::to_string(&registration)?,
        secret_digest: by_operator.secret_digest.clone(),
        created_at: metadata.issued_at,
    }))
}

/// The client of a row; none when the row is not of our making.
pub(super) fn from_row(row: PreregisteredRow) -> Option<Client> {
    let registration: Registration = serde_json::from_str(&row.registration).ok()?;
    let auth_method = AuthMethod::parse(&registration.auth_method)?;
    let keys = registration.jwks.map(KeySource::Inline).or(registration.jwks_uri.map(KeySource::Uri));
    let metadata = ClientMetadata {
        name: registration.name,
        redirect_uris: registration.redirect_uris,
        auth_method,
        keys,
        application_type: None,
        scope: registration.scope.and_then(|text| Scopes::parse(&text).ok()),
        issued_at: Timestamp(row.created_at.seconds()),
    };
    let by_operator = Preregistration {
        secret_digest: row.secret_digest,
        grants: registration.grants.iter().filter_map(|text| GrantType::parse(text)).collect(),
        resource_server: registration.resource_server,
    };
    Some(Client {
        id: row.id,
        auth_methods: vec![auth_method],
        metadata,
        origin: Origin::Preregistered(by_operator),
    })
}
