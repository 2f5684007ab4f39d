//! Clients that keep a server waiting, as many as it takes on, and more people than it can sign in at one time: it outlives
//! them, in bounded memory, and works as before.

use std::{future::pending, net::SocketAddr, time::Duration};

use conformance::failure::{Failure, Outcome};
use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::timeout,
};

use crate::{
    flood::peak,
    harness::{Deployment, Service, get, until},
};

const CONNECTIONS: usize = 16;
/// In KiB; a server that does nothing has a fifth of it.
const MOST_MEMORY: u64 = 150 * 1024;
/// How long a connection may take to be cut that should be.
const PATIENCE: Duration = Duration::from_secs(60);

/// A service that takes on little, and waits for nobody.
async fn start_small(service: &mut Service) -> Outcome {
    service
        .set("MAX_CONNECTIONS", &CONNECTIONS.to_string())
        .set("KEEP_ALIVE", "1")
        .set("CLIENT_TIMEOUT", "1");
    service.start().await
}

/// It answers, and never needed much memory.
async fn is_well(service: &mut Service) -> Outcome {
    let url = format!("{}/healthz", service.origin());
    // One that waits for nobody may take a client of a busy machine for a slow one.
    until("a sign of life", async || get(&url).await.ok().filter(|reply| reply.status == 200)).await?;
    let memory = peak(service.process()?.id());
    assert!(memory.is_none_or(|memory| memory < MOST_MEMORY), "{memory:?} KiB");
    Ok(())
}

/// How many connections to a port of this machine are open, as the system tells, where it does.
fn established(port: u16) -> usize {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let (own, open) = (format!(":{port:04X}"), "01");
    let is_open = |line: &&str| {
        let mut columns = line.split_whitespace().skip(1);
        columns.next().is_some_and(|local| local.ends_with(&own)) && columns.nth(1) == Some(open)
    };
    table.lines().filter(is_open).count()
}

/// Three times as many connections as there may be. They come first: whoever connects later waits for most of them to end.
async fn crowd(service: &Service) -> Outcome<Vec<TcpStream>> {
    let mut streams = Vec::new();
    for _ in 0..3 * CONNECTIONS {
        let socket = TcpSocket::new_v4()?;
        // Else the systems take megabytes before anybody waits.
        socket.set_recv_buffer_size(4096)?;
        streams.push(socket.connect(SocketAddr::from(([127, 0, 0, 1], service.port))).await?);
    }
    Ok(streams)
}

/// Runs that many clients to their end, while the server must answer others as well.
async fn outlives(service: &mut Service, client: impl AsyncFn(TcpStream) -> Outcome) -> Outcome {
    let clients = crowd(service).await?.into_iter().map(|stream| timeout(PATIENCE, client(stream)));
    let (ended, well) = tokio::join!(join_all(clients), is_well(service));
    well?;
    for ended in ended {
        ended.map_err(|_| Failure::new("a connection was not cut"))??;
    }
    is_well(service).await
}

/// Sends a byte now and then, and never a whole head, until the connection is cut.
async fn drip(mut stream: TcpStream) -> Outcome {
    until("the end of a slow head", async || {
        let is_cut = stream.write_all(b"X").await.is_err();
        let mut answer = [0; 512];
        (is_cut || matches!(stream.try_read(&mut answer), Ok(0))).then_some(())
    })
    .await
}

#[tokio::test]
async fn heads_that_never_end_are_cut() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    for service in [&mut deployment.auth, &mut deployment.mcp] {
        start_small(service).await?;
        outlives(service, async |mut stream: TcpStream| {
            stream.write_all(b"GET /healthz HTTP/1.1\r\n").await?;
            drip(stream).await
        })
        .await?;
        // The web server's own clock is for the first head only.
        outlives(service, async |mut stream: TcpStream| {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
            // It may have waited in the system's queue behind the others.
            let mut start = [0; 12];
            stream.read_exact(&mut start).await?;
            assert_eq!(&start, b"HTTP/1.1 200");
            drip(stream).await
        })
        .await?;
    }
    Ok(())
}

/// Connections that ask one thing after another and read no answer: what the web server would read, make requests of and
/// answer has no bound of its own.
async fn bears(service: &mut Service, first: &str, then: &str) -> Outcome {
    start_small(service).await?;
    let (first, then) = (first.repeat(20), then.repeat(1000));
    let ask = async |mut stream: TcpStream| {
        // Until neither side's system takes any more. The end of the connection stands behind what is not read.
        let mut is_open = stream.write_all(first.as_bytes()).await.is_ok();
        while is_open {
            is_open = stream.write_all(then.as_bytes()).await.is_ok();
        }
        pending::<()>().await;
    };
    let port = service.port;
    let clients = join_all(crowd(service).await?.into_iter().map(ask));
    let outlived = async {
        is_well(service).await?;
        until("the end of every connection", async || (established(port) == 0).then_some(())).await?;
        is_well(service).await
    };
    tokio::select! {
        outlived = outlived => outlived?,
        _ = clients => {}
    }
    service.kill()
}

#[tokio::test]
async fn answers_nobody_reads_are_cut() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    for (service, path) in [
        (&mut deployment.auth, "/.well-known/oauth-authorization-server"),
        (&mut deployment.mcp, "/.well-known/oauth-protected-resource"),
    ] {
        let document = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        // Behind some whose answers are large: a request of hardly any bytes takes as much memory as any.
        bears(service, &document, "GET / HTTP/1.1\r\nHost:\r\n\r\n").await?;
        // An answer without a body is never asked for more of it.
        let headers = "Host:\r\nOrigin: https://a.test\r\nAccess-Control-Request-Method: GET\r\n";
        bears(service, "", &format!("OPTIONS {path} HTTP/1.1\r\n{headers}\r\n")).await?;
    }
    Ok(())
}

#[tokio::test]
async fn bodies_that_never_end_are_answered_and_cut() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    for (service, path) in [(&mut deployment.auth, "/oauth/register"), (&mut deployment.mcp, "/mcp")] {
        start_small(service).await?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{{"
        );
        outlives(service, async |mut stream: TcpStream| {
            stream.write_all(head.as_bytes()).await?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await?;
            let answer = String::from_utf8_lossy(&answer);
            assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// More people at one time than there are places for passwords to be looked at.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_beyond_the_line_for_passwords_are_told_to_come_again() -> Outcome {
    const PEOPLE: usize = 120;
    const PLACES: usize = 64;
    let mut deployment = Deployment::prepare()?;
    // Slow enough for a line to form.
    deployment.auth.set("ARGON2_MEMORY_KIB", "19456").set("ARGON2_ITERATIONS", "20");
    deployment.auth.start().await?;
    deployment.add_user().await?;
    let mut first = deployment.actor().await?;
    let mut people = JoinSet::new();
    for _ in 0..PEOPLE {
        let mut actor = first.clone();
        people.spawn(async move { actor.fresh().sign_in().await.map(drop) });
    }
    let outcomes = people.join_all().await;
    let told: Vec<String> =
        outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).map(ToString::to_string).collect();
    assert!(told.iter().all(|fault| fault.contains("503")), "{told:?}");
    assert!(!told.is_empty() && PEOPLE - told.len() >= PLACES, "{} of {PEOPLE} were refused", told.len());
    is_well(&mut deployment.auth).await?;
    first.fresh().sign_in().await?;
    Ok(())
}
