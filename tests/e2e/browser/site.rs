//! The smallest web server there is, as another site or in front of ours.

use std::{future::Future, sync::Arc};

use conformance::failure::{Failure, Outcome};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A server on a port of its own, until it is dropped.
pub(super) struct Site {
    pub(super) origin: String,
    task: JoinHandle<()>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Site {
    /// A site that answers every request with this page.
    pub(super) async fn showing(html: String) -> Outcome<Site> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let origin = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{html}",
            html.len()
        );
        Ok(Site::serve(listener, origin, move |_| {
            let answer = answer.clone();
            async move { Ok(answer.into_bytes()) }
        }))
    }

    /// A proxy in front of a server of this computer that changes the header of every answer.
    pub(super) fn in_front_of(
        (listener, origin): (TcpListener, String),
        upstream: u16,
        change: fn(String) -> String,
    ) -> Site {
        Site::serve(listener, origin, move |request| async move {
            let mut stream = TcpStream::connect(("127.0.0.1", upstream)).await?;
            stream.write_all(&request).await?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await?;
            let end = end_of_head(&answer).ok_or_else(|| Failure::new("no answer"))?;
            let head = change(String::from_utf8_lossy(&answer[..end]).into_owned());
            Ok([head.as_bytes(), &answer[end..]].concat())
        })
    }

    fn serve<F, A>(listener: TcpListener, origin: String, answer: F) -> Site
    where
        F: Fn(Vec<u8>) -> A + Send + Sync + 'static,
        A: Future<Output = Outcome<Vec<u8>>> + Send,
    {
        let answer = Arc::new(answer);
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let answer = Arc::clone(&answer);
                tokio::spawn(async move {
                    // A browser opens connections it then does not use.
                    if let Ok(request) = read(&mut stream).await {
                        let answer = answer(request).await?;
                        stream.write_all(&answer).await?;
                        stream.shutdown().await?;
                    }
                    Outcome::Ok(())
                });
            }
        });
        Site { origin, task }
    }
}

/// A request with its body, told to be the last one of its connection.
async fn read(stream: &mut TcpStream) -> Outcome<Vec<u8>> {
    let (mut request, mut buffer) = (Vec::new(), [0; 8192]);
    loop {
        let count = stream.read(&mut buffer).await?;
        request.extend_from_slice(&buffer[..count]);
        if count == 0 {
            return Err(Failure::new("the request ends early"));
        }
        let Some(end) = end_of_head(&request) else { continue };
        let head = String::from_utf8_lossy(&request[..end]).into_owned();
        let field = |name: &str| {
            let mut fields = head.lines().filter_map(|line| line.split_once(':'));
            fields.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
        };
        let length = field("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
        if request.len() >= end + length {
            let kept = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
            let kept: Vec<&str> = kept.filter(|line| !line.is_empty()).collect();
            let head = format!("{}\r\nConnection: close\r\n\r\n", kept.join("\r\n"));
            return Ok([head.as_bytes(), &request[end..]].concat());
        }
    }
}

/// Where the body begins.
fn end_of_head(message: &[u8]) -> Option<usize> {
    message.windows(4).position(|end| end == b"\r\n\r\n").map(|place| place + 4)
}
