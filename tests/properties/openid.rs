//! What a request may demand of a sign-in: any text is read, and more demands never let more in.

use std::collections::BTreeSet;

use auth_server::oauth::{
    authorization_request::AuthorizationRequest,
    code::Approval,
    openid::{Demands, Prompt, max_age},
    pkce::CodeChallenge,
    redirect::RedirectUri,
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::json;
use shared::clock::Timestamp;

use crate::{cases, texts::any_text};

const NOW: i64 = 1_000_000_000;

fn demands() -> impl Strategy<Value = Demands> {
    let age = prop::option::of(prop_oneof![Just(0_u64), 1_u64..100, any::<u64>()]);
    let subject = prop::option::of(select(vec!["ada", "eve"]).prop_map(str::to_owned));
    (any::<bool>(), age, subject).prop_map(|(login, max_age, subject)| Demands { login, max_age, subject })
}

fn admit(demands: &Demands, user: &str, age: i64) -> bool {
    demands.admit(user, Timestamp(NOW - age), Timestamp(NOW))
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn a_prompt_is_a_set_of_words(
        words in vec(
            prop_oneof![
                4 => select(vec!["none", "login", "consent", "select_account", "create", ""]).prop_map(str::to_owned),
                1 => any_text(6).prop_map(|text| text.replace(' ', "_")),
            ],
            0..5,
        )
    ) {
        let set: BTreeSet<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        let has = |word| set.contains(word);
        let expected = (!has("none") || set.len() == 1).then(|| Prompt {
            none: has("none"),
            login: has("login") || has("select_account"),
            consent: has("consent"),
        });
        prop_assert_eq!(Prompt::parse(&words.join(" ")), expected);
        let backwards: Vec<&str> = words.iter().rev().map(String::as_str).collect();
        prop_assert_eq!(Prompt::parse(&backwards.join("  ")), expected);
    }

    #[test]
    fn an_age_is_a_number_and_nothing_else(text in prop_oneof![any_text(8), "[0-9]{0,24}", "[+-]?[0-9]{1,4}"]) {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let expected = text.parse::<u128>().ok().filter(|_| is_number).and_then(|age| u64::try_from(age).ok());
        prop_assert_eq!(max_age(&text), expected);
    }

    #[test]
    fn more_demands_let_no_more_in(demands in demands(), age in -10_i64..200, user in select(vec!["ada", "eve"])) {
        prop_assert!(admit(&Demands::default(), user, age));
        let fewer = [
            Demands { login: false, ..demands.clone() },
            Demands { max_age: None, ..demands.clone() },
            Demands { subject: None, ..demands.clone() },
        ];
        if admit(&demands, user, age) {
            prop_assert!(fewer.iter().all(|fewer| admit(fewer, user, age)));
            prop_assert!(admit(&demands, user, age - 1), "a younger sign-in is refused");
            prop_assert!(demands.admit_user(user));
        }
        prop_assert!(!demands.login || !admit(&demands, user, age));
    }

    /// What was sealed before these members were there still opens, and demands nothing.
    #[test]
    fn what_was_sealed_reads_back_and_older_ones_too(
        demands in demands(),
        nonce in prop::option::of(any_text(40)),
        auth_time in prop::option::of(any::<i64>().prop_map(Timestamp)),
    ) {
        let redirect_uri = RedirectUri::parse("https://client.example/callback").unwrap();
        let challenge = CodeChallenge::parse(Some(&"a".repeat(43)), Some("S256")).unwrap();
        let request = AuthorizationRequest {
            client_id: "client".to_owned(),
            redirect_uri: redirect_uri.clone(),
            state: None,
            challenge: challenge.clone(),
            resource: "https://mcp.example/mcp".to_owned(),
            scope: "openid".to_owned(),
            browser: "browser".to_owned(),
            user: None,
            demands,
            nonce: nonce.clone(),
            ui_locales: None,
            expires_at: Timestamp(NOW),
        };
        let approval = Approval {
            grant: 1,
            tag: "tag".to_owned(),
            user: "ada".to_owned(),
            client: "client".to_owned(),
            redirect_uri,
            challenge,
            resource: "https://mcp.example/mcp".to_owned(),
            scope: "openid".to_owned(),
            asked_at: auth_time,
            expires_at: Timestamp(NOW),
            auth_time,
            nonce,
        };
        let (mut sealed, mut code) = (json!(request), json!(approval));
        prop_assert_eq!(serde_json::from_value::<AuthorizationRequest>(sealed.clone()).unwrap(), request.clone());
        prop_assert_eq!(serde_json::from_value::<Approval>(code.clone()).unwrap(), approval.clone());
        for document in [&mut sealed, &mut code] {
            let added = |name: &str| matches!(name, "demands" | "asked_at" | "auth_time" | "nonce");
            document.as_object_mut().unwrap().retain(|name, _| !added(name));
        }
        let older = AuthorizationRequest { demands: Demands::default(), nonce: None, ..request };
        prop_assert_eq!(serde_json::from_value::<AuthorizationRequest>(sealed).unwrap(), older);
        let older = Approval { asked_at: None, auth_time: None, nonce: None, ..approval };
        prop_assert_eq!(serde_json::from_value::<Approval>(code).unwrap(), older);
    }
}
