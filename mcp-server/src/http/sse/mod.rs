//! The older transport, HTTP+SSE of 2024-11-05: `GET /sse` opens a stream, `POST /messages` brings messages, whose answers
//! come by the stream.
//!
//! Both legs are authenticated, each for itself: with an access token for this resource, which is not that of `/mcp`, or
//! with a static token in the query. A message must come from whoever opened the stream.

mod events;
mod messages;
mod sessions;

pub(super) use messages::receive;
pub(crate) use sessions::Sessions;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, RETRY_AFTER},
    },
    web::{Data, Payload},
};
use bytes::Bytes;
use serde_json::json;
use shared::resource::Resource;
use url::form_urlencoded;

use super::{
    exchange, limits,
    refusal::{Lead, RETRY_SECONDS},
};
use crate::{App, caller::Caller, guard::Denial};

/// Tells nginx to pass events on as they come.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Where the stream is opened: beside the endpoint, and at the root for a proxy that takes a prefix away.
pub(super) fn stream_paths(sse: &Resource) -> Vec<String> {
    with_root(sse.url().path(), "/sse")
}

/// Where messages are taken.
pub(super) fn message_paths(sse: &Resource) -> Vec<String> {
    with_root(&message_path(sse), "/messages")
}

/// The neighbour of `…/sse`, as its clients must call it.
fn message_path(sse: &Resource) -> String {
    let parent = sse.url().path().strip_suffix("sse").unwrap_or("/");
    format!("{parent}messages")
}

fn with_root(own: &str, root: &str) -> Vec<String> {
    let mut paths: Vec<String> =
        [own, root].iter().flat_map(|path| [(*path).to_owned(), format!("{path}/")]).collect();
    paths.sort();
    paths.dedup();
    paths
}

/// Opens a stream.
pub(super) async fn open(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    exchange::run(&app, &request, payload, async |_: Bytes| {
        if request.method() != Method::GET {
            return wrong_method("GET, OPTIONS");
        }
        let credentials = Credentials::of(&app, &request);
        match credentials.admit(&app, &request).await {
            Ok(caller) => stream(&app, caller, credentials.0.as_deref()),
            Err(denial) => {
                tracing::debug!(reason = %denial, "a stream was not opened");
                limits::turn_away(&app, &request, (credentials.lead(&app), &denial), None)
            }
        }
    })
    .await
}

fn stream(app: &Data<App>, caller: Caller, token: Option<&str>) -> HttpResponse {
    let Some(session) = app.sessions.open(caller, app.clock.now()) else {
        tracing::warn!("a stream was not opened: there are too many");
        return HttpResponse::ServiceUnavailable()
            .insert_header((RETRY_AFTER, RETRY_SECONDS))
            .insert_header((CACHE_CONTROL, "no-store"))
            .json(json!({ "error": "temporarily_unavailable" }));
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("sessionId", &session.id);
    if let Some(token) = token {
        query.append_pair("token", token);
    }
    let place = format!("{}?{}", message_path(&app.settings.sse_resource), query.finish());
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((BUFFERING, "no"))
        .streaming(events::stream(app.clone().into_inner(), session, &place))
}

/// Not as a JSON-RPC error: whoever tries the newer transport here must see that it is another one, and fall back.
fn wrong_method(allowed: &'static str) -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, allowed))
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(json!({ "error": "method_not_allowed" }))
}

/// The static token in the query, where such tokens open anything: then it alone decides. Without one an access token
/// does.
struct Credentials(Option<String>);

impl Credentials {
    fn of(app: &App, request: &HttpRequest) -> Credentials {
        Credentials(parameter(request, "token").filter(|_| app.settings.static_tokens))
    }

    async fn admit(&self, app: &App, request: &HttpRequest) -> Result<Caller, Denial> {
        let admitted = match &self.0 {
            Some(token) => app.admit_holder(token).await,
            None => app.sse.admit(request.headers()).await,
        };
        app.metrics.entry(&admitted);
        admitted
    }

    fn lead<'a>(&self, app: &'a App) -> Lead<'a> {
        app.sse.lead().filter(|_| self.0.is_none())
    }
}

/// A parameter of the query; an empty one where it is given twice. Not by an extractor: those log the query when they
/// fail.
fn parameter(request: &HttpRequest, name: &str) -> Option<String> {
    let pairs = form_urlencoded::parse(request.query_string().as_bytes());
    let mut values = pairs.filter(|(own, _)| own == name).map(|(_, value)| value.into_owned());
    let first = values.next()?;
    Some(if values.next().is_some() { String::new() } else { first })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_beside_the_stream() {
        for (sse, messages) in
            [("https://h.example/sse", "/messages"), ("https://h.example/t/sse", "/t/messages")]
        {
            assert_eq!(message_path(&Resource::parse(sse).unwrap()), messages);
        }
        let paths = stream_paths(&Resource::parse("https://h.example/t/sse").unwrap());
        assert_eq!(paths, ["/sse", "/sse/", "/t/sse", "/t/sse/"]);
    }
}
