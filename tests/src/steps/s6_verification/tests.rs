//! The judge of step 6, shown one fault at a time, with tokens signed here.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    refresh::{LIST_AGAIN, REFRESH},
    *,
};
use crate::steps::{
    Reached,
    fixtures::{ISSUER, MCP, call, changed, client, exchange, reply, resource, rule, server, with},
};

const NOW: i64 = 1_795_305_600;

pub(crate) fn tool(name: &str, is_open: bool) -> Tool {
    Tool { name: name.to_owned(), is_open, is_read_only: true, needs_arguments: false }
}

struct Signer(Ed25519KeyPair);

impl Signer {
    fn new() -> Signer {
        Signer(Ed25519KeyPair::generate().unwrap())
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.0.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    fn keys(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.0.public_key().as_ref());
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": x}]})
    }
}

fn header() -> Value {
    json!({"typ": "at+jwt", "alg": "EdDSA", "kid": "k"})
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "user", "aud": MCP, "client_id": "client", "scope": "notes:read",
        "iat": NOW, "exp": NOW + 3600, "jti": "1",
    })
}

fn step(access: String) -> Verification {
    let scopes = vec!["notes:read".to_owned()];
    let tokens = Tokens { access, refresh: Some("old".to_owned()), scopes, identity: None };
    Verification::new(resource(), server(), client(), (tokens, Seen::default())).at(NOW)
}

fn shown(keys: &Value) -> Exchange {
    let tools = json!([
        {"name": "create_note", "inputSchema": {"required": ["title"]}},
        {"name": "list_notes", "annotations": {"readOnlyHint": true}},
    ]);
    let tokens = json!({
        "access_token": "next", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "new",
    });
    let refreshed = with(reply(200, &tokens), "cache-control", "no-store");
    let listed = reply(200, &json!({"result": {"tools": tools}}));
    exchange([
        call(KEYS, "https://as.example/jwks", reply(200, keys)),
        call("discover", MCP, reply(200, &json!({"result": {}}))),
        call(LIST, MCP, listed.clone()),
        call(CALL, MCP, reply(200, &json!({"result": {"content": []}}))),
        call(REFRESH, "https://as.example/token", refreshed),
        call(LIST_AGAIN, MCP, listed),
    ])
}

fn place(exchange: &Exchange, name: &str) -> usize {
    exchange.calls.iter().position(|call| call.name == name).unwrap()
}

#[test]
fn the_happy_exchange_holds_without_a_remark() {
    let signer = Signer::new();
    let next = step(signer.token(&header(), &claims())).judge(&shown(&signer.keys())).unwrap();
    assert!(next.seen().notes.is_empty(), "{:?}", next.seen());
    assert!(next.seen().summary.contains("`list_notes` called"), "{:?}", next.seen());
}

#[test]
fn an_opaque_token_is_skipped_not_failed() {
    let next = step("opaque".to_owned()).judge(&shown(&json!({"keys": []}))).unwrap();
    assert!(next.seen().notes[0].starts_with("skipped"), "{:?}", next.seen());
}

#[test]
fn one_fault_at_a_time_in_the_token() {
    let signer = Signer::new();
    for (member, value, broken) in [
        ("iss", json!("https://as.example/"), "S6.token_iss"),
        ("aud", json!("https://mcp.example"), "S6.aud"),
        ("aud", json!(["https://other.example"]), "S6.aud"),
        ("aud", json!(["https://other.example", MCP]), ""),
        ("exp", json!(NOW - 61), "S6.exp"),
        ("exp", json!(null), "S6.exp"),
        ("iat", json!(NOW + 61), "S6.exp"),
        ("scope", json!("notes:write"), "S6.token_scope"),
    ] {
        let token = signer.token(&header(), &changed(claims(), member, value));
        assert_eq!(rule(step(token), &shown(&signer.keys())), broken, "{member}");
    }
    for (member, value, broken) in [
        ("typ", json!("JWT"), "S6.typ"),
        ("typ", json!("application/at+jwt"), ""),
        ("alg", json!("none"), "S6.signature"),
        ("alg", json!("HS256"), "S6.signature"),
        ("kid", json!("other"), "S6.signature"),
    ] {
        let token = signer.token(&changed(header(), member, value), &claims());
        assert_eq!(rule(step(token), &shown(&signer.keys())), broken, "{member}");
    }
    let foreign = Signer::new().token(&header(), &claims());
    assert_eq!(rule(step(foreign), &shown(&signer.keys())), "S6.signature");
}

#[test]
fn one_fault_at_a_time_around_it() {
    let signer = Signer::new();
    let refused = with(reply(401, &json!({})), "www-authenticate", "Bearer error=\"invalid_token\"");
    let stale = json!({
        "access_token": "next", "token_type": "Bearer", "expires_in": 3600, "refresh_token": "old",
    });
    let again = json!({"result": {"isError": true, "_meta": {"mcp/www_authenticate": ["Bearer"]}}});
    let private = changed(signer.keys(), "keys", json!([{"kid": "k", "d": "secret"}]));
    for (name, answer, broken) in [
        (KEYS, reply(200, &private), "S6.private_key"),
        (KEYS, reply(404, &json!({})), "S6.status"),
        ("discover", refused.clone(), "S6.token_refused"),
        (LIST, reply(200, &json!({"result": {"tools": []}})), "S6.tools"),
        (LIST, reply(200, &json!({"error": {"code": -32601}})), "S6.tools_list"),
        (CALL, reply(403, &json!({})), "S6.forbidden"),
        (CALL, reply(200, &again), "S6.insufficient_scope"),
        (REFRESH, reply(400, &json!({"error": "invalid_grant"})), "S6.status"),
        (REFRESH, with(reply(200, &stale), "cache-control", "no-store"), "S6.rotation"),
        (LIST_AGAIN, refused, "S6.token_refused"),
    ] {
        let mut exchange = shown(&signer.keys());
        let place = place(&exchange, name);
        exchange.calls[place].outcome = Ok(answer);
        assert_eq!(rule(step(signer.token(&header(), &claims())), &exchange), broken, "{name}");
    }
}
