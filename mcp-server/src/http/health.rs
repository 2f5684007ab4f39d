//! For whoever runs this server: is it there, and can it work.

use actix_web::{HttpResponse, http::header, web::Data};
use serde_json::{Value, json};

use crate::App;

/// The process answers.
pub(super) async fn alive() -> HttpResponse {
    told(HttpResponse::Ok(), &json!({ "status": "ok" }))
}

/// The database answers, and tokens can be verified.
pub(super) async fn ready(app: Data<App>) -> HttpResponse {
    let missing = app.readiness.get(&app.clock, async || look(&app).await).await;
    if missing.is_empty() {
        told(HttpResponse::Ok(), &json!({ "status": "ok" }))
    } else {
        told(HttpResponse::ServiceUnavailable(), &json!({ "status": "unavailable", "missing": missing }))
    }
}

/// What is missing.
async fn look(app: &App) -> Vec<&'static str> {
    let mut missing = Vec::new();
    if let Err(error) = app.store.answers().await {
        tracing::warn!(%error, "not ready: the database does not answer");
        missing.push("database");
    }
    // The guard logs why.
    if app.mcp.guard.ready().await.is_err() {
        missing.push("issuer_keys");
    }
    missing
}

fn told(mut reply: actix_web::HttpResponseBuilder, status: &Value) -> HttpResponse {
    reply.insert_header((header::CACHE_CONTROL, "no-store")).json(status)
}
