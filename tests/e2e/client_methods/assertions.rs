//! Each rule of an assertion, broken (RFC 7523 §3): always the same answer, which tells nobody which rule it was.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use conformance::{
    assertion::{Algorithm, Claims, Signer},
    failure::{Failure, Outcome},
    world::World,
};
use ring::hmac;
use serde_json::{Value, json};

use super::{Signing, introspect_request, signed};
use crate::negative::check::refused;

const CLIENT: (u16, &str) = (401, "invalid_client");
const SAID: &str = "the client did not authenticate as it registered";

/// A table of assertions that do not hold; then the good one does.
async fn none_holds(world: &World, signing: &mut Signing, rows: Vec<(&str, String)>) -> Outcome {
    for (what, assertion) in rows {
        let look = introspect_request(&signing.actor, "unknown");
        let reply = signing.send(look, &assertion).await?;
        refused(what, &reply, CLIENT);
        assert_eq!(reply.json().unwrap_or_default()["error_description"], SAID, "{what}");
        assert_eq!(reply.header("www-authenticate"), None, "{what}");
    }
    holds("the good one", world, (signing, |claims| claims)).await
}

/// An assertion that differs from the good one and is good as well.
async fn holds(
    what: &str,
    world: &World,
    (signing, change): (&mut Signing, impl FnOnce(Claims) -> Claims),
) -> Outcome {
    let assertion = signing.signer.sign(&change(signing.claims(world)))?;
    let look = introspect_request(&signing.actor, "unknown");
    let reply = signing.send(look, &assertion).await?;
    assert_eq!(reply.text(), r#"{"active":false}"#, "{what}");
    Ok(())
}

#[tokio::test]
async fn claims_are_judged() -> Outcome {
    let world = World::start().await?;
    let mut signing = Signing::register(&world, Algorithm::Es256).await?;
    let other = world.actor().await?.client.id;
    let (now, issuer) = (world.clock().now().seconds(), world.issuer().to_owned());
    let with = |name: &str, value: Value| signing.signer.sign(&signing.claims(&world).with(name, value));
    let of_other = signing.claims(&world).with("iss", other.as_str()).with("sub", other.as_str());
    let rows = vec![
        ("another issuer", with("iss", json!(other))?),
        ("another subject", with("sub", json!(other))?),
        ("another client altogether", signing.signer.sign(&of_other)?),
        ("an empty subject", with("sub", json!(""))?),
        ("another audience", with("aud", json!("https://evil.example"))?),
        ("the resource as audience", with("aud", json!(world.mcp_url()))?),
        ("another endpoint as audience", with("aud", json!(format!("{issuer}/oauth/revoke")))?),
        ("two slashes behind the issuer", with("aud", json!(format!("{issuer}//")))?),
        ("an audience beside ours", with("aud", json!([issuer, "https://evil.example"]))?),
        ("no audience in the list", with("aud", json!([]))?),
        ("an audience that is no text", with("aud", json!(7))?),
        ("expired", with("exp", json!(now - 30))?),
        ("far ahead", with("exp", json!(now + 3_631))?),
        ("for ever", with("exp", json!(1e300))?),
        ("an end that is no number", with("exp", json!((now + 60).to_string()))?),
        ("made in the future", with("iat", json!(now + 31))?),
        ("not valid yet", with("nbf", json!(now + 31))?),
        ("an empty jti", with("jti", json!(""))?),
        ("a jti that is too long", with("jti", json!("x".repeat(257)))?),
        ("a jti that is no text", with("jti", json!(1))?),
        ("no issuer", with("iss", Value::Null)?),
        ("no subject", with("sub", Value::Null)?),
        ("no audience", with("aud", Value::Null)?),
        ("no end", with("exp", Value::Null)?),
        ("no jti", with("jti", Value::Null)?),
    ];
    none_holds(&world, &mut signing, rows).await
}

#[tokio::test]
async fn signatures_are_judged() -> Outcome {
    let world = World::start().await?;
    for algorithm in Algorithm::ALL {
        let mut signing = Signing::register(&world, algorithm).await?;
        let stranger = Signer::fresh(algorithm)?;
        let claims = || signing.claims(&world);
        let good = signing.assertion(&world)?;
        let (message, signature) = good.rsplit_once('.').ok_or_else(|| Failure::new("no signature"))?;
        let header = |name: &str, value: Value| signing.signer.sign(&claims().with_header(name, value));
        let other_family = if algorithm == Algorithm::Es256 { "RS256" } else { "ES256" };
        let by_stranger = |claims: Claims| stranger.sign(&claims);
        let embedded = claims().with_header("jwk", stranger.jwk()).with_header("kid", Value::Null);
        let changed = claims().with("jti", "another").message();
        let rows = vec![
            ("another key", by_stranger(claims())?),
            ("another key in its own name", by_stranger(claims().with_header("kid", stranger.kid()))?),
            ("a key that comes along", by_stranger(embedded)?),
            ("an unknown key", header("kid", json!("unknown"))?),
            ("an extension nobody knows", header("crit", json!(["exp"]))?),
            ("another algorithm", header("alg", json!(other_family))?),
            ("a longer hash", header("alg", json!("RS512"))?),
            ("no algorithm", header("alg", Value::Null)?),
            ("an unknown algorithm", header("alg", json!("HS999"))?),
            ("not signed", format!("{}.", claims().with_header("alg", "none").message())),
            ("not signed, with a signature", header("alg", json!("none"))?),
            ("a shared secret that is public", with_public_secret(&signing, claims())),
            ("other claims", format!("{changed}.{signature}")),
            ("no signature", format!("{message}.")),
            ("half a signature", format!("{message}.{}", &signature[..signature.len() / 2])),
            ("two parts", message.to_owned()),
            ("no JWT", "assertion".to_owned()),
            ("letters outside ASCII", "ä.ö.ü".to_owned()),
        ];
        none_holds(&world, &mut signing, rows).await?;
    }
    Ok(())
}

/// HS256 with what everybody knows of the key as its secret.
fn with_public_secret(signing: &Signing, claims: Claims) -> String {
    let message = claims.with_header("alg", "HS256").message();
    let key = hmac::Key::new(hmac::HMAC_SHA256, signing.signer.jwk().to_string().as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes())))
}

#[tokio::test]
async fn what_clients_do_differently_is_accepted() -> Outcome {
    let world = World::start().await?;
    let mut signing = Signing::register(&world, Algorithm::Ps256).await?;
    let (now, issuer) = (world.clock().now().seconds(), world.issuer().to_owned());
    let (token, introspect) = (format!("{issuer}/oauth/token"), format!("{issuer}/oauth/introspect"));
    let audiences = [
        json!(format!("{issuer}/")),
        json!(token),
        json!(introspect),
        json!([issuer]),
        json!([issuer, token]),
    ];
    for audience in audiences {
        let what = audience.to_string();
        holds(&what, &world, (&mut signing, |claims| claims.with("aud", audience))).await?;
    }
    for (name, value) in [
        ("exp", json!(now - 29)),
        ("exp", json!(now + 3_630)),
        ("exp", json!(now as f64 + 60.5)),
        ("iat", json!(now + 30)),
        ("iat", Value::Null),
        ("nbf", json!(now + 30)),
        ("jti", json!("ä".repeat(128))),
        ("more", json!({"of": "no interest"})),
    ] {
        let what = format!("{name} {value}");
        holds(&what, &world, (&mut signing, |claims| claims.with(name, value))).await?;
    }
    for (name, value) in
        [("kid", Value::Null), ("typ", Value::Null), ("typ", json!("client-authentication+jwt"))]
    {
        holds(name, &world, (&mut signing, |claims| claims.with_header(name, value))).await?;
    }
    Ok(())
}

/// The assertion says who asks; a `client_id` beside it must say the same. And the type says that it is one.
#[tokio::test]
async fn the_form_around_it_is_judged() -> Outcome {
    let world = World::start().await?;
    let mut signing = Signing::register(&world, Algorithm::EdDsa).await?;
    let mut other = Signing::register(&world, Algorithm::EdDsa).await?;
    let public = world.actor().await?.client.id;
    let tokens = {
        let code = signing.actor.approve().await?;
        let redeem = signing.actor.token_request(&code);
        let assertion = signing.assertion(&world)?;
        conformance::actor::TokenSet::of(&signing.send(redeem, &assertion).await?)?
    };
    let happy = || signing.actor.refresh_request(&tokens.refresh);
    let fresh = || signing.assertion(&world);
    let of_public = signing.signer.assertion(&public, world.issuer(), world.clock().now())?;
    let rows = vec![
        (
            "another client_id",
            signed(happy(), &fresh()?).with("client_id", other.actor.client.id.as_str()),
            CLIENT,
        ),
        ("an unknown client_id", signed(happy(), &fresh()?).with("client_id", "nobody"), CLIENT),
        (
            "a client that did not register to sign",
            signed(happy(), &of_public).with("client_id", public),
            CLIENT,
        ),
        ("no type", signed(happy(), &fresh()?).without("client_assertion_type"), CLIENT),
        ("another type", signed(happy(), &fresh()?).with("client_assertion_type", "jwt"), CLIENT),
        ("a type alone", signed(happy(), "").without("client_assertion"), (400, "invalid_request")),
        ("an empty assertion", signed(happy(), ""), (400, "invalid_request")),
        ("no assertion", happy(), CLIENT),
        ("its secret", happy().with("client_secret", "x"), CLIENT),
        ("an access token", signed(happy(), &tokens.access), CLIENT),
        (
            "two assertions",
            signed(happy(), &fresh()?).with_another("client_assertion", "x"),
            (400, "invalid_request"),
        ),
    ];
    for (what, request, answer) in rows {
        refused(what, &signing.actor.send(request).await?, answer);
    }
    // Another client proves itself, and is still another client.
    let request = signing.actor.refresh_request(&tokens.refresh).without("client_id");
    let assertion = other.assertion(&world)?;
    refused("another client's proof", &other.send(request, &assertion).await?, (400, "invalid_grant"));
    let assertion = signing.assertion(&world)?;
    let request = signing.actor.refresh_request(&tokens.refresh);
    assert_eq!(signing.send(request, &assertion).await?.status, 200);
    Ok(())
}
