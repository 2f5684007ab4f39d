//! The judge of step 2, shown one fault at a time.

use serde_json::{Value, json};

use super::*;
use crate::steps::{
    Reached,
    fixtures::{ISSUER, call, changed, exchange, reply, rule, step2},
};

fn document() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://as.example/authorize",
        "token_endpoint": "https://as.example/token",
        "registration_endpoint": "https://as.example/register",
        "jwks_uri": "https://as.example/jwks",
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    })
}

fn shown(document: &Value) -> Exchange {
    exchange([call(DOCUMENT, &places(ISSUER)[0], reply(200, document))])
}

#[test]
fn the_happy_document_holds_without_a_remark() {
    let next = step2().judge(&shown(&document())).unwrap();
    assert!(next.server().sends_iss && next.seen().notes.is_empty(), "{:?}", next.seen());
    assert_eq!(next.server().auth_methods, ["client_secret_basic"], "the default of RFC 8414");
}

#[test]
fn one_fault_at_a_time() {
    for (member, value, broken) in [
        ("issuer", json!("https://as.example/"), "S2.issuer"),
        ("issuer", json!("https://AS.example"), "S2.issuer"),
        ("issuer", json!(null), "S2.issuer"),
        ("code_challenge_methods_supported", json!(null), "S2.s256"),
        ("code_challenge_methods_supported", json!(["plain"]), "S2.s256"),
        ("response_types_supported", json!(["token"]), "S2.response_types_supported"),
        ("authorization_endpoint", json!("/authorize"), "S2.authorization_endpoint"),
        ("token_endpoint", json!("http://as.example/token"), "S2.token_endpoint"),
        ("registration_endpoint", json!(null), "S2.registration_endpoint"),
        ("jwks_uri", json!("jwks"), "S2.jwks_uri"),
        ("service_documentation", json!([null]), "S2.null"),
    ] {
        assert_eq!(rule(step2(), &shown(&changed(document(), member, value))), broken, "{member}");
    }
}

#[test]
fn a_document_at_no_place_is_told_by_the_first_place() {
    let missing = places(ISSUER).into_iter().map(|place| call(DOCUMENT, &place, reply(404, &json!({}))));
    let violation = step2().judge(&exchange(missing)).unwrap_err();
    assert_eq!(violation.id, "S2.status");
    assert!(violation.expected.contains("/.well-known/oauth-authorization-server"), "{violation}");
}

#[test]
fn without_iss_the_redirect_uri_is_a_remark() {
    let document = changed(document(), "authorization_response_iss_parameter_supported", json!(false));
    let next = step2().judge(&shown(&document)).unwrap();
    assert!(!next.server().sends_iss);
    assert!(next.seen().notes[0].contains("connector/oauth"), "{:?}", next.seen().notes);
}

#[test]
fn an_issuer_with_a_path_has_three_places() {
    assert_eq!(places("https://as.example/").len(), 2);
    assert_eq!(
        places("https://as.example/tenant1/"),
        [
            "https://as.example/.well-known/oauth-authorization-server/tenant1",
            "https://as.example/.well-known/openid-configuration/tenant1",
            "https://as.example/tenant1/.well-known/openid-configuration",
        ]
    );
}
