use std::{os::unix::fs::PermissionsExt, time::Duration};

use reqwest::{Certificate, Client};
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::failure::Failure;

fn client(authority: &Authority) -> Outcome<Client> {
    let root = Certificate::from_pem(authority.certificate().as_bytes())?;
    Ok(Client::builder().no_proxy().tls_certs_only([root]).timeout(Duration::from_secs(10)).build()?)
}

#[tokio::test]
async fn it_serves_what_was_published_to_who_trusts_it() -> Outcome {
    let authority = Authority::fresh()?;
    let host = Host::start(&authority).await?;
    let document = json!({"client_id": host.url("/client.json")});
    host.publish("/client.json", Served::json(&document).header("cache-control", "max-age=60").in_chunks(3));
    let http = client(&authority)?;
    let answer = http.get(host.url("/client.json?x=1")).send().await?;
    assert_eq!(answer.headers()["cache-control"], "max-age=60");
    assert_eq!(answer.text().await?, document.to_string());
    assert_eq!(http.get(host.url("/other")).send().await?.status(), 404);
    assert_eq!((host.requests("/client.json"), host.requests("/never")), (1, 0));
    assert!(host.heads("/client.json")[0].starts_with("GET /client.json?x=1 HTTP/1.1\r\n"));

    let stranger = client(&Authority::fresh()?)?;
    assert!(stranger.get(host.url("/client.json")).send().await.is_err());
    let (port, address) = (host.port(), host.url("/client.json"));
    drop(host);
    assert!(http.get(&address).send().await.is_err());
    Host::start_on(&authority, port).await?;
    Ok(())
}

#[tokio::test]
async fn an_endless_body_has_no_end() -> Outcome {
    let authority = Authority::fresh()?;
    let host = Host::start(&authority).await?;
    host.publish("/endless", Served::text("x").endless());
    let mut answer = client(&authority)?.get(host.url("/endless")).send().await?;
    let mut received = 0;
    while received < 5_000 {
        received += answer.chunk().await?.ok_or_else(|| Failure::new("it ended"))?.len();
    }
    Ok(())
}

#[tokio::test]
async fn an_authority_is_found_again() -> Outcome {
    let folder = TempDir::new()?;
    let first = Authority::read_or_create(folder.path())?;
    let second = Authority::read_or_create(folder.path())?;
    assert_eq!(first.certificate(), second.certificate());
    let host = Host::start(&second).await?;
    assert_eq!(client(&first)?.get(host.url("/")).send().await?.status(), 404);
    let mode = std::fs::metadata(folder.path().join("conformance-ca.key"))?.permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    Ok(())
}
