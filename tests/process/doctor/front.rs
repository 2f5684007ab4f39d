//! A proxy in front of a service, which spoils what passes.

use std::sync::{Arc, Mutex, PoisonError};

use conformance::failure::Outcome;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// How.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoiled {
    Nothing,
    /// Sends on to another host.
    Redirect,
    /// Answers with a page of its own.
    Page,
    /// Finds nobody behind it.
    Away,
    /// Removes a header field on the way in.
    RequestHeader(&'static str),
    /// Removes a header field on the way out.
    ResponseHeader(&'static str),
    /// Adds CORS headers of its own.
    SecondOrigin,
    /// Has another time.
    Clock,
}

/// A running proxy. Dropping it ends it.
pub(super) struct Front {
    port: u16,
    spoiled: Arc<Mutex<Spoiled>>,
    task: JoinHandle<()>,
}

impl Front {
    pub(super) async fn start(behind: u16) -> Outcome<Front> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let spoiled = Arc::new(Mutex::new(Spoiled::Nothing));
        let shared = Arc::clone(&spoiled);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let spoiled = *shared.lock().unwrap_or_else(PoisonError::into_inner);
                // Who breaks off is not answered.
                tokio::spawn(async move { pass(client, behind, spoiled).await.ok() });
            }
        });
        Ok(Front { port, spoiled, task })
    }

    pub(super) fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    pub(super) fn spoil(&self, spoiled: Spoiled) {
        *self.spoiled.lock().unwrap_or_else(PoisonError::into_inner) = spoiled;
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One request a connection.
async fn pass(mut client: TcpStream, behind: u16, spoiled: Spoiled) -> std::io::Result<()> {
    let (head, body) = message(&mut client).await?;
    let own = match spoiled {
        Spoiled::Redirect => Some("302 Found\r\nlocation: https://www.example.com/"),
        Spoiled::Page => Some("200 OK\r\ncontent-type: text/html"),
        Spoiled::Away => Some("502 Bad Gateway\r\ncontent-type: text/plain"),
        _ => None,
    };
    if let Some(own) = own {
        let page = "<!doctype html><title>Just a moment…</title>";
        let page = if spoiled == Spoiled::Page { page } else { "" };
        let reply =
            format!("HTTP/1.1 {own}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}", page.len());
        return client.write_all(reply.as_bytes()).await;
    }
    let mut service = TcpStream::connect(("127.0.0.1", behind)).await?;
    let head = match spoiled {
        Spoiled::RequestHeader(name) => without(&head, name),
        _ => head,
    };
    service.write_all(joined(&without(&head, "connection"), &body).as_slice()).await?;
    let (head, body) = message(&mut service).await?;
    let head = match spoiled {
        Spoiled::ResponseHeader(name) => without(&head, name),
        Spoiled::SecondOrigin => format!("{head}\r\naccess-control-allow-origin: *"),
        Spoiled::Clock => format!("{}\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT", without(&head, "date")),
        _ => head,
    };
    client.write_all(joined(&without(&head, "connection"), &body).as_slice()).await
}

fn joined(head: &str, body: &[u8]) -> Vec<u8> {
    [format!("{head}\r\nconnection: close\r\n\r\n").as_bytes(), body].concat()
}

fn without(head: &str, name: &str) -> String {
    let is_other = |line: &&str| !line.to_ascii_lowercase().starts_with(&format!("{name}:"));
    head.split("\r\n").filter(is_other).collect::<Vec<_>>().join("\r\n")
}

/// The head of a message, and the body its `Content-Length` announces.
async fn message(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut read = Vec::new();
    loop {
        let end = read.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&read[..end]).into_owned();
            let lower = head.to_ascii_lowercase();
            let length = lower.split("\r\n").find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.and_then(|text| text.trim().parse().ok()).unwrap_or_default();
            if read.len() >= end + 4 + length {
                return Ok((head, read[end + 4..end + 4 + length].to_vec()));
            }
        }
        if stream.read_buf(&mut read).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}
