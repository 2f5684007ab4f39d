//! Requests that are hardly HTTP: answered with an error or cut off, and then forgotten.

use conformance::failure::Outcome;
use futures_util::future::join_all;

use super::Stage;
use crate::negative::raw;

#[tokio::test]
async fn what_is_hardly_http_harms_nobody() -> Outcome {
    let stage = Stage::set().await?;
    let host = "Host: localhost\r\nConnection: close\r\n";
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let requests = [
        "\r\n\r\n".to_owned(),
        "garbage\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        "GET /healthz HTTP/1.0\r\n\r\n".to_owned(),
        format!("get /healthz http/1.1\r\n{host}\r\n"),
        format!("GET /healthz HTTP/1.1\r\n{host}Broken\r\n\r\n"),
        format!("GET /healthz HTTP/1.1\r\n{host}Na me: x\r\n\r\n"),
        format!("GET /healthz HTTP/1.1\r\n{host}X: \0\r\n\r\n"),
        format!("GET /healthz HTTP/1.1\r\n{host}{host}\r\n"),
        format!("POST /oauth/token HTTP/1.1\r\n{host}{form}Content-Length: -1\r\n\r\n"),
        format!("POST /oauth/token HTTP/1.1\r\n{host}{form}Content-Length: x\r\n\r\n"),
        format!("POST /oauth/token HTTP/1.1\r\n{host}{form}Content-Length: 1\r\nContent-Length: 2\r\n\r\na"),
        format!("POST /oauth/token HTTP/1.1\r\n{host}{form}Content-Length: 99999999999999999999\r\n\r\n"),
        format!("POST /oauth/token HTTP/1.1\r\n{host}{form}Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
        format!("POST /mcp HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
        format!("POST /mcp HTTP/1.1\r\n{host}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        format!(
            "POST /oauth/token HTTP/1.1\r\n{host}{form}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        format!(
            "POST /oauth/token HTTP/1.1\r\n{host}{form}Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\na="
        ),
        format!("GET /oauth/authorize HTTP/1.1\r\n{host}Cookie: gatehouse=\u{e4};;=;gatehouse=x\r\n\r\n"),
        format!(
            "POST /oauth/token HTTP/1.1\r\n{host}{form}Authorization: Basic \u{e4}\r\nContent-Length: 0\r\n\r\n"
        ),
        format!("GET http://evil.com/healthz HTTP/1.1\r\n{host}\r\n"),
        format!("CONNECT evil.com:443 HTTP/1.1\r\n{host}\r\n"),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\r\n\r\n".to_owned(),
    ];
    let ask = async |origin: &str, request: &str| {
        // No answer at all is fine: nobody who speaks HTTP is waiting for it.
        let asked = tokio::time::timeout(super::PATIENCE, raw::send(origin, request, b"")).await;
        let status = asked.ok()?.ok()?.status;
        let is_fine = (200..500).contains(&status) || matches!(status, 501 | 505);
        (!is_fine).then(|| format!("{request:?}: {status}"))
    };
    let origins = [stage.world.issuer(), stage.world.mcp_origin()];
    let all = origins.iter().flat_map(|origin| requests.iter().map(|request| ask(origin, request)));
    let faults: Vec<String> = join_all(all).await.into_iter().flatten().collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    stage.still_works().await
}
