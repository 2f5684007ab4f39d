//! PKCE: the verifier that made the challenge, and no other text.

use auth_server::oauth::pkce::CodeChallenge;
use conformance::pkce::Pkce;
use proptest::prelude::*;

use crate::{
    cases,
    texts::{almost, any_text},
};

const VERIFIER: &str = "[A-Za-z0-9._~-]{43,128}";

fn challenge(text: &str) -> CodeChallenge {
    CodeChallenge::parse(Some(text), Some("S256")).unwrap()
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn the_verifier_fits_and_one_change_does_not(
        (verifier, other) in VERIFIER.prop_flat_map(|text| (Just(text.clone()), almost(&text)))
    ) {
        let challenge = challenge(&Pkce::of(verifier.clone()).challenge);
        prop_assert!(challenge.is_met_by(&verifier));
        prop_assert!(!challenge.is_met_by(&other));
    }

    #[test]
    fn another_challenge_does_not_fit(
        (verifier, changed) in VERIFIER.prop_flat_map(|verifier| {
            let pair = Pkce::of(verifier);
            (Just(pair.verifier), almost(&pair.challenge))
        })
    ) {
        let fits = CodeChallenge::parse(Some(&changed), Some("S256")).is_ok_and(|own| own.is_met_by(&verifier));
        prop_assert!(!fits, "{} fits {}", changed, verifier);
    }

    #[test]
    fn a_verifier_outside_the_grammar_never_fits(
        text in prop_oneof!["[A-Za-z0-9._~-]{0,42}", "[A-Za-z0-9._~-]{129,200}", any_text(128)]
    ) {
        let is_verifier = (43..=128).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c));
        let challenge = challenge(&Pkce::of(text.clone()).challenge);
        prop_assert_eq!(challenge.is_met_by(&text), is_verifier);
    }

    #[test]
    fn a_challenge_is_of_one_method_and_of_the_grammar(
        text in prop_oneof![VERIFIER.boxed(), any_text(140).boxed()],
        method in prop::option::of(prop_oneof!["S256", "s256", "plain", "S512", "", any_text(5)]),
    ) {
        let is_grammatical = (43..=128).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c));
        let parsed = CodeChallenge::parse(Some(&text), method.as_deref());
        prop_assert_eq!(parsed.is_ok(), is_grammatical && method.as_deref() == Some("S256"));
        prop_assert!(CodeChallenge::parse(None, method.as_deref()).is_err());
        // `plain` by another name: a challenge that is its own verifier.
        prop_assert!(!parsed.is_ok_and(|challenge| challenge.is_met_by(&text)));
    }
}
