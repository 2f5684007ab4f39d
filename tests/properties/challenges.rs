//! Challenges of the mcp-server: whatever was sent, a strict reader reads them, and the result says what the header
//! says.

use conformance::challenge::Challenge;
use proptest::{collection::vec, prelude::*, sample::select};
use reqwest::header;
use serde_json::{Value, json};

use crate::{
    cases,
    stage::{Stage, http},
    texts::{any_text, is_description},
};

/// What a caller may bring in place of a token.
fn authorization() -> impl Strategy<Value = Option<String>> {
    let garbage = "[A-Za-z0-9_.-]{0,60}".prop_map(|text| format!("Bearer {text}"));
    let text = any_text(60).prop_map(|text| format!("Bearer {text}"));
    prop_oneof![Just(None), garbage.prop_map(Some), text.prop_map(Some), any_text(60).prop_map(Some)]
}

fn call(name: &str, id: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": name, "arguments": {"title": "test"}}})
}

#[test]
fn a_challenge_is_read_by_a_strict_reader_and_told_twice() {
    let stage = Stage::start(&[]);
    let http = http();
    let metadata = format!("{}/.well-known/oauth-protected-resource/mcp", stage.world().mcp_origin());
    let name =
        prop_oneof![select(vec!["create_note", "list_notes", ""]).prop_map(str::to_owned), any_text(20)];
    let id = prop_oneof![any::<i32>().prop_map(Value::from), any_text(8).prop_map(Value::from)];
    proptest!(cases(400), |(authorization in authorization(), name in name, id in id)| {
        let mut request = http.post(stage.world().mcp_url()).json(&call(&name, &id));
        let value = authorization.map(|text| header::HeaderValue::from_bytes(text.as_bytes()));
        if let Some(Ok(value)) = value {
            request = request.header(header::AUTHORIZATION, value);
        }
        let response = stage.run(request.send()).unwrap();
        prop_assert_eq!(response.status(), 401);
        let fields: Vec<_> = response.headers().get_all(header::WWW_AUTHENTICATE).iter().cloned().collect();
        let [field] = &fields[..] else { return Err(TestCaseError::fail("not one challenge")) };
        let field = field.to_str().unwrap();
        let [challenge] = &Challenge::parse(field).unwrap()[..] else {
            return Err(TestCaseError::fail(field.to_owned()));
        };
        prop_assert_eq!(challenge.parameter("resource_metadata"), Some(&*metadata));
        let document: Value = stage.run(response.json()).unwrap();
        prop_assert_eq!(&document["id"], &id);
        prop_assert_eq!(&document["result"]["isError"], true);
        let told = document["result"]["_meta"]["mcp/www_authenticate"].as_array().unwrap();
        let [told] = &told[..] else { return Err(TestCaseError::fail("not one challenge in the result")) };
        let [in_result] = &Challenge::parse(told.as_str().unwrap()).unwrap()[..] else {
            return Err(TestCaseError::fail(told.to_string()));
        };
        prop_assert_eq!(in_result.parameter("error"), Some("invalid_token"));
        prop_assert!(is_description(in_result.parameter("error_description").unwrap()));
        prop_assert_eq!(in_result.parameter("resource_metadata"), Some(&*metadata));
        // RFC 6750 §3.1: the header names an error only where there was a token.
        prop_assert!(challenge.parameter("error").is_none() || told == field);
    });
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn what_is_written_reads_back_the_same(
        schemes in vec(("[A-Za-z-]{1,8}", vec(("[a-z_]{1,9}", any_text(20)), 1..4)), 1..3)
    ) {
        let written: Vec<Challenge> = schemes
            .into_iter()
            .map(|(scheme, parameters)| {
                let mut challenge = Challenge { scheme, token68: None, parameters: Vec::new() };
                for (name, value) in parameters {
                    if challenge.parameter(&name).is_none() {
                        let value = value.replace(|c: char| c.is_control() && c != '\t', "");
                        challenge.parameters.push((name, value));
                    }
                }
                challenge
            })
            .collect();
        let field = written.iter().map(Challenge::to_string).collect::<Vec<_>>().join(", ");
        prop_assert_eq!(Challenge::parse(&field), Ok(written));
    }

    #[test]
    fn any_field_is_read_without_a_panic(text in any_text(80)) {
        let _ = Challenge::parse(&text);
        let _ = Challenge::bearer([text.as_str()]);
    }
}
