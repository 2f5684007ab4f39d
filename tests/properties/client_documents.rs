//! Metadata documents of clients: whatever is published, what is read from it keeps the rules.

use auth_server::oauth::{
    client::{AuthMethod, Client},
    client_document::{self, DocumentFault},
    client_id_url::{ClientIdUrl, Reach},
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value, json};
use shared::clock::Timestamp;

use crate::{cases, texts::any_text};

const ID: &str = "https://client.example/oauth/client.json";
/// What a document may name: ours, others', and nonsense.
const METHODS: [&str; 5] = ["none", "private_key_jwt", "tls_client_auth", "attest_jwt_client_auth", "NONE"];

fn read(document: &[u8], ours: &[AuthMethod]) -> Result<Client, DocumentFault> {
    let url = ClientIdUrl::parse(ID, Reach::Internet).unwrap();
    client_document::read(document, &url, ours, Timestamp(0))
}

fn document(single: Option<&str>, list: Option<&[&str]>, has_keys: bool) -> Vec<u8> {
    let mut document =
        json!({"client_id": ID, "client_name": "C", "redirect_uris": ["https://client.example/cb"]});
    if let Some(single) = single {
        document["token_endpoint_auth_method"] = json!(single);
    }
    if let Some(list) = list {
        document["token_endpoint_auth_methods_supported"] = json!(list);
    }
    if has_keys {
        document["jwks_uri"] = json!("https://client.example/jwks.json");
    }
    document.to_string().into_bytes()
}

fn methods() -> impl Strategy<Value = Vec<&'static str>> {
    vec(select(&METHODS[..]), 0..5)
}

fn ours() -> impl Strategy<Value = Vec<AuthMethod>> {
    select(vec![
        vec![AuthMethod::None],
        vec![AuthMethod::PrivateKeyJwt],
        vec![AuthMethod::None, AuthMethod::PrivateKeyJwt],
        AuthMethod::ALL.to_vec(),
    ])
}

/// Any JSON, with members a document has.
fn any_json() -> impl Strategy<Value = Value> {
    const NAMES: [&str; 13] = [
        "client_id",
        "client_name",
        "redirect_uris",
        "token_endpoint_auth_method",
        "jwks",
        "jwks_uri",
        "keys",
        "scope",
        "token_endpoint_auth_methods_supported",
        "grant_types",
        "application_type",
        "client_secret",
        "other",
    ];
    const TEXTS: [&str; 10] = [
        ID,
        "none",
        "private_key_jwt",
        "client_secret_post",
        "https://client.example/cb",
        "http://localhost/cb",
        "http://client.example/cb",
        "authorization_code",
        "web",
        "",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any_text(10).prop_map(Value::from),
        select(&TEXTS[..]).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 40, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((select(&NAMES[..]), inner), 0..12).prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

fn keeps_the_rules(client: &Client) -> Result<(), TestCaseError> {
    prop_assert_eq!(&client.id, ID);
    prop_assert_eq!(client.document_host(), Some("client.example"));
    prop_assert!((1..=32).contains(&client.metadata.redirect_uris.len()));
    for uri in &client.metadata.redirect_uris {
        prop_assert!(uri.as_str().starts_with("https://") || uri.is_loopback(), "{:?}", uri);
    }
    prop_assert!(client.metadata.name.as_ref().is_some_and(|name| !name.is_empty() && name.len() <= 400));
    prop_assert!(client.auth_methods.contains(&client.metadata.auth_method));
    prop_assert!(client.auth_methods.iter().all(|method| !method.has_secret()));
    prop_assert!(!client.auth_methods.contains(&AuthMethod::PrivateKeyJwt) || client.metadata.keys.is_some());
    Ok(())
}

proptest! {
    #![proptest_config(cases(2000))]

    /// The choice against the rule in words: in common, the preferred one first, refused when there is none.
    #[test]
    fn the_method_is_one_of_both(
        (single, list) in (option::of(select(&METHODS[..])), option::of(methods())),
        (ours, has_keys) in (ours(), any::<bool>())
    ) {
        let theirs = list.clone().unwrap_or_else(|| vec![single.unwrap_or("none")]);
        let in_common = |method: &AuthMethod| {
            ours.contains(method)
                && theirs.contains(&method.as_str())
                && (has_keys || *method != AuthMethod::PrivateKeyJwt)
        };
        let expected: Vec<AuthMethod> = AuthMethod::ALL.into_iter().filter(in_common).collect();
        let seen = read(&document(single, list.as_deref(), has_keys), &ours);
        if expected.is_empty() {
            prop_assert_eq!(seen.err(), Some(DocumentFault::AuthMethods));
            return Ok(());
        }
        let client = seen.unwrap();
        keeps_the_rules(&client)?;
        prop_assert_eq!(&client.auth_methods, &expected);
        if let Some(named) = single.and_then(AuthMethod::parse).filter(|method| expected.contains(method)) {
            prop_assert_eq!(client.metadata.auth_method, named);
        }
        let backwards: Option<Vec<&str>> = list.map(|list| list.into_iter().rev().collect());
        let other = read(&document(single, backwards.as_deref(), has_keys), &ours).unwrap();
        prop_assert_eq!((other.auth_methods, other.metadata.auth_method), (expected, client.metadata.auth_method));
    }

    /// One method that needs a secret spoils the whole document, wherever it stands.
    #[test]
    fn a_method_with_a_secret_is_refused(
        (before, after) in (methods(), methods()),
        secret in select(&["client_secret_basic", "client_secret_post", "client_secret_jwt"][..]),
        as_single in any::<bool>()
    ) {
        let list = [before, if as_single { vec![] } else { vec![secret] }, after].concat();
        let document = document(as_single.then_some(secret), Some(&list), true);
        prop_assert_eq!(read(&document, &AuthMethod::ALL).err(), Some(DocumentFault::Secret));
    }

    #[test]
    fn whatever_is_read_keeps_the_rules(members in any_json(), is_near in any::<bool>()) {
        let mut document = members;
        if is_near && document.is_object() {
            for (name, value) in [("client_id", json!(ID)), ("client_name", json!("C"))] {
                document[name] = value;
            }
            document["redirect_uris"] = json!(["http://localhost/cb"]);
        }
        if let Ok(client) = read(document.to_string().as_bytes(), &AuthMethod::ALL) {
            keeps_the_rules(&client)?;
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(
        bytes in vec(any::<u8>(), 0..200),
        (place, byte) in (any::<prop::sample::Index>(), any::<u8>())
    ) {
        let _ = read(&bytes, &AuthMethod::ALL);
        let mut changed = document(Some("none"), Some(&["none"]), true);
        *place.get_mut(&mut changed) = byte;
        if let Ok(client) = read(&changed, &AuthMethod::ALL) {
            keeps_the_rules(&client)?;
        }
    }
}
