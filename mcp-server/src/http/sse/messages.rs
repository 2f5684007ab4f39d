//! A message to a stream: checked as at the endpoint, answered on the stream.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode, header::RETRY_AFTER},
    web::{Data, Payload},
};
use bytes::Bytes;
use tokio::{sync::mpsc, time::timeout};

use super::{Credentials, events, parameter, wrong_method};
use crate::{
    App,
    caller::Caller,
    http::{
        exchange, limits, mcp,
        message::{self, Message, UNREADABLE, code},
        protocol,
        refusal::{self, Lead, RETRY_SECONDS},
    },
    settings::ChallengeStyle,
};

/// How long an answer may wait for a client that does not read.
const PATIENCE: Duration = Duration::from_secs(10);

/// Takes a message.
pub(in crate::http) async fn receive(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    exchange::run(&app, &request, payload, async |body: Bytes| {
        if request.method() != Method::POST {
            return wrong_method("POST, OPTIONS");
        }
        let credentials = Credentials::of(&app, &request);
        let lead = credentials.lead(&app);
        match credentials.admit(&app, &request).await {
            Ok(caller) => take(&app, &request, body, (caller, lead)).await,
            Err(denial) => {
                tracing::debug!(reason = %denial, "a message was not let in");
                limits::turn_away(&app, &request, (lead, &denial), Message::read(body).as_ref())
            }
        }
    })
    .await
}

async fn take(
    app: &App,
    request: &HttpRequest,
    body: Bytes,
    (caller, lead): (Caller, Lead<'_>),
) -> HttpResponse {
    let id = parameter(request, "sessionId").unwrap_or_default();
    // Another's stream and no stream look the same.
    let Some(stream) = app.sessions.enter(&id, &caller, app.clock.now()) else {
        return refusal::rpc(StatusCode::NOT_FOUND, None, code::INVALID_REQUEST, "there is no such session");
    };
    if !exchange::is_json(request.headers()) {
        let text = "Content-Type is not application/json";
        return refusal::rpc(StatusCode::UNSUPPORTED_MEDIA_TYPE, None, code::INVALID_REQUEST, text);
    }
    let Some(message) = Message::read(body) else {
        return refusal::rpc(StatusCode::BAD_REQUEST, None, code::PARSE_ERROR, UNREADABLE);
    };
    if let Some(needed) = mcp::missing(app, &message, &caller) {
        // RS-18, whatever the style: a status can still be told here, and the stream has none.
        return refusal::insufficient(lead, ChallengeStyle::Http, needed, &message, request.headers());
    }
    if let Some(refused) = limits::too_many_calls(app, &message, &caller) {
        return refused;
    }
    // A place for the answer comes first: nothing is done whose outcome could not be told.
    let Ok(Ok(place)) = timeout(PATIENCE, stream.reserve_owned()).await else {
        // Whoever does not read will not learn of anything further either.
        app.sessions.close(&id);
        let body = message::error(message.id(), code::INTERNAL_ERROR, "the stream is not being read");
        let mut reply = refusal::error(StatusCode::SERVICE_UNAVAILABLE, &body);
        reply.headers_mut().insert(RETRY_AFTER, RETRY_SECONDS);
        return reply;
    };
    answer(app, &message, caller, place).await
}

async fn answer(
    app: &App,
    message: &Message,
    caller: Caller,
    place: mpsc::OwnedPermit<Bytes>,
) -> HttpResponse {
    let answer = match protocol::check_legacy(message) {
        Ok(()) => app.endpoint.answer_event(message, caller).await,
        Err(objection) if message.is_request() => Ok(Some(objection.body)),
        Err(objection) => Err(refusal::json(objection.status, objection.body)),
    };
    match answer {
        Ok(Some(answer)) => {
            place.send(events::message(&answer));
        }
        Ok(None) => {}
        Err(refused) => return refused,
    }
    HttpResponse::Accepted().finish()
}
