//! `POST /oauth/introspect`: RFC 7662 §2.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Bytes};

use super::{Gatehouse, client_auth, form, reply};
use crate::flow;

pub(super) async fn introspect(app: Gatehouse, request: HttpRequest, body: Bytes) -> HttpResponse {
    let parameters = match form::read(&request, &body) {
        Ok(parameters) => parameters,
        Err(fault) => return fault.reply(),
    };
    // RFC 7662 §2.1: whoever could ask without proof could try out tokens.
    let asker = match client_auth::authenticate_with_proof(&app, &request, &parameters).await {
        Ok(client) => client,
        Err(response) => return response,
    };
    if let Err(wait) = flow::limits::introspection(&app, &asker) {
        return reply::too_often(wait);
    }
    match flow::introspect::introspect(&app, &asker, &parameters).await {
        Ok(answer) => reply::json(StatusCode::OK, &answer),
        Err(refusal) => reply::refused(&refusal),
    }
}
