//! The ways in beside the endpoint, where they depend on what the resource is called, on the hour or on the database.

use std::time::Duration;

use actix_web::http::Method;

use super::*;
use crate::{IssuedToken, TokenPurpose};

const ON: (&str, &str) = ("STATIC_TOKENS", "on");

async fn token(house: &House) -> IssuedToken {
    let purpose = TokenPurpose { user: "ada".to_owned(), ..TokenPurpose::default() };
    house.app.add_static_token(purpose).await.unwrap()
}

fn at(url: &str) -> String {
    url.strip_prefix("http://localhost:8000").unwrap().to_owned()
}

#[actix_web::test]
async fn a_resource_below_a_path_has_its_neighbours_there() {
    for (resource, below) in [("http://localhost:8000/t/mcp", "/t"), ("http://localhost:8000", "")] {
        let house = House::open(&[ON, ("RESOURCE", resource)]).await;
        let token = token(&house).await;
        assert_eq!(at(&token.sse_url), format!("{below}/sse?token={}", token.token));
        assert_eq!(at(&token.mcp_url), format!("{below}/mcp/{}", token.token));
        for path in [at(&token.mcp_url), format!("/mcp/{}", token.token)] {
            let request = TestRequest::post().uri(&path).set_payload(list().to_string());
            assert_eq!(house.send(request).await.status, StatusCode::OK, "{path}");
        }
        for path in [format!("{below}/sse"), "/sse".to_owned(), format!("{below}/messages")] {
            let reply = house.send(TestRequest::default().method(Method::OPTIONS).uri(&path)).await;
            assert_eq!(reply.status, StatusCode::NO_CONTENT, "{path}");
        }
        let metadata = format!("/.well-known/oauth-protected-resource{below}/sse");
        let document = house.send(TestRequest::get().uri(&metadata)).await.json();
        assert_eq!(document["resource"], format!("http://localhost:8000{below}/sse"));
        let mirror = format!("/.well-known/oauth-authorization-server{below}");
        assert_eq!(house.send(TestRequest::get().uri(&format!("{mirror}/sse"))).await.status, StatusCode::OK);
    }
}

#[actix_web::test]
async fn the_last_use_is_written_once_an_hour() {
    let house = House::open(&[ON]).await;
    let token = token(&house).await;
    let last_use = async || house.app.static_tokens.all().await.unwrap()[0].last_used_at;
    let start = house.clock.now().seconds();
    assert_eq!(last_use().await, None);
    for (later, written) in
        [(0, start), (1800, start), (1799, start), (1, start + 3600), (3599, start + 3600)]
    {
        house.clock.advance(Duration::from_secs(later));
        house.app.admit_holder(&token.token).await.unwrap();
        assert_eq!(last_use().await, Some(written), "{later} seconds later");
    }
}

#[actix_web::test]
async fn a_token_in_a_url_is_asked_for_nothing_else() {
    let house = House::open(&[ON]).await;
    let token = token(&house).await;
    // The issuer was never reached, and is not needed.
    house.issuer.stop().await;
    let call = call("create_note", json!({ "title": "t" })).to_string();
    let request = TestRequest::post().uri(&at(&token.mcp_url)).set_payload(call);
    let reply = house.send(request.insert_header(("authorization", "Bearer garbage"))).await;
    assert_eq!((reply.status, &reply.json()["result"]["isError"]), (StatusCode::OK, &json!(false)));
    assert_eq!(reply.header("cache-control"), "no-store");
}

#[actix_web::test]
async fn the_issuers_metadata_comes_with_its_keys_and_ages_with_them() {
    let house = House::open(&[("JWKS_MAX_AGE", "60")]).await;
    let shown = async || house.send(TestRequest::get().uri("/.well-known/oauth-authorization-server")).await;
    assert_eq!(shown().await.json()["issuer"], house.issuer.name);
    assert_eq!(house.send(house.post("notes:read", &list())).await.status, StatusCode::OK);
    assert_eq!(house.issuer.fetches(), 1, "one fetch for both");
    house.issuer.rename("http://somebody.example");
    house.clock.advance(Duration::from_secs(60));
    let last_good = shown().await;
    assert_eq!((last_good.status, &last_good.json()["issuer"]), (StatusCode::OK, &json!(house.issuer.name)));
}
