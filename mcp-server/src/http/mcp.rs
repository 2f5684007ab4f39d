//! The endpoint: one exchange with a client, check after check, with a token in the header or, for clients that cannot,
//! in the path.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method, StatusCode,
        header::{AUTHORIZATION, HeaderMap},
    },
    web::{Data, Payload},
};
use bytes::Bytes;
use shared::{resource::Resource, scope::Scopes};

use super::{
    exchange, limits,
    message::{Message, UNREADABLE, code},
    protocol,
    refusal::{self, Lead},
};
use crate::{App, caller::Caller, guard::Denial};

/// Where MCP is served: at the resource's path, and at `/mcp` for a proxy that takes a prefix away. A slash at the end
/// makes no difference, and is not worth a redirect that clients would not follow.
pub(super) fn paths(resource: &Resource) -> Vec<String> {
    let own = resource.url().path().trim_end_matches('/');
    let mut paths = vec![format!("{own}/"), "/mcp".to_owned(), "/mcp/".to_owned()];
    if !own.is_empty() {
        paths.push(own.to_owned());
    }
    paths.sort();
    paths.dedup();
    paths
}

/// The same with a static token behind it.
pub(super) fn token_paths(resource: &Resource) -> Vec<String> {
    let own = own_path(resource);
    let mut paths = vec![format!("{own}/{{token}}"), format!("{own}/{{token}}/")];
    if own != "/mcp" {
        paths.extend(["/mcp/{token}".to_owned(), "/mcp/{token}/".to_owned()]);
    }
    paths
}

/// The URL a client gets that can do nothing but call URLs.
pub(crate) fn token_url(resource: &Resource, token: &str) -> String {
    format!("{}{}/{token}", resource.url().origin().ascii_serialization(), own_path(resource))
}

/// A resource that is an origin has its endpoint at `/mcp`: a token must not stand where every other path does.
fn own_path(resource: &Resource) -> &str {
    match resource.url().path().trim_end_matches('/') {
        "" => "/mcp",
        path => path,
    }
}

/// Answers any request to the endpoint.
pub(super) async fn exchange(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    let answer = async |body: Bytes| {
        let message = Message::read(body);
        let lead = app.mcp.lead();
        let admitted = if is_for_everyone(&app, &request, message.as_ref()) {
            Ok(Caller::Nobody)
        } else {
            app.mcp.admit(request.headers()).await
        };
        answer(&app, &request, message, (admitted, lead)).await
    };
    exchange::run(&app, &request, payload, answer).await
}

/// Answers any request to the endpoint that has a token in its path. Of its headers none is looked at for another.
pub(super) async fn exchange_with_token(
    app: Data<App>,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let answer = async |body: Bytes| {
        // Not by an extractor: those log the path when they fail.
        let token = request.match_info().get("token").unwrap_or_default();
        let admitted = app.admit_holder(token).await;
        answer(&app, &request, Message::read(body), (admitted, None)).await
    };
    exchange::run(&app, &request, payload, answer).await
}

async fn answer(
    app: &App,
    request: &HttpRequest,
    message: Option<Message>,
    (admitted, lead): (Result<Caller, Denial>, Lead<'_>),
) -> HttpResponse {
    app.metrics.entry(&admitted);
    let headers = request.headers();
    let caller = match admitted {
        Ok(caller) => caller,
        Err(denial) => {
            tracing::debug!(reason = %denial, "a request was not let in");
            return limits::turn_away(app, request, (lead, &denial), message.as_ref());
        }
    };
    if request.method() != Method::POST {
        return refusal::method();
    }
    if !exchange::is_json(headers) {
        let text = "Content-Type is not application/json";
        return refusal::rpc(StatusCode::UNSUPPORTED_MEDIA_TYPE, None, code::INVALID_REQUEST, text);
    }
    let Some(message) = message else {
        return refusal::rpc(StatusCode::BAD_REQUEST, None, code::PARSE_ERROR, UNREADABLE);
    };
    if let Err(objection) = protocol::check(&message, headers) {
        return refusal::json(objection.status, objection.body);
    }
    if let Some(needed) = missing(app, &message, &caller) {
        return refusal::insufficient(lead, app.settings.challenge_style, needed, &message, headers);
    }
    if let Some(refused) = limits::too_many_calls(app, &message, &caller) {
        return refused;
    }
    // Apart, for it is large, and everything around it is moved about with it.
    Box::pin(app.endpoint.answer(headers, &message, caller)).await
}

/// The scopes of the tool that is called, when the caller lacks one of them.
pub(super) fn missing<'a>(app: &'a App, message: &Message, caller: &Caller) -> Option<&'a Scopes> {
    let needed = message.tool().and_then(|tool| app.toolbox.scopes(tool))?;
    let lacks = !caller.has_all(needed);
    if lacks && let Some(tool) = message.tool() {
        app.toolbox.note(tool, "scope_missing");
    }
    lacks.then_some(needed)
}

/// Mixed mode: whether a request without any credentials asks for something that is the same for everyone. With
/// credentials it is judged by them, so that a bad token is never taken for none.
fn is_for_everyone(app: &App, request: &HttpRequest, message: Option<&Message>) -> bool {
    let without_credentials = |headers: &HeaderMap| !headers.contains_key(AUTHORIZATION);
    app.settings.mixed_mode
        && request.method() == Method::POST
        && without_credentials(request.headers())
        && message.is_some_and(|message| match message.method() {
            Some("initialize" | "ping" | "server/discover" | "tools/list") => true,
            Some("tools/call") => message.tool().is_some_and(|tool| app.toolbox.is_open(tool)),
            Some(method) => method.starts_with("notifications/"),
            None => false,
        })
}
