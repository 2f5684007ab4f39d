//! Documents that many fetch: metadata (RFC 8414, and the same for OpenID Connect Discovery), which is made once, and
//! public keys (RFC 7517), which are made anew when they change.

use std::sync::{Arc, PoisonError, RwLock};

use actix_web::{
    Error, HttpRequest, HttpResponse,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::HeaderValue,
    middleware::Next,
    web,
};
use shared::{metadata::AuthorizationServerMetadata, wire::Document};

use super::{Gatehouse, reply, userinfo::USERINFO};
use crate::{
    app::App,
    flow::keys,
    keys::ring::Ring,
    oauth::{
        client::{AuthMethod, GrantType},
        client_keys::{ALGORITHMS, name},
        openid::CLAIMS,
    },
};

/// Path of the public keys, below the issuer.
pub(super) const JWKS: &str = "/.well-known/jwks.json";

/// Path of the metadata as OpenID Connect has it, on an issuer without a path.
pub(super) const OPENID: &str = "/.well-known/openid-configuration";

/// A client may keep the metadata for five minutes.
const METADATA_AGE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// Documents as bytes.
pub(crate) struct Documents {
    app: Gatehouse,
    metadata: Document,
    keys: RwLock<Option<Published>>,
}

/// Public keys, written.
struct Published {
    ring: Arc<Ring>,
    /// For so many seconds.
    max_age: u64,
    document: Document,
}

impl Documents {
    /// Writes the metadata.
    ///
    /// # Errors
    /// It could not be written.
    pub(crate) fn new(app: Gatehouse) -> Result<Documents, serde_json::Error> {
        let metadata = Document::new(serde_json::to_vec(&describe(&app))?.into(), METADATA_AGE);
        Ok(Documents { app, metadata, keys: RwLock::default() })
    }

    /// Answers with those keys for so many seconds: headers are written anew when one of the two has changed.
    fn answer_keys(&self, ring: Arc<Ring>, max_age: u64, request: &HttpRequest) -> HttpResponse {
        let is_known = |known: &&Published| Arc::ptr_eq(&known.ring, &ring) && known.max_age == max_age;
        let known = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref().filter(is_known) {
            return known.document.answer(request);
        }
        drop(known);
        let age = HeaderValue::try_from(format!("public, max-age={max_age}"));
        let age = age.unwrap_or(HeaderValue::from_static("no-cache"));
        let document = Document::new(ring.document().clone(), age);
        let answer = document.answer(request);
        let published = Published { ring, max_age, document };
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(published);
        answer
    }
}

/// Only what works is advertised; nothing is ever derived from a request.
fn describe(app: &App) -> AuthorizationServerMetadata {
    let issuer = app.settings.issuer.as_str();
    let under = |path: &str| format!("{}{path}", issuer.trim_end_matches('/'));
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let auth_methods = words(&AuthMethod::ALL.map(AuthMethod::as_str));
    let with_proof = AuthMethod::ALL.into_iter().filter(|method| *method != AuthMethod::None);
    let resources = app.settings.catalogue.iter().map(|entry| entry.resource.as_str().to_owned());
    AuthorizationServerMetadata {
        issuer: issuer.to_owned(),
        authorization_endpoint: under("/oauth/authorize"),
        token_endpoint: under("/oauth/token"),
        jwks_uri: under(JWKS),
        registration_endpoint: Some(under("/oauth/register")),
        revocation_endpoint: Some(under("/oauth/revoke")),
        scopes_supported: app.settings.catalogue.scopes_supported().iter().map(str::to_owned).collect(),
        response_types_supported: words(&["code"]),
        response_modes_supported: words(&["query"]),
        introspection_endpoint: Some(under("/oauth/introspect")),
        grant_types_supported: words(&GrantType::ALL.map(GrantType::as_str)),
        token_endpoint_auth_signing_alg_values_supported: words(&ALGORITHMS.map(name)),
        introspection_endpoint_auth_signing_alg_values_supported: words(&ALGORITHMS.map(name)),
        revocation_endpoint_auth_signing_alg_values_supported: words(&ALGORITHMS.map(name)),
        introspection_endpoint_auth_methods_supported: words(
            &with_proof.map(AuthMethod::as_str).collect::<Vec<_>>(),
        ),
        token_endpoint_auth_methods_supported: auth_methods.clone(),
        revocation_endpoint_auth_methods_supported: auth_methods,
        code_challenge_methods_supported: words(&["S256"]),
        authorization_response_iss_parameter_supported: true,
        client_id_metadata_document_supported: app.settings.outbound.documents,
        userinfo_endpoint: Some(under(USERINFO)),
        subject_types_supported: words(&["public"]),
        id_token_signing_alg_values_supported: words(&["RS256"]),
        claims_supported: words(&CLAIMS),
        request_uri_parameter_supported: Some(false),
        protected_resources: resources.collect(),
    }
}

pub(super) async fn authorization_server(
    documents: web::Data<Documents>,
    request: HttpRequest,
) -> HttpResponse {
    documents.metadata.answer(&request)
}

pub(super) async fn jwks(documents: web::Data<Documents>, request: HttpRequest) -> HttpResponse {
    let (ring, max_age) = keys::published(&documents.app).await;
    documents.answer_keys(ring, max_age, &request)
}

/// Middleware of a path that reads what was signed, where nothing depends on it.
pub(super) async fn hinted(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if let Some(app) = request.app_data::<Gatehouse>().cloned() {
        // A hint whose key is not known says nothing, and the person is asked.
        let _ = keys::look(&app).await;
    }
    next.call(request).await
}

/// Middleware of every path that signs, or reads what was signed: with the keys as they are stored now.
pub(super) async fn keyed(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let app = request.app_data::<Gatehouse>().cloned();
    match app {
        Some(app) => match keys::look(&app).await {
            Ok(()) => next.call(request).await,
            Err(failure) => Ok(request.into_response(reply::failed(&failure))),
        },
        None => next.call(request).await,
    }
}
