//! Parameters of queries and forms: any bytes, and no name twice.

use std::collections::BTreeMap;

use auth_server::oauth::parameters::Parameters;
use proptest::{collection::vec, prelude::*, sample::select};
use url::form_urlencoded;

use crate::{cases, texts::any_text};

fn pair() -> impl Strategy<Value = (String, String)> {
    let name = prop_oneof![
        3 => select(vec!["resource", "scope", "state", "Resource", ""]).prop_map(str::to_owned),
        1 => any_text(4),
    ];
    let value = prop_oneof![3 => select(vec!["", "x", "y", " "]).prop_map(str::to_owned), 1 => any_text(6)];
    (name, value)
}

/// Each name once with its value; none when a name comes twice. `resource` may, when it says the same.
fn model(pairs: &[(String, String)]) -> Option<BTreeMap<&str, &str>> {
    let mut once = BTreeMap::new();
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        let before = once.insert(name.as_str(), value.as_str());
        if before.is_some_and(|before| name != "resource" || before != value) {
            return None;
        }
    }
    Some(once)
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn each_name_counts_once(pairs in vec(pair(), 0..6)) {
        let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        match (Parameters::parse(text.as_bytes()), model(&pairs)) {
            (Err(_), None) => {}
            (Ok(parameters), Some(expected)) => {
                for (name, value) in &pairs {
                    let known = expected.get(name.as_str()).copied();
                    prop_assert_eq!(parameters.get(name), known, "{} has {:?}", name, value);
                }
                prop_assert_eq!(parameters.get("never sent"), None);
            }
            (read, expected) => prop_assert!(false, "{:?} where {:?} was expected", read, expected),
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in vec(any::<u8>(), 0..300), name in any_text(4)) {
        if let Ok(parameters) = Parameters::parse(&bytes) {
            prop_assert_ne!(parameters.get(&name), Some(""));
        }
    }
}
