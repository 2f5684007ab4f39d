//! `/.well-known/openai-apps-challenge`: the text OpenAI gives to whoever lists an app, to see whose server this is.

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    web::Data,
};

use crate::App;

pub(super) const PATH: &str = "/.well-known/openai-apps-challenge";

/// Exactly the text that is configured; without one there is no such path.
pub(super) async fn challenge(app: Data<App>) -> HttpResponse {
    match &app.settings.openai_apps_challenge {
        Some(text) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/plain"))
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(text.clone()),
        None => super::unknown_path().await,
    }
}
