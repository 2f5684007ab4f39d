//! The wire. Only here is actix. [`surface`] is everything this server answers.

mod challenge;
mod cors;
mod endpoint;
mod health;
mod mcp;
mod message;
mod metadata;
mod origins;
mod protocol;
mod refusal;
#[cfg(test)]
mod tests;

pub(crate) use {endpoint::Endpoint, metadata::MetadataDocument, origins::Origins};

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::{ServiceConfig, get, head, method, resource, to},
};
use serde_json::json;

use crate::App;

/// Every path and method there is.
pub(crate) fn surface(app: &App, surface: &mut ServiceConfig) {
    let preflight = || method(actix_web::http::Method::OPTIONS);
    surface
        .service(
            resource(metadata::paths(&app.settings.resource))
                .route(get().to(metadata::document))
                .route(head().to(metadata::document))
                .route(preflight().to(metadata::preflight))
                .default_service(to(|| wrong_method("GET, HEAD, OPTIONS"))),
        )
        .service(resource(mcp::paths(&app.settings.resource)).to(mcp::exchange))
        .service(probe("/healthz").route(get().to(health::alive)).route(head().to(health::alive)))
        .service(probe("/readyz").route(get().to(health::ready)).route(head().to(health::ready)))
        .default_service(to(unknown_path));
}

fn probe(path: &str) -> actix_web::Resource {
    resource(path).default_service(to(|| wrong_method("GET, HEAD")))
}

async fn wrong_method(allowed: &'static str) -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((header::ALLOW, allowed))
        .json(json!({ "error": "method_not_allowed" }))
}

/// JSON here too: a page in its place makes clients give up their search for metadata.
async fn unknown_path() -> HttpResponse {
    HttpResponse::build(StatusCode::NOT_FOUND).json(json!({ "error": "not_found" }))
}
