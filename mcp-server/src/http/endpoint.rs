//! The way into rmcp's streamable HTTP service, and its answers on the way out: as a response, or as an event of the older
//! transport.

use std::{convert::Infallible, sync::Arc};

use actix_web::{
    HttpResponse,
    http::{StatusCode, header::HeaderMap},
};
use bytes::Bytes;
use http::{
    Request, Response,
    header::{ACCEPT, CONTENT_TYPE, HOST, HeaderName, HeaderValue},
};
use http_body::Body;
use http_body_util::{BodyDataStream, BodyExt, Full, combinators::BoxBody};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};

use super::{
    message::{self, ErrorMessage, Message, code},
    refusal,
};
use crate::{
    caller::Caller,
    tools::{LEGACY_VERSIONS, Reception, Toolbox, VERSIONS},
};

type Answer = Response<BoxBody<Bytes, Infallible>>;
type Service = StreamableHttpService<Reception, NeverSessionManager>;

/// What rmcp writes for a list without tools, and so the place where the tools go. Inside a JSON string the quotes would
/// be escaped, so nothing a client sends can look like it.
const EMPTY_LIST: &[u8] = b"\"tools\":[]";

/// rmcp, without sessions: every request stands alone, in all revisions of the protocol.
#[derive(Clone)]
pub struct Endpoint {
    service: Service,
    /// The same for the older transport, which agrees on its own revision too and on none without a handshake.
    legacy: Service,
    toolbox: Arc<Toolbox>,
}

impl Endpoint {
    pub(crate) fn new(toolbox: Arc<Toolbox>) -> Endpoint {
        let service = |versions| service(Reception::new(Arc::clone(&toolbox), versions));
        Endpoint { service: service(VERSIONS), legacy: service(LEGACY_VERSIONS), toolbox }
    }

    /// Has a message answered. Of the request's headers rmcp gets those of the protocol, never the token; what clients
    /// leave out of the others, or write in their own way, is written as rmcp wants it.
    pub async fn answer(&self, headers: &HeaderMap, message: &Message, caller: Caller) -> HttpResponse {
        let mut request = request(message, caller);
        for (name, value) in headers.iter().filter(|(name, _)| name.as_str().starts_with("mcp-")) {
            let name = HeaderName::from_bytes(name.as_str().as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
                request.headers_mut().append(name, value);
            }
        }
        self.reply(self.service.handle(request).await, message).await
    }

    /// Has a message of the older transport answered: with a JSON-RPC message, or with nothing when it is a
    /// notification. What is neither that nor a request is refused where it came in: no answer could name it.
    pub(super) async fn answer_event(
        &self,
        message: &Message,
        caller: Caller,
    ) -> Result<Option<Bytes>, HttpResponse> {
        let answer = self.legacy.handle(request(message, caller)).await;
        let (status, is_json) = (status(&answer), is_json(&answer));
        let Ok(bytes) = answer.into_body().collect().await.map(http_body_util::Collected::to_bytes);
        if status == StatusCode::ACCEPTED {
            return Ok(None);
        }
        if !is_json || !message.is_request() {
            let (status, body) = objection(status, &bytes, message);
            let answer = message.is_request().then(|| body.to_bytes());
            return answer.map(Some).ok_or_else(|| refusal::error(status, &body));
        }
        Ok(Some(self.with_tools(message, bytes)))
    }

    async fn reply(&self, answer: Answer, message: &Message) -> HttpResponse {
        let (status, is_json) = (status(&answer), is_json(&answer));
        let (parts, body) = answer.into_parts();
        let mut reply = HttpResponse::build(status);
        for (name, value) in &parts.headers {
            reply.append_header((name.as_str(), value.as_bytes()));
        }
        if body.size_hint().exact().is_none() {
            // A stream of events, which ends when its tool has answered.
            return reply.streaming(BodyDataStream::new(body));
        }
        let Ok(bytes) = body.collect().await.map(http_body_util::Collected::to_bytes);
        if !is_json && !status.is_success() {
            let (status, body) = objection(status, &bytes, message);
            return refusal::error(status, &body);
        }
        reply.insert_header(("cache-control", "no-store"));
        reply.body(self.with_tools(message, bytes))
    }

    /// The list of tools put into its frame; any other answer as it is.
    fn with_tools(&self, message: &Message, frame: Bytes) -> Bytes {
        if message.method() != Some("tools/list") {
            return frame;
        }
        let place = frame.windows(EMPTY_LIST.len()).position(|window| window == EMPTY_LIST);
        let Some(start) = place else { return frame };
        let (before, after) = (&frame[..start + EMPTY_LIST.len() - 2], &frame[start + EMPTY_LIST.len()..]);
        [before, self.toolbox.listing(), after].concat().into()
    }
}

fn service(reception: Reception) -> Service {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        // `Origins` decided before.
        .disable_allowed_hosts();
    let sessions = Arc::new(NeverSessionManager::default());
    StreamableHttpService::new(move || Ok(reception.clone()), sessions, config)
}

/// A message as rmcp wants it.
fn request(message: &Message, caller: Caller) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(message.bytes().clone()));
    *request.method_mut() = http::Method::POST;
    request.extensions_mut().insert(Arc::new(caller));
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::from_static("localhost"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    request
}

fn status(answer: &Answer) -> StatusCode {
    StatusCode::from_u16(answer.status().as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn is_json(answer: &Answer) -> bool {
    answer.headers().get(CONTENT_TYPE).is_some_and(|value| value == "application/json")
}

/// What rmcp says in plain text, in the shape clients read. It calls a body that is no JSON-RPC a wrong media type.
fn objection(status: StatusCode, text: &[u8], message: &Message) -> (StatusCode, ErrorMessage) {
    let text = String::from_utf8_lossy(text);
    if status.is_server_error() {
        tracing::error!(%status, %text, "rmcp failed");
        return (status, message::error(message.id(), code::INTERNAL_ERROR, "internal error"));
    }
    (StatusCode::BAD_REQUEST, message::error(message.id(), code::INVALID_REQUEST, text))
}
