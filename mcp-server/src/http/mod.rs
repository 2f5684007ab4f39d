//! The wire. Only here is actix. [`surface`] is everything this server answers.

mod access;
mod challenge;
mod cors;
mod endpoint;
mod entrance;
mod exchange;
mod health;
mod limits;
mod load;
mod mcp;
mod message;
mod metadata;
mod mirror;
mod openai_apps;
mod origins;
mod protocol;
mod refusal;
mod sse;
#[cfg(test)]
mod tests;

pub use {endpoint::Endpoint, message::Message};
pub(crate) use {entrance::Entrance, mcp::token_url, origins::Origins, sse::Sessions};

use actix_web::{
    FromRequest, Handler, HttpResponse, Responder,
    http::{StatusCode, header},
    web::{ServiceConfig, get, head, method, resource, to},
};
use serde_json::json;
use shared::{bounds::Load, wire::Edge};

use crate::App;

/// How each request is counted, logged, and refused when there are too many.
pub(crate) fn edge(app: &App) -> Edge {
    let load = Load::new(app.settings.bounds.requests);
    Edge { log: access::LOG, crowded: load::crowded, requests: app.metrics.requests.clone(), load }
}

/// Every path and method there is. Each path by itself, and the one that is asked for most first: a path alone is compared,
/// one of a list is searched for.
pub(crate) fn surface(app: &App, surface: &mut ServiceConfig) {
    let settings = &app.settings;
    let (own, sse) = (&settings.resource, &settings.sse_resource);
    for path in mcp::paths(own) {
        surface.service(resource(path).to(mcp::exchange));
    }
    surface.service(probe("/healthz").route(get().to(health::alive)).route(head().to(health::alive)));
    surface.service(probe("/readyz").route(get().to(health::ready)).route(head().to(health::ready)));
    public(surface, metadata::paths(own), metadata::of_mcp);
    public(surface, vec![metadata::own_path(sse)], metadata::of_sse);
    public(surface, mirror::paths([own, sse]), mirror::document);
    public(surface, vec![openai_apps::PATH.to_owned()], openai_apps::challenge);
    for path in sse::stream_paths(sse) {
        surface.service(resource(path).to(sse::open));
    }
    for path in sse::message_paths(sse) {
        surface.service(resource(path).to(sse::receive));
    }
    if settings.static_tokens {
        for path in mcp::token_paths(own) {
            surface.service(resource(path).to(mcp::exchange_with_token));
        }
    }
    surface.default_service(to(unknown_path));
}

/// A document that any script may read.
fn public<F, Args>(surface: &mut ServiceConfig, paths: Vec<String>, document: F)
where
    F: Handler<Args> + Clone,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    for path in paths {
        let preflight = method(actix_web::http::Method::OPTIONS).to(metadata::preflight);
        let document = resource(path)
            .route(get().to(document.clone()))
            .route(head().to(document.clone()))
            .route(preflight)
            .default_service(to(|| wrong_method("GET, HEAD, OPTIONS")));
        surface.service(document);
    }
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
