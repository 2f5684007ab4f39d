//! `POST /oauth/register`: RFC 7591 §3.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Bytes};

use super::{Gatehouse, form, reply};
use crate::{
    flow::{self, register::RegisterError},
    oauth::{client_metadata::RegistrationRefusal, response::RegistrationResponse},
};

pub(super) async fn register(app: Gatehouse, request: HttpRequest, body: Bytes) -> HttpResponse {
    if !form::is_sent_as(&request, "application/json") {
        return reply::refused(&RegisterError::from(RegistrationRefusal::Malformed));
    }
    match flow::register::register(&app, &body).await {
        Ok((client, secret)) => {
            let answer = RegistrationResponse::new(&client, secret, &app.settings.catalogue);
            reply::json(StatusCode::CREATED, &answer)
        }
        Err(refusal) => reply::refused(&refusal),
    }
}
