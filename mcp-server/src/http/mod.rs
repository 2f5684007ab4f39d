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

pub(crate) use {
    access::LOG, entrance::Entrance, load::crowded, mcp::token_url, origins::Origins, sse::Sessions,
};
pub use {endpoint::Endpoint, message::Message};

use actix_web::{
    FromRequest, Handler, HttpResponse, Responder,
    http::{StatusCode, header},
    web::{ServiceConfig, get, head, method, resource, to},
};
use serde_json::json;

use crate::App;

/// Every path and method there is.
pub(crate) fn surface(app: &App, surface: &mut ServiceConfig) {
    let settings = &app.settings;
    let (own, sse) = (&settings.resource, &settings.sse_resource);
    surface
        .service(public(metadata::paths(own), metadata::of_mcp))
        .service(public(vec![metadata::own_path(sse)], metadata::of_sse))
        .service(public(mirror::paths([own, sse]), mirror::document))
        .service(public(vec![openai_apps::PATH.to_owned()], openai_apps::challenge))
        .service(resource(sse::stream_paths(sse)).to(sse::open))
        .service(resource(sse::message_paths(sse)).to(sse::receive))
        .service(resource(mcp::paths(own)).to(mcp::exchange));
    if settings.static_tokens {
        surface.service(resource(mcp::token_paths(own)).to(mcp::exchange_with_token));
    }
    surface
        .service(probe("/healthz").route(get().to(health::alive)).route(head().to(health::alive)))
        .service(probe("/readyz").route(get().to(health::ready)).route(head().to(health::ready)))
        .default_service(to(unknown_path));
}

/// A document that any script may read.
fn public<F, Args>(paths: Vec<String>, document: F) -> actix_web::Resource
where
    F: Handler<Args> + Clone,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let preflight = method(actix_web::http::Method::OPTIONS).to(metadata::preflight);
    resource(paths)
        .route(get().to(document.clone()))
        .route(head().to(document))
        .route(preflight)
        .default_service(to(|| wrong_method("GET, HEAD, OPTIONS")))
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
