//! `POST /oauth/token`: OAuth 2.1 §3.2.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Bytes};

use super::{Gatehouse, client_auth, form, reply};
use crate::{
    flow::{authorization_code, refresh_token},
    oauth::error::ErrorCode,
};

pub(super) async fn token(app: Gatehouse, request: HttpRequest, body: Bytes) -> HttpResponse {
    let parameters = match form::read(&request, &body) {
        Ok(parameters) => parameters,
        Err(fault) => return fault.reply(),
    };
    // The grant type is judged first: which client asks makes no difference to an unknown one.
    let grant_type = match parameters.get("grant_type") {
        Some(known @ ("authorization_code" | "refresh_token")) => known,
        Some(_) => {
            return reply::json_error(ErrorCode::UnsupportedGrantType, "this grant_type is not supported");
        }
        None => return reply::json_error(ErrorCode::InvalidRequest, "grant_type is missing"),
    };
    let client = match client_auth::authenticate(&app, &request, &parameters).await {
        Ok(client) => client,
        Err(response) => return response,
    };
    if grant_type == "authorization_code" {
        match authorization_code::redeem(&app, &client, &parameters).await {
            Ok(answer) => reply::json(StatusCode::OK, &answer),
            Err(refusal) => reply::refused(&refusal),
        }
    } else {
        match refresh_token::refresh(&app, &client, &parameters).await {
            Ok(answer) => reply::json(StatusCode::OK, &answer),
            Err(refusal) => reply::refused(&refusal),
        }
    }
}
