//! The judge of step 1, shown one fault at a time.

use serde_json::Value;

use super::*;
use crate::steps::{
    Reached,
    fixtures::{ISSUER, MCP, call, changed, exchange, reply, rule, step1, with},
};

const PLACE: &str = "https://mcp.example/.well-known/oauth-protected-resource/mcp";
const ROOT: &str = "https://mcp.example/.well-known/oauth-protected-resource";

fn challenged() -> Reply {
    let field = format!("Bearer resource_metadata=\"{PLACE}\", scope=\"a b\"");
    with(reply(401, &json!({})), "www-authenticate", &field)
}

fn document() -> Value {
    json!({"resource": MCP, "authorization_servers": [ISSUER], "scopes_supported": ["notes:read"]})
}

fn shown(challenge: Reply, document: &Value) -> Exchange {
    let answer = reply(200, document);
    let places = [PLACE, ROOT].map(|place| call(DOCUMENT, place, answer.clone()));
    exchange([call(CHALLENGE, MCP, challenge)].into_iter().chain(places))
}

#[test]
fn the_happy_exchange_holds_without_a_remark() {
    let next = step1().judge(&shown(challenged(), &document())).unwrap();
    assert_eq!(next.resource().scopes, ["notes:read"]);
    assert!(next.seen().notes.is_empty(), "{:?}", next.seen().notes);
}

#[test]
fn the_scopes_of_the_challenge_count_when_the_document_names_none() {
    let document = changed(document(), "scopes_supported", json!(null));
    let next = step1().judge(&shown(challenged(), &document)).unwrap();
    assert_eq!(next.resource().scopes, ["a", "b"]);
}

#[test]
fn one_fault_at_a_time_in_the_challenge() {
    let bare = reply(401, &json!({}));
    for (answer, broken) in [
        (reply(403, &json!({})), "S1.challenge"),
        (reply(404, &json!({})), "S1.challenge"),
        (with(reply(302, &json!({})), "location", "/login"), "S1.challenge"),
        (bare.clone(), "S1.www_authenticate"),
        (with(bare.clone(), "www-authenticate", "Basic realm=\"a\""), "S1.www_authenticate"),
        (with(bare.clone(), "www-authenticate", "Bearer realm=\"a"), "S1.www_authenticate"),
        (with(bare.clone(), "www-authenticate", "Bearer resource_metadata=\"/mcp\""), "S1.resource_metadata"),
        (
            with(bare, "www-authenticate", "Bearer resource_metadata=\"http://mcp.example/\""),
            "S1.resource_metadata",
        ),
    ] {
        assert_eq!(rule(step1(), &shown(answer, &document())), broken);
    }
}

#[test]
fn one_fault_at_a_time_in_the_document() {
    for (member, value, broken) in [
        ("resource", json!("https://mcp.example/mcp/"), "S1.resource"),
        ("resource", json!("https://mcp.example"), "S1.resource"),
        ("resource", json!(null), "S1.resource"),
        ("authorization_servers", json!([]), "S1.authorization_servers"),
        ("authorization_servers", json!(["http://as.example"]), "S1.authorization_servers"),
        ("resource_name", json!({"en": null}), "S1.null"),
    ] {
        let exchange = shown(challenged(), &changed(document(), member, value));
        assert_eq!(rule(step1(), &exchange), broken, "{member}");
    }
}

#[test]
fn mixed_mode_and_a_missing_root_are_remarks() {
    let mut exchange = shown(reply(200, &json!({"result": {}})), &document());
    exchange.calls[2].outcome = Ok(reply(404, &json!({})));
    let next = step1().judge(&exchange).unwrap();
    assert_eq!(next.seen().notes.len(), 2, "{:?}", next.seen().notes);
}

#[test]
fn the_places_are_tried_in_the_order_of_the_specification() {
    let elsewhere =
        with(reply(401, &json!({})), "www-authenticate", "Bearer resource_metadata=\"https://x.example/p\"");
    let places = step1().places(&exchange([call(CHALLENGE, MCP, elsewhere)]));
    assert_eq!(places, ["https://x.example/p", PLACE, ROOT]);
    assert_eq!(ResourceMetadata::of("https://h.example/").unwrap().places(&Exchange::default()).len(), 1);
}

#[test]
fn only_http_urls_are_targets() {
    for target in ["mcp.example/mcp", "ftp://mcp.example", "", "mailto:a@b.example"] {
        assert!(ResourceMetadata::of(target).is_err(), "{target}");
    }
}
