//! Client assertions: what the client signed holds within its bounds, and nothing made out of it does.

use auth_server::{
    clients::assertion::{AssertionFault, Audience, ClaimedAssertion, Use},
    oauth::client::KeySource,
};
use conformance::assertion::{Algorithm, Signer};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value, json};
use shared::clock::Timestamp;

use crate::{
    cases,
    texts::{almost, any_text},
};

const NOW: i64 = 1_795_305_600;
const CLIENT: &str = "client";
const ISSUER: &str = "https://auth.example";
const TOKEN: &str = "https://auth.example/oauth/token";

fn judge(signer: &Signer, text: &str) -> Result<Use, AssertionFault> {
    let keys = KeySource::read(Some(&signer.jwks()), None).unwrap().inline().unwrap();
    let audience = Audience::new(ISSUER, [TOKEN.to_owned()]);
    ClaimedAssertion::read(text)?.verify(CLIENT, &keys, &audience, Timestamp(NOW))
}

/// The sender is told nothing of it, but the log is, and each test of the wire must break the rule it means to break.
#[test]
fn each_broken_rule_is_named() {
    let (signer, other) =
        (Signer::fresh(Algorithm::Es256).unwrap(), Signer::fresh(Algorithm::Es256).unwrap());
    let claims = || signer.claims(CLIENT, ISSUER, Timestamp(NOW));
    let with = |name: &str, value: Value| signer.sign(&claims().with(name, value)).unwrap();
    let header = |name: &str, value: Value| signer.sign(&claims().with_header(name, value)).unwrap();
    for (text, fault) in [
        (with("sub", Value::Null), AssertionFault::Malformed),
        (header("alg", json!("none")), AssertionFault::Malformed),
        (header("alg", json!("HS256")), AssertionFault::Algorithm),
        (header("alg", json!("RS512")), AssertionFault::Algorithm),
        (header("crit", json!(["exp"])), AssertionFault::Critical),
        (header("alg", json!("RS256")), AssertionFault::Signature),
        (other.sign(&claims()).unwrap(), AssertionFault::Signature),
        (with("exp", Value::Null), AssertionFault::Signature),
        (with("jti", json!(1)), AssertionFault::Signature),
        (with("iss", json!("other")), AssertionFault::Subject),
        (with("sub", json!("other")), AssertionFault::Subject),
        (with("aud", json!([])), AssertionFault::Audience),
        (with("aud", json!([ISSUER, "https://evil.example"])), AssertionFault::Audience),
        (with("exp", json!(NOW - 30)), AssertionFault::Expired),
        (with("exp", json!(NOW + 3_631)), AssertionFault::FarAhead),
        (with("iat", json!(NOW + 31)), AssertionFault::NotYet),
        (with("nbf", json!(NOW + 31)), AssertionFault::NotYet),
        (with("jti", json!("")), AssertionFault::Id),
        (with("jti", json!("x".repeat(257))), AssertionFault::Id),
    ] {
        assert_eq!(judge(&signer, &text).unwrap_err(), fault, "{text}");
    }
}

#[test]
fn a_changed_assertion_does_not_hold() {
    for algorithm in Algorithm::ALL {
        let signer = Signer::fresh(algorithm).unwrap();
        let good = signer.assertion(CLIENT, ISSUER, Timestamp(NOW)).unwrap();
        assert!(judge(&signer, &good).is_ok());
        proptest!(cases(200), |(changed in almost(&good))| {
            prop_assert!(judge(&signer, &changed).is_err(), "{}", changed);
        });
    }
}

#[test]
fn any_text_is_judged_without_a_panic() {
    let signer = Signer::fresh(Algorithm::EdDsa).unwrap();
    proptest!(cases(500), |(text in any_text(80), parts in vec("[A-Za-z0-9_-]{0,40}", 0..5))| {
        prop_assert!(judge(&signer, &text).is_err());
        prop_assert!(judge(&signer, &parts.join(".")).is_err());
    });
}

/// Seconds from now, most of them where something begins or ends.
fn offset() -> impl Strategy<Value = i64> {
    prop_oneof![
        -40..=40_i64,
        3_590..=3_640_i64,
        select(vec![-31, -30, -29, 0, 30, 31, 3_630, 3_631]),
        any::<i32>().prop_map(i64::from),
    ]
}

#[test]
fn it_holds_between_its_instants_and_no_longer_than_an_hour() {
    let signer = Signer::fresh(Algorithm::EdDsa).unwrap();
    proptest!(cases(500), |(exp in offset(), iat in option::of(offset()), nbf in option::of(offset()))| {
        let at = |offset: Option<i64>| offset.map_or(Value::Null, |offset| json!(NOW + offset));
        let claims = signer.claims(CLIENT, ISSUER, Timestamp(NOW)).with("exp", NOW + exp);
        let claims = claims.with("iat", at(iat)).with("nbf", at(nbf));
        let judged = judge(&signer, &signer.sign(&claims).unwrap());
        let holds = exp > -30 && exp <= 3_630 && [iat, nbf].into_iter().flatten().all(|at| at <= 30);
        prop_assert_eq!(judged.is_ok(), holds, "{:?}", judged.err());
        // It is remembered for as long as it could be used again.
        if let Ok(used) = judged {
            prop_assert_eq!(used.expires_at, Timestamp(NOW + exp + 30));
        }
    });
}

#[test]
fn it_is_meant_for_this_server_and_nobody_else() {
    let signer = Signer::fresh(Algorithm::EdDsa).unwrap();
    let ours = [ISSUER, "https://auth.example/", TOKEN];
    let name = || {
        let other = ["https://auth.example//", "https://auth.example.evil", "HTTPS://AUTH.EXAMPLE", ""];
        prop_oneof![3 => select(ours.to_vec()), 1 => select(other.to_vec())].prop_map(str::to_owned)
    };
    proptest!(cases(300), |(names in vec(prop_oneof![9 => name(), 1 => any_text(20)], 0..4), alone: bool)| {
        let audience = if alone && names.len() == 1 { json!(names[0]) } else { json!(names) };
        let claims = signer.claims(CLIENT, ISSUER, Timestamp(NOW)).with("aud", audience);
        let holds = !names.is_empty() && names.iter().all(|name| ours.contains(&name.as_str()));
        prop_assert_eq!(judge(&signer, &signer.sign(&claims).unwrap()).is_ok(), holds, "{:?}", names);
    });
}

/// No two uses are the same to the store unless client and `jti` are.
#[test]
fn a_use_is_its_client_and_its_jti() {
    let signer = Signer::fresh(Algorithm::EdDsa).unwrap();
    let id = |client: &str, jti: &str| {
        let claims = signer.claims(client, ISSUER, Timestamp(NOW)).with("jti", jti);
        let text = signer.sign(&claims).unwrap();
        let keys = KeySource::read(Some(&signer.jwks()), None).unwrap().inline().unwrap();
        let audience = Audience::new(ISSUER, []);
        ClaimedAssertion::read(&text).unwrap().verify(client, &keys, &audience, Timestamp(NOW)).unwrap().id
    };
    let client = || select(vec!["a", "b", "ab", "a-b"]);
    proptest!(cases(200), |(one in client(), other in client(), first in "[ab\0-]{1,4}", second in "[ab\0-]{1,4}")| {
        let same = one == other && first == second;
        prop_assert_eq!(id(one, &first) == id(other, &second), same, "{:?} {:?}", first, second);
    });
}
