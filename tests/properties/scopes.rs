//! Scopes: sets of words, and what is granted of them.

use std::collections::BTreeMap;

use auth_server::oauth::{
    catalogue::{Catalogue, OFFLINE_ACCESS, ResourceEntry, ScopeInWords},
    openid::{EMAIL, OPENID, PROFILE},
};
use proptest::{collection::vec, prelude::*, sample::select};
use shared::scope::Scopes;

use crate::{cases, texts::any_text};

const WORDS: [&str; 9] =
    ["notes:read", "notes:write", "meetings:read", "y", "x", OPENID, EMAIL, PROFILE, OFFLINE_ACCESS];
/// Those that go with every resource and are granted by name alone.
const BESIDE: [&str; 4] = [OPENID, EMAIL, PROFILE, OFFLINE_ACCESS];

/// Words of the pool and others of the grammar, in any order, some of them twice.
fn words() -> impl Strategy<Value = Vec<String>> {
    let any = "[!#-\\[\\]-~]{1,6}";
    vec(prop_oneof![4 => select(&WORDS).prop_map(str::to_owned), 1 => any], 0..6)
}

fn scopes() -> impl Strategy<Value = Scopes> {
    words().prop_map(|words| Scopes::from_iter(words.iter().map(String::as_str)))
}

/// A catalogue of one resource that knows some words and grants some of these by itself.
fn catalogue() -> impl Strategy<Value = (Vec<String>, Vec<String>, Catalogue)> {
    let known = prop::sample::subsequence(&WORDS[..4], 1..=4);
    known
        .prop_flat_map(|known| (prop::sample::subsequence(known.clone(), 1..=known.len()), Just(known)))
        .prop_map(|(default, known)| {
            let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
            let entry = ResourceEntry {
                resource: "https://mcp.example.com/mcp".to_owned(),
                name: "Notes".to_owned(),
                scopes: owned(&known)
                    .into_iter()
                    .map(|name| ScopeInWords {
                        words: format!("Use {name}"),
                        words_in: BTreeMap::new(),
                        optional: false,
                        name,
                    })
                    .collect(),
                default: Some(owned(&default)),
            };
            (owned(&known), owned(&default), Catalogue::new(vec![entry]).unwrap())
        })
}

fn names(scopes: &Scopes) -> Vec<&str> {
    scopes.iter().collect()
}

fn as_set(scopes: &Scopes) -> Vec<&str> {
    let mut sorted = names(scopes);
    sorted.sort_unstable();
    sorted
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn spaces_and_repetitions_make_no_difference(
        words in words(),
        gaps in vec(1_usize..5, 7),
        ends in (0_usize..3, 0_usize..3),
    ) {
        let mut text = " ".repeat(ends.0);
        for (word, gap) in words.iter().zip(&gaps) {
            text += &format!("{word}{}", " ".repeat(*gap));
        }
        text += &" ".repeat(ends.1);
        let parsed = Scopes::parse(&text).unwrap();
        prop_assert_eq!(&parsed, &Scopes::parse(&words.join(" ")).unwrap());
        let mut once = Vec::new();
        words.iter().for_each(|word| if !once.contains(&word.as_str()) { once.push(word) });
        prop_assert_eq!(names(&parsed), once);
    }

    #[test]
    fn what_is_printed_reads_back_the_same(
        text in prop_oneof![any_text(30), words().prop_map(|words| words.join("  "))]
    ) {
        let is_scope = text.bytes().all(|byte| matches!(byte, b' ' | 0x21 | 0x23..=0x5B | 0x5D..=0x7E));
        prop_assert_eq!(Scopes::parse(&text).is_ok(), is_scope);
        if let Ok(parsed) = Scopes::parse(&text) {
            let printed = parsed.to_string();
            prop_assert!(!printed.starts_with(' ') && !printed.ends_with(' ') && !printed.contains("  "));
            prop_assert_eq!(Scopes::parse(&printed), Ok(parsed));
        }
    }

    #[test]
    fn they_are_sets(a in scopes(), b in scopes(), c in scopes()) {
        let both = a.intersection(&b);
        prop_assert!(a.contains_all(&both) && b.contains_all(&both));
        let swapped = b.intersection(&a);
        prop_assert_eq!(as_set(&both), as_set(&swapped));
        prop_assert_eq!(a.intersection(&a), a.clone());
        prop_assert_eq!(a.intersection(&b).intersection(&c), a.intersection(&b.intersection(&c)));
        prop_assert_eq!(b.contains_all(&a), a.intersection(&b) == a);
        prop_assert!(a.contains_all(&Scopes::default()) && a.contains_all(&a));
        prop_assert!(!(a.contains_all(&b) && b.contains_all(&c)) || a.contains_all(&c));
        prop_assert_eq!(a.is_empty(), names(&a).is_empty());
        for word in WORDS {
            prop_assert_eq!(both.contains(word), a.contains(word) && b.contains(word));
        }
    }

    #[test]
    fn what_is_granted_is_known_and_never_nothing(
        (known, default, catalogue) in catalogue(),
        requested in scopes(),
        registered in prop::option::of(scopes()),
    ) {
        let resource = catalogue.select(None).unwrap();
        let granted = resource.grantable(&requested, registered.as_ref());
        let is_known = |name: &str| known.iter().any(|known| known == name);
        prop_assert!(granted.iter().any(is_known), "nothing that opens anything: {}", granted);
        for name in granted.iter() {
            let was_asked = requested.contains(name);
            prop_assert!(is_known(name) || (BESIDE.contains(&name) && was_asked), "{} is granted", name);
        }
        for name in BESIDE {
            prop_assert_eq!(granted.contains(name), requested.contains(name));
        }
        // Something known was asked for: then that, and no more than that.
        if requested.iter().any(is_known) {
            prop_assert!(requested.contains_all(&granted));
            prop_assert!(requested.iter().filter(|name| is_known(name)).all(|name| granted.contains(name)));
        } else if !registered.as_ref().is_some_and(|registered| registered.iter().any(is_known)) {
            let granted: Vec<&str> = granted.iter().filter(|name| is_known(name)).collect();
            prop_assert_eq!(granted, default);
        }
        prop_assert!(catalogue.scopes_supported().contains_all(&granted));
        // Granting what was granted changes nothing.
        prop_assert_eq!(resource.grantable(&granted, registered.as_ref()), granted);
    }

    #[test]
    fn a_registration_is_told_scopes_it_can_ask_for(
        (_, _, catalogue) in catalogue(),
        named in prop::option::of(scopes()),
    ) {
        let registered = catalogue.registered(named.as_ref());
        prop_assert!(!registered.is_empty());
        prop_assert!(catalogue.scopes_supported().contains_all(&registered));
    }
}
