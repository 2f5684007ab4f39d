//! Whether the server is alive, and whether it can do its work.

use actix_web::HttpResponse;

use super::{Gatehouse, reply};
use crate::{
    app::App,
    flow::{Failure, keys},
};

/// The process answers.
pub(super) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// The database answers, and the key is known that signs now. Looked at once a second, however many ask.
pub(super) async fn readyz(app: Gatehouse) -> HttpResponse {
    match app.readiness.get(&app.clock, async || is_ready(&app).await).await {
        true => HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"),
        false => reply::unready(),
    }
}

async fn is_ready(app: &App) -> bool {
    let looked = match app.store.answers().await.map_err(Failure::from) {
        Ok(()) => keys::look(app).await,
        Err(failure) => Err(failure),
    };
    looked.inspect_err(|error| tracing::error!(%error, "not ready")).is_ok()
}
