//! The system browser, and the small listener it comes back to.

use std::{
    io,
    process::{Command, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// A human may have to find a password first.
const PATIENCE: Duration = Duration::from_secs(600);
/// The path of the redirect URI, where nothing else is said.
const PATH: &str = "/callback";
/// Requests of browsers are shorter.
const LONGEST_REQUEST: usize = 16 << 10;
const DONE: &str = "<!doctype html><meta charset=\"utf-8\"><title>Done</title>\
                    <body style=\"font:1.1rem/1.5 system-ui;margin:4rem auto;max-width:30rem;padding:0 1rem\">\
                    <h1>Done</h1><p>The conformance client has what it needs. You can close this tab and go back \
                    to the terminal.</p>";

/// Waits on this machine for the browser to come back.
pub struct Listener {
    socket: TcpListener,
    origin: String,
}

impl Listener {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// No port could be had.
    pub async fn bind() -> io::Result<Listener> {
        let socket = TcpListener::bind(("127.0.0.1", 0)).await?;
        let origin = format!("http://127.0.0.1:{}", socket.local_addr()?.port());
        Ok(Listener { socket, origin })
    }

    /// Its port. A redirect URI may have any path.
    pub fn port(&self) -> u16 {
        self.socket.local_addr().map_or(0, |address| address.port())
    }

    /// The redirect URI to register.
    pub fn redirect_uri(&self) -> String {
        format!("{}{PATH}", self.origin)
    }

    /// The URL the browser came back with.
    ///
    /// # Errors
    /// Nobody came, as half a sentence.
    pub async fn callback(&self) -> Result<String, String> {
        let minutes = PATIENCE.as_secs() / 60;
        timeout(PATIENCE, self.next_callback())
            .await
            .unwrap_or_else(|_| Err(format!("the browser did not come back within {minutes} minutes")))
    }

    async fn next_callback(&self) -> Result<String, String> {
        loop {
            let (stream, _) = self.socket.accept().await.map_err(|fault| fault.to_string())?;
            // A connection that fails or asks for something else (an icon) is not the callback.
            if let Ok(Ok(Some(target))) = timeout(Duration::from_secs(10), answer(stream)).await {
                return Ok(format!("{}{target}", self.origin));
            }
        }
    }
}

/// Answers one request; its target, when that is the callback.
async fn answer(mut stream: TcpStream) -> io::Result<Option<String>> {
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.len() < LONGEST_REQUEST {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            break;
        }
        request.extend_from_slice(&buffer[..count]);
    }
    let text = String::from_utf8_lossy(&request);
    let target = text.lines().next().and_then(|line| {
        let (method, rest) = line.split_once(' ')?;
        let (target, _) = rest.split_once(' ')?;
        let parameters = target.split_once('?').map_or("", |(_, query)| query).split('&');
        let is_callback = method == "GET" && parameters.into_iter().any(|one| one.starts_with("state="));
        is_callback.then(|| target.to_owned())
    });
    let (status, body) = if target.is_some() { ("200 OK", DONE) } else { ("404 Not Found", "") };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    stream.shutdown().await?;
    Ok(target)
}

/// Opens a page in the system's browser. Whether one opened cannot be known: the address is printed too.
pub fn open(address: &str) {
    let (program, arguments): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("rundll32", &["url.dll,FileProtocolHandler"]),
        _ => ("xdg-open", &[]),
    };
    let quiet = Command::new(program)
        .args(arguments)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    // Without a browser the human opens the printed address elsewhere.
    drop(quiet);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_callback_is_caught_and_everything_else_is_not() {
        let listener = Listener::bind().await.unwrap();
        let uri = listener.redirect_uri();
        let visitor = tokio::spawn(async move {
            let icon = uri.replace("/callback", "/favicon.ico");
            assert_eq!(reqwest::get(icon).await.unwrap().status(), 404);
            let page = reqwest::get(format!("{uri}?code=c%2F1&state=s")).await.unwrap();
            page.text().await.unwrap()
        });
        let callback = listener.callback().await.unwrap();
        assert!(callback.ends_with("/callback?code=c%2F1&state=s"), "{callback}");
        assert!(visitor.await.unwrap().contains("close this tab"));
    }
}
