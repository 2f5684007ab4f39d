//! Registrations: any body is answered, and what was registered is found again from the `client_id` alone.

use std::cell::Cell;

use auth_server::{
    clients::FindError,
    flow::register::register,
    oauth::{allowlist::Allowlist, client::ClientMetadata, client_metadata::RegistrationRequest},
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};
use shared::clock::Timestamp;

use crate::{
    cases, redirect,
    stage::Stage,
    texts::{any_text, is_description},
};

mod known;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "authorization_code",
            "refresh_token",
            "password",
            "code",
            "token",
            "none",
            "client_secret_post",
            "client_secret_basic",
            "private_key_jwt",
            "web",
            "native",
            "notes:read notes:write",
            "openid",
            " ",
            "",
        ])
        .prop_map(str::to_owned),
        redirect::uri(),
        any_text(120),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((text(), inner), 0..4).prop_map(|pairs| pairs.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

/// A body that is almost, and often wholly, a registration.
fn body() -> impl Strategy<Value = Value> {
    let name = select(vec![
        "client_name",
        "token_endpoint_auth_method",
        "grant_types",
        "response_types",
        "application_type",
        "scope",
        "redirect_uris",
        "jwks",
        "logo_uri",
    ]);
    let usual = prop_oneof![text().prop_map(Value::from), vec(text(), 0..3).prop_map(Value::from)];
    let member = (name, prop_oneof![3 => usual, 1 => value()]);
    let uris = prop_oneof![
        4 => vec(redirect::uri(), 1..14).prop_map(|uris| uris.into_iter().map(plain).collect::<Value>()),
        1 => vec(text(), 0..40).prop_map(Value::from),
    ];
    (uris, vec(member, 0..3)).prop_map(|(uris, members)| {
        let mut body = Map::from_iter([("redirect_uris".to_owned(), uris)]);
        body.extend(members.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Value::from(body)
    })
}

/// A URI that can be registered in place of one that cannot.
fn plain(uri: String) -> String {
    let allowed = Allowlist::parse("").unwrap();
    let read = auth_server::oauth::redirect::RedirectUri::parse(&uri);
    if read.is_ok_and(|uri| allowed.admits(&uri)) { uri } else { format!("http://127.0.0.1/{}", uri.len()) }
}

fn admit(body: &Value) -> Option<ClientMetadata> {
    let request: RegistrationRequest = serde_json::from_value(body.clone()).ok()?;
    request.admit(&Allowlist::parse("").unwrap(), Timestamp(1_795_305_600)).ok()
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn what_is_admitted_reads_back_the_same(body in body()) {
        if let Some(metadata) = admit(&body) {
            prop_assert_eq!(ClientMetadata::from_text(&metadata.to_text()), Some(metadata.clone()));
            prop_assert!(!metadata.redirect_uris.is_empty());
            prop_assert!(!metadata.display_name().chars().any(char::is_control));
        }
    }

    #[test]
    fn a_refusal_can_be_told(
        body in prop_oneof![
            body(),
            value(),
            any_text(6).prop_map(|host| json!({"redirect_uris": [format!("https://h{host}.example/cb")]})),
        ]
    ) {
        let Ok(request) = serde_json::from_value::<RegistrationRequest>(body) else { return Ok(()) };
        if let Err(refusal) = request.admit(&Allowlist::parse("").unwrap(), Timestamp(0)) {
            prop_assert!(is_description(&refusal.to_string()), "{}", refusal);
            prop_assert_eq!(refusal.code().status(), 400);
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in any_text(80), lines in vec(text(), 0..8)) {
        let _ = ClientMetadata::from_text(&text);
        if let Some(metadata) = ClientMetadata::from_text(&lines.join("\n")) {
            prop_assert_eq!(ClientMetadata::from_text(&metadata.to_text()), Some(metadata));
        }
    }
}

#[test]
fn many_bodies_are_admitted() {
    // Otherwise the properties above would say nothing.
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let admitted = (0..200).filter(|_| {
        let body = proptest::strategy::ValueTree::current(&body().new_tree(&mut runner).unwrap());
        admit(&body).is_some()
    });
    assert!(admitted.count() > 50);
}

#[test]
fn every_client_is_found_by_its_id_alone() {
    let stage = Stage::start(&[]);
    let app = stage.app();
    let (sealed, stored) = (Cell::new(0), Cell::new(0));
    proptest!(cases(150), |(body in body())| {
        let registered = stage.run(register(app, body.to_string().as_bytes()));
        let Ok((client, secret)) = registered else { return Ok(()) };
        let form = if client.id.starts_with("dcr_") { &sealed } else { &stored };
        form.update(|count| count + 1);
        prop_assert!(client.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        let found = stage.run(app.clients.find(&client.id)).expect("it was just registered");
        prop_assert_eq!(&found.metadata, &client.metadata);
        prop_assert_eq!(app.clients.secret(&found), secret.clone());
        if let Some(secret) = secret {
            prop_assert!(app.clients.is_secret(&found, &secret));
            let longer = secret + "A";
            prop_assert!(!app.clients.is_secret(&found, &longer));
        } else {
            prop_assert!(!app.clients.is_secret(&found, ""));
        }
        let longer = client.id + "A";
        prop_assert!(matches!(stage.run(app.clients.find(&longer)), Err(FindError::Unknown)));
    });
    assert!(sealed.get() > 0 && stored.get() > 0, "{sealed:?} sealed, {stored:?} stored");
}

#[test]
fn any_body_is_answered() {
    let stage = Stage::start(&[]);
    proptest!(cases(300), |(bytes in vec(any::<u8>(), 0..200), value in value())| {
        prop_assert!(stage.run(register(stage.app(), &bytes)).is_err());
        let _ = stage.run(register(stage.app(), value.to_string().as_bytes()));
    });
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(stage.run(register(stage.app(), deep.as_bytes())).is_err());
    assert!(stage.run(register(stage.app(), json!({}).to_string().as_bytes())).is_err());
}
