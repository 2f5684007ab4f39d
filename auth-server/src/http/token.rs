//! `POST /oauth/token`: OAuth 2.1 §3.2.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Bytes};

use super::{Gatehouse, client_auth, form, reply};
use crate::{
    flow::{authorization_code, client_credentials, incidents::rule::Rule, limits, refresh_token},
    oauth::{client::GrantType, error::ErrorCode, response::TokenResponse},
};

pub(super) async fn token(app: Gatehouse, request: HttpRequest, body: Bytes) -> HttpResponse {
    let parameters = match form::read(&request, &body) {
        Ok(parameters) => parameters,
        Err(fault) => return fault.reply(),
    };
    // The grant type is judged first: which client asks makes no difference to an unknown one.
    let grant_type = match parameters.get("grant_type").map(GrantType::parse) {
        Some(Some(known)) => known,
        Some(None) => {
            let what = "this grant_type is not supported";
            return reply::json_error("grant_type_unsupported", ErrorCode::UnsupportedGrantType, what);
        }
        None => {
            let what = "grant_type is missing";
            return reply::json_error("grant_type_missing", ErrorCode::InvalidRequest, what);
        }
    };
    let client = match client_auth::authenticate(&app, &request, &parameters).await {
        Ok(client) => client,
        Err(response) => return response,
    };
    if !client.may_use(grant_type) {
        tracing::warn!(grant_type = grant_type.as_str(), "a client may not use this grant");
        let what = "this client may not use this grant_type";
        return reply::json_error("grant_type_not_allowed", ErrorCode::UnauthorizedClient, what);
    }
    if let Err(wait) = limits::token(&app, &client, grant_type, &parameters) {
        return reply::too_often(wait);
    }
    match grant_type {
        GrantType::AuthorizationCode => answer(authorization_code::redeem(&app, &client, &parameters).await),
        GrantType::RefreshToken => answer(refresh_token::refresh(&app, &client, &parameters).await),
        GrantType::ClientCredentials => answer(client_credentials::issue(&app, &client, &parameters)),
    }
}

fn answer(outcome: Result<TokenResponse, impl Rule>) -> HttpResponse {
    match outcome {
        Ok(answer) => reply::json(StatusCode::OK, &answer),
        Err(refusal) => reply::refused(&refusal),
    }
}
