//! A server whose places are all taken refuses at once, and answers again when one is free.

use conformance::{
    actor::Request,
    exchange::Reply,
    failure::{Failure, Outcome},
    raw,
    world::World,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How many requests at one time there is room for.
const PLACES: usize = 2;

/// Requests whose bodies are on their way: each has a place until it is answered.
struct Crowd(Vec<TcpStream>);

impl Crowd {
    /// Takes every place of a server.
    async fn gather(origin: &str, path: &str) -> Outcome<Crowd> {
        let port = origin.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        let port = port.ok_or_else(|| Failure::new(format!("{origin} names no port")))?;
        let mut crowd = Crowd(Vec::new());
        for _ in 0..PLACES {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n\
                 Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await?;
            let mut interim = [0; 25];
            // RFC 9110 §10.1.1: the server has the head, and waits for the rest.
            stream.read_exact(&mut interim).await?;
            crowd.0.push(stream);
        }
        Ok(crowd)
    }

    /// Sends what is missing, and reads every answer.
    async fn disperse(self) -> Outcome {
        for mut stream in self.0 {
            stream.write_all(b"{}").await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            assert!(answer.starts_with("HTTP/1.1 4"), "it is judged as ever: {answer}");
        }
        Ok(())
    }
}

async fn ask(method: &str, url: String, accept: &str) -> Outcome<Reply> {
    raw::send(method, &url, &[("Accept", accept)], "").await
}

fn is_refused(reply: &Reply) {
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")), "{}", reply.text());
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn the_auth_server_refuses_one_too_many_in_the_shape_of_who_asks() -> Outcome {
    let world = World::builder().auth("MAX_REQUESTS", &PLACES.to_string()).start().await?;
    let issuer = world.issuer().to_owned();
    let at = |path: &str| format!("{issuer}{path}");
    let crowd = Crowd::gather(&issuer, "/oauth/register").await?;
    for (method, path) in
        [("POST", "/oauth/token"), ("POST", "/oauth/register"), ("GET", "/.well-known/jwks.json")]
    {
        let reply = ask(method, at(path), "*/*").await?;
        is_refused(&reply);
        assert_eq!(reply.error().as_deref(), Some("temporarily_unavailable"), "{path}");
    }
    let page = ask("GET", at("/account"), "text/html,application/xhtml+xml").await?;
    is_refused(&page);
    assert!(
        page.media_type() == "text/html" && page.text().contains("Something went wrong"),
        "{}",
        page.text()
    );
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(ask("GET", at(probe), "*/*").await?.status, 200, "{probe}");
    }
    crowd.disperse().await?;
    world.actor().await?.sign_in().await?;
    Ok(())
}

#[tokio::test]
async fn the_mcp_server_refuses_one_too_many_in_the_shape_of_what_is_asked() -> Outcome {
    let world = World::builder().mcp("MAX_REQUESTS", &PLACES.to_string()).start().await?;
    let mut actor = world.actor().await?;
    let token = actor.sign_in().await?.access;
    let origin = world.mcp_origin().to_owned();
    let crowd = Crowd::gather(&origin, "/mcp").await?;
    let reply = actor.call_tool(&token, "list_notes").await?;
    is_refused(&reply);
    let body = reply.json().unwrap_or_default();
    assert!(body["jsonrpc"] == "2.0" && body["error"]["code"] == -32603, "{body}");
    for path in ["/sse", "/.well-known/oauth-protected-resource"] {
        let reply = actor.send(Request::get(format!("{origin}{path}"))).await?;
        is_refused(&reply);
        assert_eq!(reply.error().as_deref(), Some("temporarily_unavailable"), "{path}");
    }
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(actor.send(Request::get(format!("{origin}{probe}"))).await?.status, 200, "{probe}");
    }
    crowd.disperse().await?;
    assert_eq!(actor.call_tool(&token, "list_notes").await?.status, 200);
    Ok(())
}

/// A stream of the older transport takes no place: it may last for hours.
#[tokio::test]
async fn open_streams_take_no_places() -> Outcome {
    let world = World::builder().mcp("MAX_REQUESTS", "1").start().await?;
    let mut actor = world.actor().await?;
    actor.mcp_url = format!("{}/sse", world.mcp_origin());
    let tokens = actor.sign_in().await?;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let open = crate::legacy_sse::stream::EventStream::open(&world, &actor.mcp_url, Some(&tokens.access));
        streams.push(open.await?);
    }
    for stream in &mut streams {
        let notes = stream.call("list_notes", serde_json::json!({})).await?;
        assert!(notes["structuredContent"]["notes"].is_array(), "{notes}");
    }
    Ok(())
}
