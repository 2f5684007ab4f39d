//! Ids, codes, tokens, e-mails and passwords that nobody was given: each is refused like any other, and none is too odd.

use auth_server::{
    flow::authorize::{Authorization, Start, authorize},
    login::browser::Browser,
};
use proptest::{prelude::*, sample::select};
use reqwest::StatusCode;
use serde_json::Value;
use url::form_urlencoded;

use super::{Sent, read};
use crate::{
    cases,
    stage::{REDIRECT, Stage, http, parameters},
    texts::any_text,
};

/// Anything, and often something that begins as the real ones do.
fn guess() -> impl Strategy<Value = String> {
    (select(vec!["", "dcr_", "dcs_", "https://"]), any_text(30))
        .prop_map(|(start, rest)| format!("{start}{rest}"))
}

fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Sends a form and gives status and `error`.
fn post(stage: &Stage, http: &reqwest::Client, path: &str, pairs: &[(&str, &str)]) -> (u16, String) {
    let sent = Sent::post(path, form(pairs).as_bytes());
    let response = stage.run(sent.to(stage.world().issuer(), http));
    let status = response.status().as_u16();
    let document: Value = serde_json::from_slice(&stage.run(read(response))).unwrap();
    (status, document["error"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_guessed_client_is_unknown() {
    let stage = Stage::start(&[]);
    let http = http();
    proptest!(cases(300), |(id in guess())| {
        let unknown = match id.is_empty() {
            true => (400, "invalid_request".to_owned()),
            false => (401, "invalid_client".to_owned()),
        };
        let asked = [("grant_type", "refresh_token"), ("client_id", &*id), ("refresh_token", "x")];
        prop_assert_eq!(post(&stage, &http, "/oauth/token", &asked), unknown.clone());
        prop_assert_eq!(post(&stage, &http, "/oauth/revoke", &[("client_id", &*id), ("token", "x")]), unknown);
        let page = Sent::get("/oauth/authorize", &form(&[("client_id", &*id), ("redirect_uri", REDIRECT)]));
        let response = stage.run(page.to(stage.world().issuer(), &http));
        prop_assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    });
}

#[test]
fn a_guessed_code_or_token_is_no_grant() {
    let stage = Stage::start(&[]);
    let (http, owner) = (http(), stage.client("client"));
    proptest!(cases(300), |(guess in any_text(60).prop_filter("empty", |text| !text.is_empty()))| {
        let refused = (400, "invalid_grant".to_owned());
        let asked = [("grant_type", "refresh_token"), ("client_id", &owner.id), ("refresh_token", &guess)];
        prop_assert_eq!(post(&stage, &http, "/oauth/token", &asked), refused.clone());
        let asked = [
            ("grant_type", "authorization_code"), ("client_id", &owner.id), ("code", &guess),
            ("code_verifier", &guess),
        ];
        prop_assert_eq!(post(&stage, &http, "/oauth/token", &asked), refused);
        // RFC 7009 §2.2: a token nobody knows is no error, unless it looks like one that cannot be revoked.
        let (status, error) = post(&stage, &http, "/oauth/revoke", &[("client_id", &owner.id), ("token", &guess)]);
        let expected = if guess.split('.').count() == 3 { (400, "unsupported_token_type") } else { (200, "") };
        prop_assert_eq!((status, &*error), expected);
    });
}

#[test]
fn guessed_credentials_show_the_page_again() {
    let stage = Stage::start(&[]);
    let (http, owner) = (http(), stage.client("client"));
    let app = stage.app();
    let browser = stage.run(Browser::recognize(&app.store, None, &app.clock)).unwrap();
    let asked = parameters(&[
        ("client_id", &owner.id),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ]);
    let Ok(Authorization::Ask(ask)) = stage.run(authorize(app, &asked, &browser, Start::Direct)) else {
        panic!("the request is not in order");
    };
    let cookie = format!("gatehouse={}", browser.new_cookie.clone().unwrap());
    let email = prop_oneof![2 => Just("person@example.com".to_owned()), 3 => any_text(30)];
    proptest!(cases(150), |(email in email, password in any_text(30))| {
        let decision = form(&[
            ("request", &ask.sealed), ("decision", "allow"), ("email", &email), ("password", &password),
        ]);
        let mut sent = Sent::post("/oauth/decision", decision.as_bytes());
        sent.headers.push(("cookie", cookie.clone()));
        let response = stage.run(sent.to(stage.world().issuer(), &http));
        prop_assert_eq!(response.status(), StatusCode::FORBIDDEN);
        prop_assert!(!response.headers().contains_key("location") && !response.headers().contains_key("set-cookie"));
    });
}
