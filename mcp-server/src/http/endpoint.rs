//! The way into rmcp's streamable HTTP service, and its answers on the way out.

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
    message::{Message, code},
    refusal,
};
use crate::{
    guard::Visitor,
    tools::{Reception, Toolbox},
};

type Answer = Response<BoxBody<Bytes, Infallible>>;

/// What rmcp writes for a list without tools, and so the place where the tools go. Inside a JSON string the quotes would
/// be escaped, so nothing a client sends can look like it.
const EMPTY_LIST: &[u8] = b"\"tools\":[]";

/// rmcp, without sessions: every request stands alone, in all revisions of the protocol.
#[derive(Clone)]
pub(crate) struct Endpoint {
    service: StreamableHttpService<Reception, NeverSessionManager>,
    toolbox: Arc<Toolbox>,
}

impl Endpoint {
    pub(crate) fn new(toolbox: Arc<Toolbox>) -> Endpoint {
        let reception = Reception::new(Arc::clone(&toolbox));
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            // `Origins` decided before.
            .disable_allowed_hosts();
        let sessions = Arc::new(NeverSessionManager::default());
        let service = StreamableHttpService::new(move || Ok(reception.clone()), sessions, config);
        Endpoint { service, toolbox }
    }

    /// Has a message answered. Of the request's headers rmcp gets those of the protocol, never the token; what clients
    /// leave out of the others, or write in their own way, is written as rmcp wants it.
    pub(super) async fn answer(
        &self,
        headers: &HeaderMap,
        body: Bytes,
        message: &Message,
        visitor: Arc<Visitor>,
    ) -> HttpResponse {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = http::Method::POST;
        request.extensions_mut().insert(visitor);
        let own = request.headers_mut();
        own.insert(HOST, HeaderValue::from_static("localhost"));
        own.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        own.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        for (name, value) in headers.iter().filter(|(name, _)| name.as_str().starts_with("mcp-")) {
            let name = HeaderName::from_bytes(name.as_str().as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
                own.append(name, value);
            }
        }
        self.reply(self.service.handle(request).await, message).await
    }

    async fn reply(&self, answer: Answer, message: &Message) -> HttpResponse {
        let (parts, body) = answer.into_parts();
        let status = StatusCode::from_u16(parts.status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut reply = HttpResponse::build(status);
        for (name, value) in &parts.headers {
            reply.append_header((name.as_str(), value.as_bytes()));
        }
        if body.size_hint().exact().is_none() {
            // A stream of events, which ends when its tool has answered.
            return reply.streaming(BodyDataStream::new(body));
        }
        let Ok(bytes) = body.collect().await.map(http_body_util::Collected::to_bytes);
        let is_json = parts.headers.get(CONTENT_TYPE).is_some_and(|value| value == "application/json");
        if !is_json && !status.is_success() {
            return objection(status, &bytes, message);
        }
        reply.insert_header(("cache-control", "no-store"));
        if message.method() == Some("tools/list") {
            return reply.body(self.with_tools(bytes));
        }
        reply.body(bytes)
    }

    fn with_tools(&self, frame: Bytes) -> Bytes {
        let place = frame.windows(EMPTY_LIST.len()).position(|window| window == EMPTY_LIST);
        let Some(start) = place else { return frame };
        let (before, after) = (&frame[..start + EMPTY_LIST.len() - 2], &frame[start + EMPTY_LIST.len()..]);
        [before, self.toolbox.listing(), after].concat().into()
    }
}

/// What rmcp says in plain text, in the shape clients read. It calls a body that is no JSON-RPC a wrong media type.
fn objection(status: StatusCode, text: &[u8], message: &Message) -> HttpResponse {
    let text = String::from_utf8_lossy(text);
    if status.is_server_error() {
        tracing::error!(%status, %text, "rmcp failed");
        return refusal::rpc(status, message.id(), code::INTERNAL_ERROR, "internal error");
    }
    refusal::rpc(StatusCode::BAD_REQUEST, message.id(), code::INVALID_REQUEST, &text)
}
