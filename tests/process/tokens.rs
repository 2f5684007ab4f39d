//! Static tokens at the command line: made, listed, used, revoked; never in a log, and not lost.

use std::time::Duration;

use conformance::{
    exchange::Reply,
    failure::{Failure, Outcome},
    raw,
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::harness::{Deployment, Service, Signal};

/// What `tokens add` printed.
struct Made {
    id: String,
    token: String,
    sse: String,
    http: String,
}

impl Made {
    async fn by(service: &Service, arguments: &[&str]) -> Outcome<Made> {
        let ended = service.run(&[&["tokens", "add"], arguments].concat(), None).await?;
        if !ended.status.success() {
            return Err(Failure::new(ended.said));
        }
        let value = |name: &str| {
            let found = ended.said.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            found.map(str::to_owned).ok_or_else(|| Failure::new(format!("no {name}: {}", ended.said)))
        };
        Ok(Made { id: value("id ")?, token: value("token ")?, sse: value("SSE ")?, http: value("HTTP ")? })
    }

    async fn list_tools(&self) -> Outcome<Reply> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
        raw::send("POST", &self.http, &[("Content-Type", "application/json")], &body).await
    }
}

/// Opens a stream, reads its first event, and gives the connection.
async fn open_stream(service: &Service, url: &str) -> Outcome<(TcpStream, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", service.port)).await?;
    let path = url.strip_prefix(&service.origin()).unwrap_or_default();
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", service.port);
    stream.write_all(head.as_bytes()).await?;
    let mut read = Vec::new();
    while !read.ends_with(b"\n\n\r\n") {
        let mut buffer = [0; 1024];
        match timeout(Duration::from_secs(30), stream.read(&mut buffer)).await?? {
            0 => return Err(Failure::new(format!("no stream: {}", String::from_utf8_lossy(&read)))),
            count => read.extend_from_slice(&buffer[..count]),
        }
    }
    Ok((stream, String::from_utf8_lossy(&read).into_owned()))
}

#[tokio::test]
async fn a_token_is_made_listed_used_and_revoked_beside_a_running_server() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    let mcp = &mut deployment.mcp;
    mcp.set("STATIC_TOKENS", "on").start().await?;
    let made =
        Made::by(mcp, &["--user", "ada", "--label", "Copilot at work", "--scope", "notes:read"]).await?;
    assert_eq!(made.sse, format!("{}/sse?token={}", mcp.origin(), made.token));
    assert_eq!(made.http, format!("{}/mcp/{}", mcp.origin(), made.token));
    let list = async |mcp: &Service| -> Outcome<String> {
        let said = mcp.run(&["tokens", "list"], None).await?.said;
        assert!(!said.contains("mst_") && !said.contains(&made.token[4..]), "{said}");
        let row = said.lines().find(|line| line.starts_with(&made.id)).map(str::to_owned);
        row.ok_or_else(|| Failure::new(said))
    };
    let row = list(mcp).await?;
    for text in ["live", "ada", "Copilot at work", "notes:read", "  -  "] {
        assert!(row.contains(text), "{text} in {row}");
    }
    assert_eq!(made.list_tools().await?.status, 200);
    let row = list(mcp).await?;
    assert!(!row.contains("  -  "), "the last use is known: {row}");
    mcp.crash().await?;
    assert_eq!(made.list_tools().await?.status, 200, "after a crash");
    for _ in 0..2 {
        let ended = mcp.run(&["tokens", "revoke", &made.id], None).await?;
        assert!(ended.status.success() && ended.said.contains("revoked"), "{}", ended.said);
        assert_eq!(made.list_tools().await?.status, 401);
    }
    assert!(list(mcp).await?.contains("revoked"));
    mcp.crash().await?;
    assert_eq!(made.list_tools().await?.status, 401, "revoked for good");
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_done_is_explained() -> Outcome {
    let deployment = Deployment::prepare()?;
    let mcp = &deployment.mcp;
    for (arguments, code, told) in [
        (&["tokens", "add"][..], 2, "--user"),
        (&["tokens", "add", "--user", " "], 1, "a user has"),
        (&["tokens", "add", "--user", "a", "--scope", "admin"], 1, "meetings:write"),
        (&["tokens", "add", "--user", "a", "--days=-1"], 2, "--days"),
        (&["tokens", "add", "--user", "a", "--days", "99999999"], 2, "--days"),
        (&["tokens", "revoke", "17"], 1, "tokens list"),
        (&["tokens", "revoke", "x"], 2, "invalid value"),
    ] {
        let ended = mcp.run(arguments, None).await?;
        assert_eq!(ended.status.code(), Some(code), "{arguments:?}: {}", ended.said);
        assert!(ended.said.contains(told), "{arguments:?}: {}", ended.said);
    }
    let ended = mcp.run(&["tokens", "add", "--user", "a", "--days", "0"], None).await?;
    assert!(ended.status.success() && ended.said.contains("STATIC_TOKENS=on"), "{}", ended.said);
    let ended = mcp.run(&["tokens", "list"], None).await?;
    assert!(ended.said.contains("never"), "{}", ended.said);
    let ended = mcp.run(&["tokens", "add", "--help"], None).await?;
    assert!(ended.said.contains("`sub`") && ended.said.contains("365"), "{}", ended.said);
    Ok(())
}

#[tokio::test]
async fn no_level_of_the_log_shows_a_token() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    let mcp = &mut deployment.mcp;
    mcp.set("STATIC_TOKENS", "on").set("LOG", "trace,rmcp=trace,actix_server=trace").start().await?;
    let made = Made::by(mcp, &["--user", "ada"]).await?;
    let (stream, opened) = open_stream(mcp, &made.sse).await?;
    let place = opened.lines().find_map(|line| line.strip_prefix("data: ")).unwrap_or_default();
    let messages = format!("{}{place}", mcp.origin());
    let headers = [("Content-Type", "application/json")];
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}).to_string();
    let create = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "create_note", "arguments": {}}});
    assert_eq!(raw::send("POST", &messages, &headers, &ping).await?.status, 202);
    assert_eq!(raw::send("POST", &made.http, &headers, &create.to_string()).await?.status, 200);
    for (method, url, body) in [
        ("POST", made.http.as_str(), "{"),
        ("GET", &made.http, ""),
        ("OPTIONS", &made.http, ""),
        ("POST", &messages, "{"),
        ("POST", &made.sse, "{}"),
        ("GET", &format!("{}&token=x", made.sse), ""),
        ("GET", &format!("{}/x", made.http), ""),
        ("GET", &format!("{}?token={}", mcp.setting("RESOURCE"), made.token), ""),
    ] {
        raw::send(method, url, &headers, body).await?;
    }
    assert!(mcp.run(&["tokens", "revoke", &made.id], None).await?.status.success());
    assert_eq!(raw::send("POST", &messages, &headers, &ping).await?.status, 401);
    assert_eq!(raw::send("POST", &made.http, &headers, &ping).await?.status, 401);
    drop(stream);
    let said = mcp.process()?.said();
    assert!(said.contains("a message was not let in"), "the log is what is looked at");
    let secret = &made.token[10..30];
    let shown = said.lines().find(|line| line.contains(secret));
    assert_eq!(shown, None, "the token is logged");
    Ok(())
}

#[tokio::test]
async fn an_open_stream_does_not_delay_the_end() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    let mcp = &mut deployment.mcp;
    mcp.set("STATIC_TOKENS", "on").start().await?;
    let made = Made::by(mcp, &["--user", "ada"]).await?;
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(open_stream(mcp, &made.sse).await?.0);
    }
    let process = mcp.process()?;
    process.signal(Signal::Terminate).await?;
    // Well within the ten seconds after which open connections would be cut.
    let ended = timeout(Duration::from_secs(8), process.ends());
    let ended = ended.await.map_err(|_| Failure::new("it waits for its streams"))??;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    for mut stream in streams {
        let mut rest = String::new();
        stream.read_to_string(&mut rest).await?;
        assert!(rest.ends_with("0\r\n\r\n"), "the stream is ended, not cut: {rest:?}");
    }
    Ok(())
}
