//! The parser against what servers send, and against anything at all.

use proptest::prelude::*;

use super::*;

#[test]
fn the_samples_of_the_specification() {
    let field = "Bearer error=\"invalid_token\", error_description=\"It \\\"ended\\\"\", \
                 resource_metadata=\"https://h/.well-known/oauth-protected-resource/mcp\", scope=\"a b\"";
    let one = Challenge::bearer([field]).unwrap().unwrap();
    assert_eq!(one.parameter("ERROR"), Some("invalid_token"));
    assert_eq!(one.parameter("error_description"), Some("It \"ended\""));
    assert_eq!(one.parameter("scope"), Some("a b"));
    assert_eq!(one.to_string(), field);
}

#[test]
fn several_challenges_in_one_field() {
    let field =
        ", Newauth realm=\"apps\", type=1 , title=\"a, b\", Basic realm=simple, Negotiate YWJj==, Bare";
    let all = Challenge::parse(field).unwrap();
    let schemes: Vec<&str> = all.iter().map(|one| one.scheme.as_str()).collect();
    assert_eq!(schemes, ["Newauth", "Basic", "Negotiate", "Bare"]);
    assert_eq!(all[0].parameter("title"), Some("a, b"));
    assert_eq!(all[2].token68.as_deref(), Some("YWJj=="));
}

#[test]
fn what_is_malformed_is_told() {
    for field in [
        "Bearer realm=\"a",
        "Bearer realm=\"a\" error=\"b\"",
        "Bearer realm=a, Realm=b",
        "Bearer =a",
        "Bearer realm=\"a\u{7}\"",
        "\"Bearer\"",
        "Bearer realm=\"a\\",
    ] {
        assert!(Challenge::parse(field).is_err(), "{field}");
    }
}

fn challenge() -> impl Strategy<Value = Challenge> {
    let names = prop::collection::btree_set("[a-z_]{1,12}", 1..5);
    ("[A-Za-z][A-Za-z0-9-]{0,9}", names, prop::collection::vec("[^\\p{Cc}]{0,30}", 5)).prop_map(
        |(scheme, names, values)| Challenge {
            scheme,
            token68: None,
            parameters: names.into_iter().zip(values).collect(),
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(all in prop::collection::vec(challenge(), 1..4)) {
        let written: Vec<String> = all.iter().map(Challenge::to_string).collect();
        prop_assert_eq!(Challenge::parse(&written.join(", ")).unwrap(), all);
    }

    #[test]
    fn nothing_makes_it_panic(field in "\\PC{0,60}|[A-Za-z=\", \\\\\t]{0,40}") {
        let _ = Challenge::parse(&field);
    }
}
