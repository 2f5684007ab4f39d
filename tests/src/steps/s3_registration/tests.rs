//! The judge of step 3, shown one fault at a time.

use super::*;
use crate::{
    persona::Persona,
    steps::{
        Reached,
        fixtures::{REDIRECT, call, changed, exchange, reply, rule, step3},
    },
};

fn document() -> Value {
    json!({
        "client_id": "abc",
        "client_secret": "shh-shh",
        "client_secret_expires_at": 0,
        "redirect_uris": [REDIRECT],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "client_secret_post",
        "scope": "notes:read",
    })
}

fn shown(status: u16, document: &Value) -> Exchange {
    let mut call = call(REGISTER, "https://as.example/register", reply(status, document));
    call.body = Body(Persona::chatgpt().registration().to_string().into_bytes());
    exchange([call])
}

#[test]
fn two_statuses_are_accepted_and_one_of_them_is_remarked() {
    let next = step3().judge(&shown(201, &document())).unwrap();
    assert!(next.seen().notes.is_empty(), "{:?}", next.seen().notes);
    assert_eq!(next.client().auth.name(), "client_secret_post");
    let next = step3().judge(&shown(200, &document())).unwrap();
    assert!(next.seen().notes[0].contains("201"));
}

#[test]
fn one_fault_at_a_time() {
    for (member, value, broken) in [
        ("client_id", json!(null), "S3.client_id"),
        ("client_id", json!(""), "S3.client_id"),
        ("redirect_uris", json!(null), "S3.redirect_uris"),
        ("redirect_uris", json!(["https://chatgpt.com/"]), "S3.redirect_uris"),
        ("grant_types", json!(["refresh_token"]), "S3.grant_types"),
        ("client_secret", json!(null), "S3.secret_missing"),
        ("client_secret_expires_at", json!(null), "S3.client_secret_expires_at"),
        ("client_secret_expires_at", json!("0"), "S3.client_secret_expires_at"),
        ("token_endpoint_auth_method", json!("none"), "S3.secret_with_none"),
        ("token_endpoint_auth_method", json!("client_secret_basic"), "S3.method_unadvertised"),
        ("token_endpoint_auth_method", json!(null), "S3.method_unadvertised"),
        ("scope", json!([null]), "S3.null"),
    ] {
        let changed = changed(document(), member, value.clone());
        assert_eq!(rule(step3(), &shown(201, &changed)), broken, "{member}: {value}");
    }
}

#[test]
fn a_refused_redirect_uri_is_explained() {
    let violation = step3().judge(&shown(400, &json!({"error": "invalid_redirect_uri"}))).err().unwrap();
    assert_eq!(violation.id, "S3.status");
    assert!(violation.change.contains("REDIRECT_URIS"), "{violation}");
}
