//! A client of HTTP+SSE: reads events off an open stream and posts where the first one says.

use std::time::Duration;

use conformance::{
    actor::{Actor, Request, expect},
    exchange::Reply,
    failure::{Failure, Outcome},
    world::World,
};
use serde_json::{Value, json};
use tokio::time::timeout;
use url::Url;

/// How long an event may take. Never a measure of speed.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open stream.
pub(crate) struct EventStream {
    response: reqwest::Response,
    read: String,
    /// What posts, with the access token if there is one.
    actor: Actor,
    bearer: Option<String>,
    /// What the first event said.
    pub(crate) place: String,
    /// Where that is.
    pub(crate) messages: Url,
}

impl EventStream {
    /// Opens a stream and reads where messages go.
    pub(crate) async fn open(world: &World, url: &str, bearer: Option<&str>) -> Outcome<EventStream> {
        let mut request = reqwest::Client::new().get(url);
        if let Some(token) = bearer {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        if response.status() != 200 {
            return Err(Failure::new(format!("the stream is not opened: {}", response.status())));
        }
        let mut stream = EventStream {
            response,
            read: String::new(),
            actor: world.stranger()?,
            bearer: bearer.map(str::to_owned),
            place: String::new(),
            messages: Url::parse(url)?,
        };
        let (name, place) = stream.event().await?.ok_or_else(|| Failure::new("no event"))?;
        assert_eq!(name, "endpoint");
        stream.messages = stream.messages.join(&place)?;
        stream.place = place;
        Ok(stream)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The next event, its name and its data; none when the stream has ended. Comments are skipped.
    pub(crate) async fn event(&mut self) -> Outcome<Option<(String, String)>> {
        loop {
            while let Some((block, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
                let event = field("event: ").zip(field("data: "));
                let event = event.map(|(name, data)| (name.to_owned(), data.to_owned()));
                self.read = rest.to_owned();
                if event.is_some() {
                    return Ok(event);
                }
            }
            let chunk = timeout(PATIENCE, self.response.chunk());
            match chunk.await.map_err(|_| Failure::new("no event comes"))?? {
                Some(chunk) => self.read.push_str(std::str::from_utf8(&chunk)?),
                None => return Ok(None),
            }
        }
    }

    /// The next message.
    pub(crate) async fn message(&mut self) -> Outcome<Value> {
        let (name, data) = self.event().await?.ok_or_else(|| Failure::new("the stream has ended"))?;
        assert_eq!(name, "message");
        Ok(serde_json::from_str(&data)?)
    }

    /// A request that brings a message, before it is sent.
    pub(crate) fn request(&self, body: &Value) -> Request {
        let request = Request::json(self.messages.as_str(), body.clone());
        match &self.bearer {
            Some(token) => request.bearer(token),
            None => request,
        }
    }

    /// Sends a request, whatever comes of it.
    pub(crate) async fn send(&mut self, request: Request) -> Outcome<Reply> {
        self.actor.send(request).await
    }

    /// Asks something and gives the answer that comes by the stream.
    pub(crate) async fn ask(&mut self, method: &str, params: Value) -> Outcome<Value> {
        let request = self.request(&message(method, params));
        let reply = expect(self.send(request).await?, 202)?;
        assert!(reply.body.is_empty());
        let answer = self.message().await?;
        assert_eq!((&answer["jsonrpc"], &answer["id"]), (&json!("2.0"), &json!(1)), "{answer}");
        Ok(answer)
    }

    /// The result of a tool.
    pub(crate) async fn call(&mut self, tool: &str, arguments: Value) -> Outcome<Value> {
        let answer = self.ask("tools/call", json!({"name": tool, "arguments": arguments})).await?;
        Ok(answer["result"].clone())
    }
}

/// A JSON-RPC request.
pub(crate) fn message(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}
