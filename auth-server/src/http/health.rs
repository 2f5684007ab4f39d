//! Whether the server is alive, and whether it can do its work.

use actix_web::HttpResponse;

use super::{Gatehouse, reply};
use crate::flow::Failure;

/// The process answers.
pub(super) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// The database answers.
pub(super) async fn readyz(app: Gatehouse) -> HttpResponse {
    match app.store.check().await {
        Ok(()) => HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"),
        Err(error) => reply::unready(&Failure::from(error)),
    }
}
