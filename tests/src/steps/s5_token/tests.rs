//! The judge of step 5, shown one fault at a time.

use serde_json::json;

use super::*;
use crate::steps::{
    Reached,
    fixtures::{call, changed, client, exchange, reply, resource, rule, server, with},
};

fn step() -> TokenExchange {
    let new = TokenExchange::new(resource(), server(), client(), ("code".to_owned(), "verifier".to_owned()));
    new.reached(vec!["openid".to_owned(), "notes:read".to_owned()], Seen::default())
}

fn document() -> Value {
    json!({
        "access_token": "opaque",
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": "again",
        "scope": "notes:read openid",
    })
}

fn shown(document: &Value) -> Exchange {
    let reply = with(reply(200, document), "cache-control", "private, No-Store");
    exchange([call(TOKEN, "https://as.example/token", reply)])
}

#[test]
fn the_happy_answer_holds_without_a_remark() {
    let next = step().judge(&shown(&document())).unwrap();
    assert!(next.seen().notes.is_empty(), "{:?}", next.seen().notes);
}

#[test]
fn one_fault_at_a_time() {
    for (member, value, broken) in [
        ("access_token", json!(null), "S5.access_token"),
        ("token_type", json!("bearer"), "S5.token_type"),
        ("token_type", json!(null), "S5.token_type"),
        ("expires_in", json!("3600"), "S5.expires_in"),
        ("expires_in", json!(null), "S5.expires_in"),
        ("refresh_token", json!(null), "S5.refresh_token"),
        ("scope", json!("openid"), "S5.scope"),
        ("id_token", json!([null]), "S5.null"),
    ] {
        assert_eq!(rule(step(), &shown(&changed(document(), member, value))), broken, "{member}");
    }
    let cached = exchange([call(TOKEN, "https://as.example/token", reply(200, &document()))]);
    assert_eq!(rule(step(), &cached), "S5.no_store");
}

#[test]
fn a_dropped_scope_of_identity_is_a_remark_and_an_absent_one_means_all() {
    let next = step().judge(&shown(&changed(document(), "scope", json!("notes:read")))).unwrap();
    assert!(next.seen().notes[0].contains("openid"));
    let next = step().judge(&shown(&changed(document(), "scope", json!(null)))).unwrap();
    assert!(next.seen().notes.is_empty());
}

#[test]
fn an_error_is_explained() {
    let refused = reply(401, &json!({"error": "invalid_client"}));
    let violation =
        step().judge(&exchange([call(TOKEN, "https://as.example/token", refused)])).err().unwrap();
    assert!(violation.change.contains("client_secret_post"), "{violation}");
}
