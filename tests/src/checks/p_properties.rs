//! P: what holds for every input, proven by the property tests.

use super::check::{Check, checks};

pub(super) const CHECKS: &[Check] = checks! {
    "P1" "OAuth 2.1 §2.3.1" tests(
        "tests/properties/redirect.rs::only_the_port_of_a_loopback_uri_is_forgiven",
        "tests/properties/redirect.rs::one_character_apart_is_another_uri",
        "tests/properties/redirect.rs::any_bytes_are_read_without_a_panic"
    )
        "Redirect URIs match when they are equal but for a loopback port; any bytes are read";
    "P2" "OAuth 2.1 §4.1.2; RFC 9207 §2" tests(
        "tests/properties/callback.rs::a_code_comes_back_with_state_and_issuer",
        "tests/properties/callback.rs::a_refusal_comes_back_with_state_and_issuer"
    )
        "Whatever state and redirect URI, the answer reads back as it was built, with iss";
    "P3" "RFC 7636 §4.6" tests(
        "tests/properties/pkce.rs::the_verifier_fits_and_one_change_does_not",
        "tests/properties/pkce.rs::another_challenge_does_not_fit"
    )
        "Only the right verifier fits; any change fails";
    "P4" "SEP-3149; clients.md §1.4" tests("tests/properties/client_documents.rs::the_method_is_one_of_both")
        "The method is one that client and server have, whatever the order of the lists";
    "P5" "OAuth 2.1 §3.2.2" tests(
        "tests/properties/scopes.rs::what_is_granted_is_known_and_never_nothing",
        "tests/properties/scopes.rs::spaces_and_repetitions_make_no_difference",
        "tests/properties/scopes.rs::they_are_sets"
    )
        "What is granted was asked for and is known; spaces and order make no difference";
    "P6" "OAuth 2.1 §4.3.1" tests(
        "tests/properties/refresh.rs::any_history_is_that_of_the_model",
        "tests/properties/refresh.rs::any_history_without_a_grace_is_that_of_the_model",
        "tests/properties/refresh.rs::of_many_at_once_one_redeems_and_all_refresh"
    )
        "Any history of codes, refreshes and revocations is that of the model";
    "P7" "RFC 8707 §2" tests(
        "tests/properties/resource.rs::nothing_else_is_forgiven",
        "tests/properties/resource.rs::what_is_emitted_is_what_was_configured"
    )
        "Only documented spellings of a resource are equal, and the configured one is emitted";
    "P8" "RFC 9110 §11.6.1" tests(
        "tests/properties/challenges.rs::what_is_written_reads_back_the_same",
        "tests/properties/challenges.rs::a_challenge_is_read_by_a_strict_reader_and_told_twice"
    )
        "Any challenge reads back as it was written, and is the same in _meta";
    "P9" "RFC 9068 §4" tests(
        "tests/properties/tokens.rs::a_changed_token_lets_nobody_in",
        "tests/properties/tokens.rs::a_changed_part_lets_nobody_in",
        "tests/properties/tokens.rs::parts_of_two_tokens_are_no_token"
    )
        "No changed token lets anybody in";
    "P10" "RFC 8414 §3.2" left("the settings are checked by examples, not for every configuration")
        "Every configuration that starts publishes metadata that passes group C";
    "P11" "AS-59" tests(
        "tests/properties/addresses.rs::a_special_address_is_reached_in_no_form",
        "tests/properties/addresses.rs::an_address_is_judged_alike_in_every_form"
    )
        "No spelling of a host reaches a private address";
    "P12" "RFC 8725 §2.4" tests(
        "tests/properties/parameters.rs::any_bytes_are_read_without_a_panic",
        "tests/properties/registration.rs::any_text_is_read_without_a_panic",
        "tests/properties/client_documents.rs::any_bytes_are_read_without_a_panic",
        "tests/e2e/bad_input/sizes.rs::a_body_that_is_too_large_is_answered"
    )
        "Any bytes are read without a panic and within bounds";
    "P13" "RFC 9068 §4" tests(
        "tests/properties/tokens.rs::a_token_ends_on_the_second_its_leeway_does",
        "tests/properties/time.rs::a_clock_that_steps_back_ends_nothing",
        "tests/properties/time.rs::codes_and_tokens_end_on_the_second"
    )
        "Everything ends on its second, and a clock that steps back revives nothing";
};
