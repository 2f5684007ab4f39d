//! The protected resource metadata: RFC 9728. One document for each resource, made once.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH},
    },
    web::Data,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use ring::digest;
use serde::Serialize;
use shared::{resource::Resource, scope::Scopes};

use super::{challenge::Challenge, cors, entrance::Entrance, refusal::JSON};
use crate::App;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

const RESOURCE_NAME: &str = "Gatehouse notes and meetings";

/// Five minutes, as long as the known clients keep it anyway (RFC 9728 §7.10).
pub(super) const CACHING: HeaderValue = HeaderValue::from_static("public, max-age=300");

#[derive(Serialize)]
struct Document<'a> {
    resource: &'a str,
    authorization_servers: [&'a str; 1],
    scopes_supported: &'a [String],
    bearer_methods_supported: [&'a str; 1],
    resource_name: &'a str,
}

/// The document as it is sent, and where it is found.
pub(super) struct MetadataDocument {
    bytes: Bytes,
    etag: HeaderValue,
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
        let document = Document {
            resource: resource.as_str(),
            authorization_servers: [issuer],
            scopes_supported: scopes.as_slice(),
            bearer_methods_supported: ["header"],
            resource_name: RESOURCE_NAME,
        };
        let bytes = Bytes::from(serde_json::to_vec(&document)?);
        let digest = digest::digest(&digest::SHA256, &bytes);
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest.as_ref()[..12]));
        let etag = HeaderValue::try_from(etag).unwrap_or(HeaderValue::from_static("\"\""));
        let origin = resource.url().origin().ascii_serialization();
        let url = format!("{origin}{}", own_path(resource));
        let challenge = Challenge::new(Some(&url)).header();
        Ok(MetadataDocument { bytes, etag, url, challenge })
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
    let document = &entrance.metadata;
    let known = request.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    let is_known = known.flat_map(|list| list.split(',')).any(|etag| is_same(etag, &document.etag));
    let status = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let mut reply = HttpResponse::build(status);
    reply.insert_header((CACHE_CONTROL, CACHING)).insert_header((ETAG, document.etag.clone()));
    let mut reply = if is_known {
        reply.finish()
    } else {
        reply.insert_header((CONTENT_TYPE, JSON)).body(document.bytes.clone())
    };
    cors::open_to_everyone(reply.headers_mut());
    reply
}

pub(super) async fn preflight() -> HttpResponse {
    let mut reply = HttpResponse::NoContent().finish();
    cors::public_preflight(reply.headers_mut());
    reply
}

/// RFC 9110 §13.1.2: compared weakly.
fn is_same(given: &str, etag: &HeaderValue) -> bool {
    let given = given.trim();
    given == "*" || given.strip_prefix("W/").unwrap_or(given) == etag
}
