//! What is open when a server is told to stop: a stream without an end is ended, and an idle connection holds nobody up.

use std::time::{Duration, Instant};

use conformance::failure::{Failure, Outcome};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::harness::{Deployment, Service, Signal};

/// How long a stop waits for what is under way; nothing here may take that long.
const GRACE: Duration = Duration::from_secs(10);

/// Sends a request on a connection that is kept, and reads until this came.
async fn ask(service: &Service, head: &str, awaited: &str) -> Outcome<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", service.port)).await?;
    stream.write_all(format!("GET {head}\r\nHost: localhost:{}\r\n\r\n", service.port).as_bytes()).await?;
    let mut answer = Vec::new();
    while !String::from_utf8_lossy(&answer).contains(awaited) {
        let byte = timeout(Duration::from_secs(60), stream.read_u8()).await;
        let told = || Failure::new(format!("no `{awaited}` in {}", String::from_utf8_lossy(&answer)));
        answer.push(byte.map_err(|_| told())?.map_err(|_| told())?);
    }
    Ok(stream)
}

/// Stops a service, and says what still came on the connection.
async fn stop(service: &mut Service, stream: &mut TcpStream) -> Outcome<String> {
    let start = Instant::now();
    service.process()?.signal(Signal::Terminate).await?;
    let mut rest = String::new();
    timeout(Duration::from_secs(60), stream.read_to_string(&mut rest)).await??;
    let ended = service.process()?.ends().await?;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    assert!(start.elapsed() < GRACE, "it waited for nothing:\n{}", ended.said);
    Ok(rest)
}

#[tokio::test]
async fn a_stream_is_ended_and_not_broken_off() -> Outcome {
    let mut deployment = Deployment::start().await?;
    let mut actor = deployment.actor().await?;
    actor.mcp_url = format!("{}/sse", deployment.mcp.origin());
    let token = actor.sign_in().await?.access;
    let request = format!("/sse HTTP/1.1\r\nAuthorization: Bearer {token}");
    let mut stream = ask(&deployment.mcp, &request, "sessionId=").await?;
    let rest = stop(&mut deployment.mcp, &mut stream).await?;
    // RFC 9112 §7.1: the last chunk. A connection that is cut has none.
    assert!(rest.ends_with("0\r\n\r\n"), "{rest:?}");
    Ok(())
}

#[tokio::test]
async fn an_idle_connection_is_closed_at_once() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    for service in [&mut deployment.auth, &mut deployment.mcp] {
        service.set("KEEP_ALIVE", "3600").start().await?;
        let mut stream = ask(service, "/healthz HTTP/1.1", "ok").await?;
        stop(service, &mut stream).await?;
    }
    Ok(())
}
