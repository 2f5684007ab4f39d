//! Input that is no request at all: every endpoint of both services says so in its own shape, never with a 5xx, and
//! answers the next one as before.
//!
//! | module | what comes in |
//! |---|---|
//! | [`paths`] | methods and paths that are not there |
//! | [`bodies`] | bodies that are something else |
//! | [`sizes`] | bodies and headers that are too large |
//! | [`lines`] | requests that are hardly HTTP |
//! | [`arguments`] | JSON-RPC that is out of order, and arguments no tool takes |

mod arguments;
mod bodies;
mod lines;
mod paths;
mod sizes;

use std::time::Duration;

use conformance::{
    actor::{Actor, Request},
    exchange::Reply,
    failure::Outcome,
    world::World,
};
use reqwest::Method;

/// How long a test waits for an answer that may never come.
const PATIENCE: Duration = Duration::from_secs(2);

/// How an endpoint answers what it does not understand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// `{"error": …}`, RFC 6749 §5.2.
    Json,
    /// A page for the person.
    Page,
    /// A JSON-RPC error.
    Rpc,
}

/// An endpoint of one of the services.
struct Endpoint {
    origin: String,
    path: &'static str,
    /// Methods it answers, besides what a browser asks before.
    methods: &'static [&'static str],
    shape: Shape,
}

impl Endpoint {
    fn url(&self) -> String {
        format!("{}{}", self.origin, self.path)
    }

    fn takes_post(&self) -> bool {
        self.methods.contains(&"POST")
    }
}

/// A world, somebody who is signed in, and every endpoint there is.
struct Stage {
    world: World,
    actor: Actor,
    token: String,
    endpoints: Vec<Endpoint>,
}

impl Stage {
    async fn set() -> Outcome<Stage> {
        let world = World::start().await?;
        let mut actor = world.actor().await?;
        let token = actor.sign_in().await?.access;
        let endpoints = endpoints(&world);
        Ok(Stage { world, actor, token, endpoints })
    }

    /// A request to an endpoint, with the token where one is needed.
    fn request(&self, endpoint: &Endpoint, method: &str) -> Outcome<Request> {
        let request = Request::get(endpoint.url()).method(Method::from_bytes(method.as_bytes())?);
        Ok(if endpoint.shape == Shape::Rpc { request.bearer(&self.token) } else { request })
    }

    /// Nothing that came in disturbed anything.
    async fn still_works(mut self) -> Outcome {
        let tokens = self.actor.sign_in().await?;
        assert_eq!(self.actor.call_tool(&tokens.access, "list_notes").await?.status, 200);
        assert_eq!(self.actor.call_tool(&self.token, "list_notes").await?.status, 200);
        for origin in [self.world.issuer(), self.world.mcp_origin()] {
            let ready = Request::get(format!("{origin}/readyz"));
            assert_eq!(self.actor.send(ready).await?.status, 200, "{origin}");
        }
        Ok(())
    }
}

fn endpoints(world: &World) -> Vec<Endpoint> {
    let at = |origin: &str| {
        let origin = origin.to_owned();
        move |path, methods, shape| Endpoint { origin: origin.clone(), path, methods, shape }
    };
    let (auth, mcp) = (at(world.issuer()), at(world.mcp_origin()));
    vec![
        auth("/.well-known/oauth-authorization-server", &["GET", "HEAD"], Shape::Json),
        auth("/.well-known/jwks.json", &["GET", "HEAD"], Shape::Json),
        auth("/oauth/register", &["POST"], Shape::Json),
        auth("/oauth/authorize", &["GET", "HEAD", "POST"], Shape::Page),
        auth("/oauth/decision", &["POST"], Shape::Page),
        auth("/oauth/token", &["POST"], Shape::Json),
        auth("/oauth/revoke", &["POST"], Shape::Json),
        auth("/style.css", &["GET", "HEAD"], Shape::Json),
        auth("/healthz", &["GET", "HEAD"], Shape::Json),
        auth("/readyz", &["GET", "HEAD"], Shape::Json),
        mcp("/.well-known/oauth-protected-resource", &["GET", "HEAD"], Shape::Json),
        mcp("/.well-known/oauth-protected-resource/mcp", &["GET", "HEAD"], Shape::Json),
        mcp("/healthz", &["GET", "HEAD"], Shape::Json),
        mcp("/readyz", &["GET", "HEAD"], Shape::Json),
        mcp("/mcp", &["POST"], Shape::Rpc),
        mcp("/mcp/", &["POST"], Shape::Rpc),
    ]
}

/// What is wrong with an answer that has to be an error in this shape: the caller's fault, in a form the caller reads.
fn fault(reply: &Reply, shape: Shape) -> Option<&'static str> {
    let body = reply.json().unwrap_or_default();
    let is_json = reply.header("content-type") == Some("application/json") && !reply.text().contains(":null");
    let is_shaped = match shape {
        Shape::Page => reply.media_type() == "text/html",
        Shape::Json => is_json && body["error"].is_string(),
        Shape::Rpc => {
            let error = &body["error"];
            is_json && body["jsonrpc"] == "2.0" && error["code"].is_i64() && error["message"].is_string()
        }
    };
    match () {
        () if !(400..500).contains(&reply.status) => Some("another status"),
        () if !is_shaped => Some("another shape"),
        () if reply.header("location").is_some() => Some("a redirect"),
        () => None,
    }
}

/// The answer is an error in this shape.
#[track_caller]
fn told(what: &str, reply: &Reply, shape: Shape) {
    let fault = fault(reply, shape);
    let body: String = reply.text().chars().take(300).collect();
    assert_eq!(fault, None, "{what}: {} {:?} {body}", reply.status, reply.header("content-type"));
}
