//! The protected resource metadata: RFC 9728. One document for each resource, made once.

use actix_web::{HttpRequest, HttpResponse, http::header::HeaderValue, web::Data};
use serde::Serialize;
use shared::{resource::Resource, scope::Scopes, wire::Document};

use super::{challenge::Challenge, cors, entrance::Entrance};
use crate::App;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

const RESOURCE_NAME: &str = "Gatehouse notes and meetings";

/// Five minutes, as long as the known clients keep it anyway (RFC 9728 §7.10).
pub(super) const CACHING: HeaderValue = HeaderValue::from_static("public, max-age=300");

#[derive(Serialize)]
struct Members<'a> {
    resource: &'a str,
    authorization_servers: [&'a str; 1],
    scopes_supported: Vec<&'a str>,
    bearer_methods_supported: [&'a str; 1],
    resource_name: &'a str,
}

/// The document as it is sent, and where it is found.
pub(super) struct MetadataDocument {
    document: Document,
    url: String,
    challenge: HeaderValue,
}

impl MetadataDocument {
    /// Everything in it is configured; nothing comes from a request.
    pub(super) fn new(
        resource: &Resource,
        issuer: &str,
        scopes: &Scopes,
    ) -> Result<MetadataDocument, serde_json::Error> {
        // RFC 9728 §2. `offline_access` is between a client and the issuer and has no place here.
        let members = Members {
            resource: resource.as_str(),
            authorization_servers: [issuer],
            scopes_supported: scopes.iter().collect(),
            bearer_methods_supported: ["header"],
            resource_name: RESOURCE_NAME,
        };
        let document = Document::new(serde_json::to_vec(&members)?.into(), CACHING);
        let origin = resource.url().origin().ascii_serialization();
        let url = format!("{origin}{}", own_path(resource));
        let challenge = Challenge::new(Some(&url)).header();
        Ok(MetadataDocument { document, url, challenge })
    }

    /// Where the document is found: the `resource_metadata` of every challenge.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// What whoever brings no token is told: nearly every client begins with it.
    pub(super) fn challenge(&self) -> HeaderValue {
        self.challenge.clone()
    }
}

/// RFC 9728 §3.1: the well-known path goes between the host and the resource's own path.
pub(super) fn own_path(resource: &Resource) -> String {
    format!("{WELL_KNOWN}{}", resource.url().path().trim_end_matches('/'))
}

/// Where it is served: at its own place and, for clients that look there last, at the root.
pub(super) fn paths(resource: &Resource) -> Vec<String> {
    let mut paths = vec![own_path(resource), WELL_KNOWN.to_owned()];
    paths.dedup();
    paths
}

/// The document of the endpoint.
pub(super) async fn of_mcp(app: Data<App>, request: HttpRequest) -> HttpResponse {
    document(&app.mcp, &request)
}

/// The document of the older transport.
pub(super) async fn of_sse(app: Data<App>, request: HttpRequest) -> HttpResponse {
    document(&app.sse, &request)
}

fn document(entrance: &Entrance, request: &HttpRequest) -> HttpResponse {
    let mut reply = entrance.metadata.document.answer(request);
    cors::open_to_everyone(reply.headers_mut());
    reply
}

pub(super) async fn preflight() -> HttpResponse {
    let mut reply = HttpResponse::NoContent().finish();
    cors::public_preflight(reply.headers_mut());
    reply
}
