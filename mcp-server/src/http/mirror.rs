//! The issuer's metadata, shown here as well: clients of 2025-03-26 look for it on the origin of the endpoint and nowhere
//! else. Newer ones read the protected resource metadata first and never come here.

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER},
    web::Data,
};
use serde_json::json;
use shared::{metadata::WELL_KNOWN, resource::Resource};

use super::{cors, metadata::CACHING, refusal::RETRY_SECONDS};
use crate::App;

/// At the root, where 2025-03-26 looks, and with the path of a resource inserted, where some look before.
pub(super) fn paths(resources: [&Resource; 2]) -> Vec<String> {
    let inserted = resources.map(|resource| resource.url().path().trim_end_matches('/'));
    let mut paths: Vec<String> = inserted.iter().map(|path| format!("{WELL_KNOWN}{path}")).collect();
    paths.push(WELL_KNOWN.to_owned());
    paths.sort();
    paths.dedup();
    paths
}

/// The document as the issuer sends it: what is copied must not be changed (RFC 8414 §3.3).
pub(super) async fn document(app: Data<App>) -> HttpResponse {
    let mut reply = match app.mcp.guard.issuer_metadata().await {
        Ok(document) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "application/json"))
            .insert_header((CACHE_CONTROL, CACHING))
            .body(document),
        // The guard logs why.
        Err(_) => HttpResponse::ServiceUnavailable()
            .insert_header((RETRY_AFTER, RETRY_SECONDS))
            .insert_header((CACHE_CONTROL, "no-store"))
            .json(json!({ "error": "temporarily_unavailable" })),
    };
    cors::open_to_everyone(reply.headers_mut());
    reply
}
