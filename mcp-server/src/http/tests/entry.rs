//! Who gets as far as rmcp, and what the others are told.

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use serde_json::json;

use super::*;

const METADATA: &str = "http://localhost:8000/.well-known/oauth-protected-resource/mcp";

fn anonymous(body: &Value) -> TestRequest {
    TestRequest::post()
        .uri("/mcp")
        .insert_header(("content-type", "application/json"))
        .set_payload(body.to_string())
}

#[actix_web::test]
async fn without_a_token_every_method_is_challenged() {
    let house = House::open(&[]).await;
    let challenge = format!("Bearer resource_metadata=\"{METADATA}\"");
    for method in [Method::GET, Method::HEAD, Method::POST, Method::DELETE, Method::PUT] {
        for path in ["/mcp", "/mcp/", "/mcp?access_token=x"] {
            let reply = house.send(TestRequest::default().method(method.clone()).uri(path)).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert_eq!(reply.header("www-authenticate"), challenge);
            assert_eq!(reply.header("cache-control"), "no-store");
        }
    }
    let reply = house.send(anonymous(&json!(null)).set_payload("{\"jsonrpc\"")).await;
    assert_eq!(
        (reply.status, reply.header("www-authenticate")),
        (StatusCode::UNAUTHORIZED, challenge.as_str())
    );
    assert_eq!(reply.json()["error"]["code"], -32600);
}

#[actix_web::test]
async fn a_tool_call_without_a_token_gets_a_result_that_names_an_error() {
    let house = House::open(&[]).await;
    let reply = house.send(anonymous(&call("create_note", json!({})))).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert!(!reply.header("www-authenticate").contains("error"));
    let body = reply.json();
    assert_eq!((&body["id"], &body["result"]["isError"]), (&json!(7), &json!(true)));
    assert!(body["result"]["content"][0]["text"].is_string());
    assert_eq!(
        body["result"]["_meta"]["mcp/www_authenticate"],
        json!([format!(
            "Bearer resource_metadata=\"{METADATA}\", error=\"invalid_token\", \
             error_description=\"an access token is needed\""
        )])
    );
    assert_eq!(body["result"]["resultType"], json!(null), "not in the old era");
}

#[actix_web::test]
async fn a_bad_token_is_told_what_is_wrong_with_it() {
    let house = House::open(&[]).await;
    let header = ("authorization", "Bearer garbage");
    let reply = house.send(anonymous(&call("create_note", json!({}))).insert_header(header)).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    let challenge = reply.header("www-authenticate");
    assert!(
        challenge.contains("error=\"invalid_token\", error_description=\"the access token is malformed\"")
    );
    assert_eq!(reply.json()["result"]["_meta"]["mcp/www_authenticate"], json!([challenge]));
    let twice = anonymous(&list()).append_header(header).append_header(header);
    let reply = house.send(twice).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(reply.header("www-authenticate").contains("error=\"invalid_request\""));
}

#[actix_web::test]
async fn a_missing_scope_is_told_in_the_way_the_caller_reads() {
    let body = call("create_note", json!({ "title": "t" }));
    for (style, agent, status) in [
        ("auto", "claude", StatusCode::FORBIDDEN),
        ("auto", "openai-mcp/1.0.0", StatusCode::OK),
        ("http", "openai-mcp/1.0.0", StatusCode::FORBIDDEN),
        ("result", "claude", StatusCode::OK),
    ] {
        let house = House::open(&[("CHALLENGE_STYLE", style)]).await;
        let reply = house.send(house.post("notes:read", &body).insert_header(("user-agent", agent))).await;
        assert_eq!(reply.status, status, "{style} {agent}");
        let challenge = format!(
            "Bearer resource_metadata=\"{METADATA}\", error=\"insufficient_scope\", \
             error_description=\"this needs the permission notes:write\", scope=\"notes:write\""
        );
        let expected = if status == StatusCode::FORBIDDEN { challenge.as_str() } else { "" };
        assert_eq!(reply.header("www-authenticate"), expected);
        assert_eq!(reply.json()["result"]["_meta"]["mcp/www_authenticate"], json!([challenge]));
    }
}

#[actix_web::test]
async fn an_issuer_that_was_never_reached_is_our_fault() {
    let house = House::open(&[]).await;
    house.issuer.rename("http://somebody.example");
    let reply = house.send(house.post("notes:read", &list())).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.header("retry-after"), "5");
    assert_eq!(reply.json()["error"]["code"], -32603);
    assert_eq!(house.send(TestRequest::get().uri("/readyz")).await.status, StatusCode::SERVICE_UNAVAILABLE);
    house.issuer.rename(&house.issuer.name);
    // It is found out once a second.
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(house.send(TestRequest::get().uri("/readyz")).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn strangers_are_turned_away_before_all_else() {
    let house = House::open(&[]).await;
    for (name, value) in [("host", "evil.example"), ("origin", "http://evil.example"), ("origin", "null")] {
        for method in [Method::OPTIONS, Method::POST, Method::GET] {
            let request = TestRequest::default().method(method).uri("/mcp").insert_header((name, value));
            let reply = house.send(request).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN);
            assert_eq!(reply.header("access-control-allow-origin"), "");
        }
    }
    let public =
        TestRequest::get().uri("/.well-known/oauth-protected-resource").insert_header(("host", "x.example"));
    assert_eq!(
        house.send(public.insert_header(("origin", "http://evil.example"))).await.status,
        StatusCode::OK
    );
}

#[actix_web::test]
async fn browsers_may_read_challenges_and_answers() {
    let house = House::open(&[]).await;
    let origin = ("origin", "http://localhost:6274");
    let preflight = TestRequest::default().method(Method::OPTIONS).uri("/mcp").insert_header(origin);
    let reply = house.send(preflight.insert_header(("access-control-request-headers", "mcp-param-x"))).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert_eq!(reply.header("access-control-allow-headers"), "mcp-param-x");
    for request in [anonymous(&list()), house.post("notes:read", &list())] {
        let reply = house.send(request.insert_header(origin)).await;
        assert_eq!(reply.header("access-control-allow-origin"), origin.1);
        assert!(reply.header("access-control-expose-headers").contains("WWW-Authenticate"));
    }
}

#[actix_web::test]
async fn the_metadata_is_the_same_in_both_places() {
    let house = House::open(&[]).await;
    let own = house.send(TestRequest::get().uri("/.well-known/oauth-protected-resource/mcp")).await;
    let root = house.send(TestRequest::get().uri("/.well-known/oauth-protected-resource")).await;
    assert_eq!(own.body, root.body);
    assert_eq!(own.header("content-type"), "application/json");
    assert_eq!(own.header("access-control-allow-origin"), "*");
    assert_eq!(
        own.json(),
        json!({
            "resource": "http://localhost:8000/mcp",
            "authorization_servers": [house.issuer.name],
            "scopes_supported": ["notes:read", "notes:write", "meetings:read", "meetings:write"],
            "bearer_methods_supported": ["header"],
            "resource_name": "Gatehouse notes and meetings",
        })
    );
    let known = TestRequest::get()
        .uri("/.well-known/oauth-protected-resource/mcp")
        .insert_header(("if-none-match", format!("\"x\", W/{}", own.header("etag"))));
    let reply = house.send(known).await;
    assert_eq!((reply.status, reply.body.len()), (StatusCode::NOT_MODIFIED, 0));
    for path in ["/.well-known/openid-configuration", "/", "/mcp/x", "/.well-known/openai-apps-challenge"] {
        let reply = house.send(TestRequest::get().uri(path)).await;
        assert_eq!(
            (reply.status, reply.json()),
            (StatusCode::NOT_FOUND, json!({ "error": "not_found" })),
            "{path}"
        );
    }
}
