//! SIGTERM and SIGINT: open requests are finished, then the process ends with success.

use std::time::Duration;

use conformance::failure::{Failure, Outcome};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{Deployment, Service, Signal, until};

#[tokio::test]
async fn either_signal_ends_either_server_with_success() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    for signal in [Signal::Terminate, Signal::Interrupt] {
        for service in [&mut deployment.auth, &mut deployment.mcp] {
            service.start().await?;
            let process = service.process()?;
            process.signal(signal).await?;
            let ended = process.ends().await?;
            assert_eq!(ended.status.code(), Some(0), "after {signal:?}:\n{}", ended.said);
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_auth_server_finishes_an_open_request() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    let path = "/oauth/register";
    let body =
        r#"{"client_name":"Late","redirect_uris":["https://chatgpt.com/connector_platform_oauth_redirect"]}"#;
    let answer = finish_while_stopping(&mut deployment.auth, path, body).await?;
    assert!(answer.contains("201 Created") && answer.contains("\"client_id\""), "{answer}");
    Ok(())
}

#[tokio::test]
async fn the_mcp_server_finishes_an_open_request() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    let body =
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_notes","arguments":{}}}"#;
    let answer = finish_while_stopping(&mut deployment.mcp, "/mcp", body).await?;
    assert!(answer.contains("401 Unauthorized") && answer.contains("mcp/www_authenticate"), "{answer}");
    Ok(())
}

/// Sends the head of a request, stops the server once it waits for the body, and sends the body then.
async fn finish_while_stopping(service: &mut Service, path: &str, body: &str) -> Outcome<String> {
    service.start().await?;
    let address = ("127.0.0.1", service.port);
    let mut stream = TcpStream::connect(address).await?;
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\nConnection: close\r\n\r\n",
        service.port,
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    let mut interim = [0; 25];
    // RFC 9110 §10.1.1: it has read the head, and waits.
    stream.read_exact(&mut interim).await?;
    assert!(interim.starts_with(b"HTTP/1.1 100 "), "{}", String::from_utf8_lossy(&interim));
    service.process()?.signal(Signal::Terminate).await?;
    until("no new connections", async || TcpStream::connect(address).await.err()).await?;
    stream.write_all(body.as_bytes()).await?;
    let mut answer = String::new();
    let read = tokio::time::timeout(Duration::from_secs(60), stream.read_to_string(&mut answer));
    read.await.map_err(|_| Failure::new(format!("the answer does not end: {answer}")))??;
    let ended = service.process()?.ends().await?;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    Ok(answer)
}
