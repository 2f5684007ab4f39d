//! `POST /oauth/revoke`: RFC 7009 §2.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Bytes};
use serde_json::json;

use super::{Gatehouse, client_auth, form, reply};
use crate::flow;

pub(super) async fn revoke(app: Gatehouse, request: HttpRequest, body: Bytes) -> HttpResponse {
    let parameters = match form::read(&request, &body) {
        Ok(parameters) => parameters,
        Err(fault) => return fault.reply(),
    };
    let client = match client_auth::authenticate(&app, &request, &parameters).await {
        Ok(client) => client,
        Err(response) => return response,
    };
    if let Err(wait) = flow::limits::revocation(&app, &parameters) {
        return reply::too_often(wait);
    }
    match flow::revoke::revoke(&app, &client, &parameters).await {
        Ok(()) => reply::json(StatusCode::OK, &json!({})),
        Err(refusal) => reply::refused(&refusal),
    }
}
