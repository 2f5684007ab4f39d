//! `/oauth/userinfo`: OpenID Connect Core §5.3, with the access token in the header and nowhere else.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE},
    },
};

use super::{Gatehouse, reply};
use crate::{
    flow::{
        Refusal,
        userinfo::{UserInfoError, tell},
    },
    oauth::{error::ErrorCode, openid::OPENID},
};

/// Path of the endpoint, below the issuer.
pub(super) const USERINFO: &str = "/oauth/userinfo";

pub(super) async fn userinfo(app: Gatehouse, request: HttpRequest) -> HttpResponse {
    let told = match bearer(&request) {
        Ok(token) => tell(&app, token).await,
        Err(refusal) => Err(refusal),
    };
    match told {
        Ok(person) => reply::json(StatusCode::OK, &person),
        Err(UserInfoError::Wait(wait)) => reply::too_often(wait),
        Err(refusal) => refuse(&refusal),
    }
}

/// RFC 6750 §2.1: the one token of the `Authorization` header.
fn bearer(request: &HttpRequest) -> Result<&str, UserInfoError> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = headers.next().ok_or(UserInfoError::NoToken)?;
    let text = header.to_str().map_err(|_| UserInfoError::Malformed)?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(UserInfoError::NoToken);
    }
    let token = token.trim();
    let is_alone = headers.next().is_none() && !token.is_empty() && !token.contains([' ', ',']);
    is_alone.then_some(token).ok_or(UserInfoError::Malformed)
}

/// RFC 6750 §3: the challenge says what is wrong, but nothing to a request that brought no token.
fn refuse(refusal: &UserInfoError) -> HttpResponse {
    let mut response = reply::refused(refusal);
    let scope = format!("scope=\"{OPENID}\"");
    let challenge = match refusal.code() {
        _ if matches!(refusal, UserInfoError::NoToken) => format!("Bearer {scope}"),
        code @ ErrorCode::InsufficientScope => format!("Bearer {}, {scope}", told(code, refusal)),
        code @ ErrorCode::InvalidToken => format!("Bearer {}", told(code, refusal)),
        _ => return response,
    };
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

fn told(code: ErrorCode, refusal: &UserInfoError) -> String {
    format!("error=\"{}\", error_description=\"{refusal}\"", code.as_str())
}
