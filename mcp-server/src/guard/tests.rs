//! Tokens good and bad against a real issuer on a socket, and an issuer that changes its keys or goes away.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use ring::hmac;
use serde_json::{Value, json};

use super::*;
use crate::testing::{House, header, public_key, sign};

async fn admit(house: &House, token: &str) -> Result<Arc<Visitor>, Denial> {
    house.app.mcp.guard.admit([format!("Bearer {token}").as_bytes()]).await
}

async fn flaw(house: &House, token: &str) -> Flaw {
    match admit(house, token).await {
        Err(Denial::Invalid(flaw)) => flaw,
        outcome => panic!("{outcome:?}"),
    }
}

fn with(mut value: Value, name: &str, member: Value) -> Value {
    value[name] = member;
    value
}

#[actix_web::test]
async fn a_good_token_lets_its_user_in() {
    let house = House::open(&[]).await;
    let visitor = admit(&house, &house.issuer.token(&house.clock, "notes:read  notes:write")).await.unwrap();
    assert_eq!(visitor.sub, "ada");
    assert_eq!(visitor.scopes.to_string(), "notes:read notes:write");
    let several = with(
        house.issuer.claims(&house.clock, ""),
        "aud",
        json!(["https://a.example", "HTTP://LOCALHOST:8000/mcp"]),
    );
    assert!(admit(&house, &sign(0, &header(), &several)).await.is_ok());
    for typ in ["AT+JWT", "application/at+jwt"] {
        let header = with(header(), "typ", typ.into());
        assert!(admit(&house, &sign(0, &header, &several)).await.is_ok(), "{typ}");
    }
}

#[actix_web::test]
async fn each_flaw_of_the_header_has_its_reason() {
    let house = House::open(&[]).await;
    let claims = house.issuer.claims(&house.clock, "notes:read");
    for (name, value, reason) in [
        ("typ", json!("JWT"), Flaw::Type),
        ("typ", json!(null), Flaw::Type),
        ("typ", json!("application/jwt"), Flaw::Type),
        ("alg", json!("none"), Flaw::Malformed),
        ("alg", json!("PS256"), Flaw::Algorithm),
        ("crit", json!(["exp"]), Flaw::Algorithm),
        ("kid", json!(null), Flaw::Key),
        ("kid", json!("third"), Flaw::Key),
        // Signed with the first key all the same.
        ("kid", json!("second"), Flaw::Key),
    ] {
        let token = sign(0, &with(header(), name, value.clone()), &claims);
        assert_eq!(flaw(&house, &token).await, reason, "{name}: {value}");
    }
    // A key the token brings along opens nothing.
    let own = with(header(), "jwk", public_key(1));
    assert_eq!(flaw(&house, &sign(1, &own, &claims)).await, Flaw::Signature);
}

#[actix_web::test]
async fn each_flaw_of_the_claims_has_its_reason() {
    let house = House::open(&[]).await;
    let claims = house.issuer.claims(&house.clock, "notes:read");
    let now = house.clock.now().seconds();
    for (name, value, reason) in [
        ("iss", json!(format!("{}/", house.issuer.name)), Flaw::Issuer),
        ("aud", json!("http://localhost:8000/mcp/"), Flaw::Audience),
        ("aud", json!("http://localhost:8000/sse"), Flaw::Audience),
        ("aud", json!([]), Flaw::Audience),
        ("aud", json!(null), Flaw::Claims),
        ("sub", json!(null), Flaw::Claims),
        ("sub", json!(""), Flaw::Claims),
        ("jti", json!(null), Flaw::Claims),
        ("scope", json!("a\"b"), Flaw::Claims),
        ("exp", json!("soon"), Flaw::Claims),
        ("exp", json!(now - 31), Flaw::Expired),
        ("nbf", json!(now + 31), Flaw::Early),
        ("iat", json!(now + 31), Flaw::Early),
    ] {
        let token = sign(0, &header(), &with(claims.clone(), name, value.clone()));
        assert_eq!(flaw(&house, &token).await, reason, "{name}: {value}");
    }
    let skewed = with(with(claims, "exp", json!(now - 29)), "nbf", json!(now + 29));
    assert!(admit(&house, &sign(0, &header(), &skewed)).await.is_ok(), "clocks may differ a little");
}

#[actix_web::test]
async fn forged_signatures_are_refused() {
    let house = House::open(&[]).await;
    let claims = house.issuer.claims(&house.clock, "notes:read");
    assert_eq!(flaw(&house, &sign(1, &header(), &claims)).await, Flaw::Signature);
    // The public key as the secret of an HMAC.
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&with(header(), "alg", json!("HS256"))), part(&claims));
    let modulus = URL_SAFE_NO_PAD.decode(public_key(0)["n"].as_str().unwrap()).unwrap();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &modulus), message.as_bytes());
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag));
    assert_eq!(flaw(&house, &token).await, Flaw::Algorithm);
}

#[actix_web::test]
async fn one_changed_character_makes_any_token_bad() {
    let house = House::open(&[]).await;
    let good = house.issuer.token(&house.clock, "notes:read");
    let tampered = (0..good.len(), "[A-Za-z0-9_.-]").prop_map(|(place, letter)| {
        let mut token = good.clone();
        token.replace_range(place..=place, &letter);
        token
    });
    let mut runner = TestRunner::deterministic();
    for _ in 0..200 {
        let token = tampered.new_tree(&mut runner).unwrap().current();
        // The last letter of a base64 part has bits that mean nothing, and the library does not accept them set.
        assert_eq!(admit(&house, &token).await.is_ok(), token == good, "{token}");
    }
}

#[actix_web::test]
async fn a_remembered_token_still_expires() {
    let house = House::open(&[]).await;
    let token = house.issuer.token(&house.clock, "notes:read");
    assert!(admit(&house, &token).await.is_ok());
    house.clock.advance(Duration::from_secs(3600));
    assert!(admit(&house, &token).await.is_ok(), "within the leeway");
    house.clock.advance(Duration::from_secs(30));
    assert_eq!(flaw(&house, &token).await, Flaw::Expired);
}

#[actix_web::test]
async fn a_key_that_is_withdrawn_opens_nothing_once_the_keys_have_aged() {
    let house = House::open(&[("JWKS_MAX_AGE", "60")]).await;
    let token = house.issuer.token(&house.clock, "notes:read");
    assert!(admit(&house, &token).await.is_ok());
    house.issuer.publish(&[1]);
    assert!(admit(&house, &token).await.is_ok(), "the keys are still fresh");
    house.clock.advance(Duration::from_secs(60));
    assert_eq!(flaw(&house, &token).await, Flaw::Key);
}

#[actix_web::test]
async fn an_unknown_key_is_looked_for_once_in_a_while() {
    let house = House::open(&[]).await;
    let claims = house.issuer.claims(&house.clock, "notes:read");
    let token = sign(1, &with(header(), "kid", json!("second")), &claims);
    assert_eq!(flaw(&house, &token).await, Flaw::Key);
    assert_eq!(house.issuer.fetches(), 2, "the first fetch, and one look for the unknown key");
    house.issuer.publish(&[0, 1]);
    assert_eq!(flaw(&house, &token).await, Flaw::Key);
    assert_eq!(house.issuer.fetches(), 2, "not again so soon");
    house.clock.advance(Duration::from_secs(10));
    assert!(admit(&house, &token).await.is_ok());
    assert_eq!(house.issuer.fetches(), 3);
}

#[actix_web::test]
async fn a_rotated_key_is_found_at_once() {
    let house = House::open(&[]).await;
    assert!(admit(&house, &house.issuer.token(&house.clock, "notes:read")).await.is_ok());
    house.issuer.publish(&[0, 1]);
    let claims = house.issuer.claims(&house.clock, "notes:read");
    assert!(admit(&house, &sign(1, &with(header(), "kid", json!("second")), &claims)).await.is_ok());
}

#[actix_web::test]
async fn many_at_once_make_one_fetch() {
    let house = House::open(&[]).await;
    let token = house.issuer.token(&house.clock, "notes:read");
    let all = futures_util::future::join_all((0..50).map(|_| admit(&house, &token))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(house.issuer.fetches(), 1);
}

#[actix_web::test]
async fn an_issuer_that_is_away_is_not_missed() {
    let house = House::open(&[]).await;
    assert!(house.app.mcp.guard.ready().await.is_ok());
    house.issuer.stop().await;
    house.clock.advance(Duration::from_secs(3 * 3600));
    let token = house.issuer.token(&house.clock, "notes:read");
    assert!(admit(&house, &token).await.is_ok());
    assert!(admit(&house, &token).await.is_ok());
}

#[actix_web::test]
async fn without_keys_nothing_is_called_bad_but_what_is() {
    let house = House::open(&[]).await;
    house.issuer.rename("http://somebody.example");
    let token = house.issuer.token(&house.clock, "notes:read");
    assert!(matches!(admit(&house, &token).await, Err(Denial::Unverifiable(_))));
    assert_eq!(flaw(&house, "garbage").await, Flaw::Malformed);
    assert_eq!(house.issuer.fetches(), 0, "metadata that names another issuer is not followed");
    house.issuer.rename(&house.issuer.name);
    assert!(admit(&house, &token).await.is_ok(), "as soon as there are keys");
}
