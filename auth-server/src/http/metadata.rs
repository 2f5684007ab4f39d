//! Documents that stay the same while the server runs, made once: metadata (RFC 8414, and the same for OpenID Connect
//! Discovery) and public keys (RFC 7517).

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{self, Bytes},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde::Serialize;
use shared::metadata::AuthorizationServerMetadata;

use super::userinfo::USERINFO;
use crate::{
    app::App,
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

/// How long a client may keep a document. A key is published for at least this long before it signs.
const CACHE: &str = "public, max-age=300";

/// The documents as bytes.
pub(crate) struct Documents {
    metadata: Document,
    jwks: Document,
}

struct Document {
    bytes: Bytes,
    etag: String,
}

impl Documents {
    /// Writes them.
    ///
    /// # Errors
    /// One could not be written.
    pub(crate) fn new(app: &App) -> Result<Documents, serde_json::Error> {
        Ok(Documents { metadata: Document::new(&describe(app))?, jwks: Document::new(&app.mint.jwks())? })
    }
}

impl Document {
    fn new(document: &impl Serialize) -> Result<Document, serde_json::Error> {
        let bytes = serde_json::to_vec(document)?;
        let etag = format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&digest(&SHA256, &bytes).as_ref()[..12]));
        Ok(Document { bytes: Bytes::from(bytes), etag })
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let known = request.headers().get(header::IF_NONE_MATCH);
        let mut reply = match known.is_some_and(|known| known.as_bytes() == self.etag.as_bytes()) {
            true => HttpResponse::NotModified(),
            false => HttpResponse::Ok(),
        };
        reply.insert_header((header::CACHE_CONTROL, CACHE)).insert_header((header::ETAG, self.etag.as_str()));
        match known.is_some_and(|known| known.as_bytes() == self.etag.as_bytes()) {
            true => reply.finish(),
            // RFC 8259 §11: JSON has no charset.
            false => reply.content_type("application/json").body(self.bytes.clone()),
        }
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
        scopes_supported: app.settings.catalogue.scopes_supported().as_slice().to_vec(),
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
    documents.jwks.answer(&request)
}
