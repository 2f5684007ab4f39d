//! Bodies and headers that are too large. The whole of it is sent before the answer is read: a server that closes while a
//! client is sending shows it a broken connection in the place of the answer.

use std::fmt::Write;

use conformance::failure::{Failure, Outcome};
use futures_util::future::join_all;

use super::{Endpoint, Shape, Stage, told};
use crate::negative::raw;

const MIB: usize = 1 << 20;

/// The head of a POST to an endpoint, closed by the caller's own lines.
fn head(stage: &Stage, endpoint: &Endpoint, lines: &str) -> String {
    let mut head = format!("POST {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", endpoint.path);
    if endpoint.shape == Shape::Rpc {
        // Writing to a string does not fail.
        let _ = write!(head, "Authorization: Bearer {}\r\n", stage.token);
    }
    format!("{head}{lines}\r\n")
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let chunks = body
        .chunks(50_000)
        .map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
    chunks.chain([b"0\r\n\r\n".to_vec()]).flatten().collect()
}

#[tokio::test]
async fn a_body_that_is_too_large_is_answered() -> Outcome {
    let stage = Stage::set().await?;
    for endpoint in stage.endpoints.iter().filter(|endpoint| endpoint.takes_post()) {
        for (size, media_type) in
            [(MIB + 1, "application/json"), (3 * MIB, "application/x-www-form-urlencoded")]
        {
            let body = vec![b'a'; size];
            for is_chunked in [false, true] {
                let (length, body) = match is_chunked {
                    true => ("Transfer-Encoding: chunked".to_owned(), chunked(&body)),
                    false => (format!("Content-Length: {size}"), body.clone()),
                };
                let what = format!("{size} bytes as {media_type} to {}, {length}", endpoint.path);
                let head = head(&stage, endpoint, &format!("Content-Type: {media_type}\r\n{length}\r\n"));
                let reply = raw::send(&endpoint.origin, &head, &body).await;
                let reply = reply.map_err(|fault| Failure::new(format!("{what}: {fault}")))?;
                assert_eq!(reply.status, 413, "{what}");
                let shape = if endpoint.shape == Shape::Page { Shape::Json } else { endpoint.shape };
                told(&what, &reply, shape);
            }
        }
    }
    stage.still_works().await
}

/// A body nobody asked for is no reason to break the connection either.
#[tokio::test]
async fn a_large_body_where_none_is_read_is_answered() -> Outcome {
    let stage = Stage::set().await?;
    let rows = [
        ("GET", "/healthz"),
        ("POST", "/healthz"),
        ("POST", "/.well-known/oauth-protected-resource"),
        ("POST", "/.well-known/oauth-authorization-server"),
        ("POST", "/nothing"),
        ("PUT", "/oauth/token"),
        ("PUT", "/mcp"),
        ("POST", "/mcp"),
    ];
    let body = vec![b'a'; 3 * MIB];
    let ask = async |origin: &str, (method, path): (&str, &str)| {
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        );
        match raw::send(origin, &head, &body).await {
            Ok(reply) if (200..500).contains(&reply.status) => None,
            Ok(reply) => Some(format!("{method} {origin}{path}: {}", reply.status)),
            Err(fault) => Some(format!("{method} {origin}{path}: {fault}")),
        }
    };
    let origins = [stage.world.issuer(), stage.world.mcp_origin()];
    let all = origins.iter().flat_map(|origin| rows.iter().map(|row| ask(origin, *row)));
    let faults: Vec<String> = join_all(all).await.into_iter().flatten().collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    stage.still_works().await
}

/// The largest body that is read is still judged by what it says.
#[tokio::test]
async fn a_body_of_the_largest_size_is_read() -> Outcome {
    let stage = Stage::set().await?;
    for endpoint in stage.endpoints.iter().filter(|endpoint| endpoint.takes_post()) {
        let size = if endpoint.shape == Shape::Rpc { MIB } else { 64 * 1024 };
        let lines = format!("Content-Type: application/json\r\nContent-Length: {size}\r\n");
        let head = head(&stage, endpoint, &lines);
        let reply = raw::send(&endpoint.origin, &head, &vec![b'a'; size]).await?;
        assert!(matches!(reply.status, 400 | 303), "{}: {}", endpoint.path, reply.status);
    }
    stage.still_works().await
}

#[tokio::test]
async fn large_headers_are_refused_or_ignored() -> Outcome {
    let stage = Stage::set().await?;
    let many: String = (0..90).map(|at| format!("X-{at}: {at}\r\n")).collect();
    let too_many: String = (0..1000).map(|at| format!("X-{at}: {at}\r\n")).collect();
    let fields = [
        ("a field of 16 KiB", format!("X-Long: {}\r\n", "a".repeat(16 * 1024))),
        ("a field of 64 KiB", format!("X-Long: {}\r\n", "a".repeat(64 * 1024))),
        ("a field of 256 KiB", format!("X-Long: {}\r\n", "a".repeat(256 * 1024))),
        ("a cookie of 64 KiB", format!("Cookie: gatehouse={}\r\n", "a".repeat(64 * 1024))),
        ("a token of 64 KiB", format!("Authorization: Bearer {}\r\n", "a".repeat(64 * 1024))),
        ("90 fields", many),
        ("1,000 fields", too_many),
    ];
    for endpoint in &stage.endpoints {
        for (name, field) in &fields {
            let what = format!("{name} to {}{}", endpoint.origin, endpoint.path);
            let method = endpoint.methods[0];
            let head = format!(
                "{method} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{field}Content-Length: 0\r\n\r\n",
                endpoint.path
            );
            // A head that is too large may end the connection: that is an answer as well.
            if let Ok(reply) = raw::send(&endpoint.origin, &head, b"").await {
                assert!((200..500).contains(&reply.status), "{what}: {}", reply.status);
            }
        }
    }
    stage.still_works().await
}
