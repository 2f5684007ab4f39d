//! Methods and paths that are not there.

use conformance::failure::Outcome;

use super::{Shape, Stage, told};
use crate::negative::raw;

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() -> Outcome {
    let mut stage = Stage::set().await?;
    for endpoint in std::mem::take(&mut stage.endpoints) {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "BREW"] {
            if endpoint.methods.contains(&method) {
                continue;
            }
            let what = format!("{method} {}", endpoint.url());
            let request = stage.request(&endpoint, method)?;
            let reply = stage.actor.send(request).await?;
            assert_eq!(reply.status, 405, "{what}: {}", reply.text());
            let shape = if endpoint.shape == Shape::Page { Shape::Json } else { endpoint.shape };
            told(&what, &reply, shape);
            let allowed = reply.header("allow").unwrap_or_default().to_owned();
            let names: Vec<&str> = allowed.split(", ").collect();
            assert!(names.iter().any(|name| endpoint.methods.contains(name)), "{what}: {allowed}");
            assert!(!names.contains(&method), "{what}: {allowed}");
        }
    }
    stage.still_works().await
}

/// JSON, because a client that looks for metadata must not meet a page.
#[tokio::test]
async fn an_unknown_path_is_not_found() -> Outcome {
    let stage = Stage::set().await?;
    let paths = [
        "/",
        "/nothing",
        "/oauth",
        "/oauth/",
        "/oauth/token/",
        "/oauth/tokens",
        "/OAUTH/TOKEN",
        "/oauth/token/../token",
        "//oauth/token",
        "/oauth//token",
        "/oauth/token;x=1",
        "/mcp/x",
        "/MCP",
        "//mcp",
        "/.well-known",
        "/.well-known/",
        "/.well-known/nothing",
        "/.well-known/oauth-authorization-server/nothing",
        "/.well-known/oauth-protected-resource/nothing",
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/.env",
        "/style.css/",
        "/healthz/x",
        "/%00",
        "/%ff%fe",
        "/%",
        "/%zz",
        "/*",
        "/{id}",
        "/caf\u{e9}",
    ];
    for origin in [stage.world.issuer(), stage.world.mcp_origin()] {
        for path in paths {
            for method in ["GET", "POST", "OPTIONS"] {
                let what = format!("{method} {origin}{path}");
                let head = format!(
                    "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
                );
                let reply = raw::send(origin, &head, b"{}").await?;
                // Bytes outside ASCII are no request line.
                if path.is_ascii() {
                    assert_eq!(reply.status, 404, "{what}: {}", reply.text());
                    told(&what, &reply, Shape::Json);
                } else {
                    assert!(matches!(reply.status, 400 | 404), "{what}: {}", reply.status);
                }
            }
        }
    }
    stage.still_works().await
}
