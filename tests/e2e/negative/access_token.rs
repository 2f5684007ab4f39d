//! Access tokens that are not what they say: 401 `invalid_token`, whatever is wrong with them, and never a failure of
//! ours (RFC 9068 §4, RFC 8725).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use conformance::{
    actor::{Actor, Request},
    failure::{Failure, Outcome},
    jwt::Jwt,
    world::World,
};
use ring::hmac;
use serde_json::{Value, json};

use super::{
    check::{bad_token, seconds},
    issuer::{Issuer, header, message, public_key, sign, with},
};

fn call(actor: &Actor) -> Request {
    actor.tool_request("list_notes", json!({}))
}

async fn is_let_in(actor: &mut Actor, what: &str, token: &str) -> Outcome {
    let reply = actor.send(call(actor).bearer(token)).await?;
    assert_eq!(reply.status, 200, "{what}: {}", reply.text());
    Ok(())
}

async fn are_turned_away(actor: &mut Actor, rows: Vec<(String, String)>) -> Outcome {
    for (what, token) in rows {
        let reply = actor.send(call(actor).bearer(&token)).await?;
        bad_token(&what, &reply, actor)?;
        let tail = token.get(token.len().saturating_sub(20)..).filter(|tail| tail.len() > 8);
        assert!(tail.is_none_or(|tail| !reply.text().contains(tail)), "{what}: the token is repeated");
    }
    Ok(())
}

#[tokio::test]
async fn a_header_that_is_not_that_of_our_access_tokens() -> Outcome {
    let issuer = Issuer::start()?;
    let world = issuer.world().await?;
    let mut actor = world.stranger()?;
    let claims = issuer.claims(&world);
    is_let_in(&mut actor, "a good token", &sign(0, &header(0), &claims)?).await?;
    let mut rows = Vec::new();
    for (member, value) in [
        ("typ", json!("JWT")),
        ("typ", json!("id+jwt")),
        ("typ", json!("at+jwt2")),
        ("typ", Value::Null),
        ("alg", json!("RS512")),
        ("alg", json!("PS256")),
        ("alg", json!("ES256")),
        ("alg", json!("rs256")),
        ("alg", json!(256)),
        ("alg", Value::Null),
        ("kid", json!("unknown")),
        ("kid", json!("")),
        ("kid", json!("key-1")),
        ("kid", json!("../../../../dev/null")),
        ("kid", json!("' OR 1=1 --")),
        ("kid", json!(0)),
        ("kid", Value::Null),
        ("crit", json!(["exp"])),
        ("crit", json!(["unknown"])),
    ] {
        let token = sign(0, &with(header(0), member, value.clone()), &claims)?;
        rows.push((format!("{member}: {value}"), token));
    }
    // Signed with a key that is not the issuer's, which the token brings along, or says where to find.
    let own = public_key(1)?;
    let renamed = with(own.clone(), "kid", json!("key-0"));
    let jwks = format!("{}/jwks", issuer.name);
    for (member, value) in [
        ("jwk", own),
        ("jwk", renamed),
        ("jku", json!(jwks)),
        ("x5u", json!(jwks)),
        ("x5c", json!(["AAAA"])),
        ("none of these", json!(true)),
    ] {
        for kid in ["key-0", "key-1"] {
            let header = with(with(header(1), "kid", json!(kid)), member, value.clone());
            rows.push((format!("another key, {kid}, with {member}"), sign(1, &header, &claims)?));
        }
    }
    are_turned_away(&mut actor, rows).await?;
    is_let_in(&mut actor, "a good token afterwards", &issuer.token(&world)?).await
}

#[tokio::test]
async fn a_signature_that_is_none() -> Outcome {
    let issuer = Issuer::start()?;
    let world = issuer.world().await?;
    let mut actor = world.stranger()?;
    let claims = issuer.claims(&world);
    let mut rows = Vec::new();
    for none in ["none", "None", "NONE", "nOnE"] {
        for kid in [json!("key-0"), Value::Null] {
            let header = with(with(header(0), "alg", json!(none)), "kid", kid);
            rows.push((none.to_owned(), format!("{}.", message(&header, &claims))));
            rows.push((format!("{none} and a signature"), sign(0, &header, &claims)?));
        }
    }
    // The public key as the secret of an HMAC, in every form somebody may hold it.
    let key = public_key(0)?;
    let modulus = URL_SAFE_NO_PAD.decode(key["n"].as_str().unwrap_or_default())?;
    let jwks = json!({"keys": [key]}).to_string().into_bytes();
    let text = key["n"].as_str().unwrap_or_default().as_bytes().to_vec();
    for secret in [modulus, jwks, key.to_string().into_bytes(), text, Vec::new()] {
        let message = message(&with(header(0), "alg", json!("HS256")), &claims);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), message.as_bytes());
        rows.push(("HS256".to_owned(), format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))));
    }
    let good = issuer.token(&world)?;
    let (signed, signature) = good.rsplit_once('.').ok_or_else(|| Failure::new("no signature"))?;
    let other = sign(0, &header(0), &with(claims.clone(), "sub", json!("eve")))?;
    let (_, of_other) = other.rsplit_once('.').ok_or_else(|| Failure::new("no signature"))?;
    rows.push(("another token's signature".to_owned(), format!("{signed}.{of_other}")));
    rows.push(("no signature".to_owned(), format!("{signed}.")));
    rows.push(("a short signature".to_owned(), format!("{signed}.{}", &signature[..signature.len() - 4])));
    rows.push(("a long signature".to_owned(), format!("{good}AAAA")));
    rows.push(("a signature of nothing".to_owned(), format!("{signed}.{}", "A".repeat(342))));
    rows.push(("no signature part".to_owned(), signed.to_owned()));
    rows.push(("a part more".to_owned(), format!("{good}.{signature}")));
    // Another payload below the same signature.
    let elevated = message(&header(0), &with(claims, "scope", json!("notes:read admin")));
    rows.push(("another payload".to_owned(), format!("{elevated}.{signature}")));
    are_turned_away(&mut actor, rows).await?;
    is_let_in(&mut actor, "the good one", &good).await
}

#[tokio::test]
async fn claims_that_are_not_for_us() -> Outcome {
    let issuer = Issuer::start()?;
    let world = issuer.world().await?;
    let mut actor = world.stranger()?;
    let now = world.clock().now().seconds();
    let mcp = world.mcp_url();
    let mut rows = Vec::new();
    for (member, value) in [
        ("iss", json!(format!("{}/", issuer.name))),
        ("iss", json!("https://evil.com")),
        ("iss", json!(world.issuer())),
        ("iss", json!("")),
        ("iss", json!([issuer.name])),
        ("iss", Value::Null),
        ("aud", json!(mcp.replace("/mcp", "/sse"))),
        ("aud", json!(format!("{mcp}/"))),
        ("aud", json!(mcp.trim_end_matches("/mcp"))),
        ("aud", json!(mcp.replace("http:", "https:"))),
        ("aud", json!("client")),
        ("aud", json!([])),
        ("aud", json!({"a": mcp})),
        ("aud", json!("")),
        ("aud", Value::Null),
        ("exp", json!(now - 30)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("exp", json!("9999999999")),
        ("exp", json!(1e300)),
        ("exp", Value::Null),
        ("nbf", json!(now + 31)),
        ("nbf", json!("soon")),
        ("iat", json!(now + 31)),
        ("iat", Value::Null),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("sub", Value::Null),
        ("client_id", Value::Null),
        ("jti", Value::Null),
        ("scope", json!("notes:read \"")),
        ("scope", json!(["notes:read"])),
    ] {
        let token = sign(0, &header(0), &with(issuer.claims(&world), member, value.clone()))?;
        rows.push((format!("{member}: {value}"), token));
    }
    for claims in [json!([]), json!("claims"), json!({}), Value::Null] {
        rows.push((claims.to_string(), sign(0, &header(0), &claims)?));
    }
    are_turned_away(&mut actor, rows).await?;
    let several = with(issuer.claims(&world), "aud", json!(["https://a.example", mcp]));
    is_let_in(&mut actor, "one of several audiences", &sign(0, &header(0), &several)?).await
}

/// Tokens of our own auth-server, each in a place it was not made for.
#[tokio::test]
async fn tokens_of_our_own_that_are_for_something_else() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let code = actor.approve().await?;
    let tokens = actor.redeem(&code).await?;
    let sse = world.mcp_url().replace("/mcp", "/sse");
    let asked = actor.authorize_request().with("resource", sse.as_str());
    let for_sse = actor.decide(asked, "allow").await?.code()?;
    let request = actor.token_request(&for_sse).with("resource", sse);
    let for_sse = conformance::actor::TokenSet::of(&actor.send(request).await?)?;
    let jwt = Jwt::parse(&for_sse.access).ok_or_else(|| Failure::new("no JWT"))?;
    assert!(jwt.claim("aud").is_some_and(|aud| aud.ends_with("/sse")), "the token is good elsewhere");
    let rows = vec![
        ("a token for another resource".to_owned(), for_sse.access),
        ("a refresh token".to_owned(), tokens.refresh.clone()),
        ("a code".to_owned(), code),
        ("a client secret".to_owned(), actor.client.secret.clone().unwrap_or_default()),
        ("a registration".to_owned(), actor.client.id.clone()),
        ("garbage".to_owned(), "garbage".to_owned()),
        ("garbage in three parts".to_owned(), "a.b.c".to_owned()),
        ("20,000 letters".to_owned(), "a".repeat(20_000)),
    ];
    are_turned_away(&mut actor, rows).await?;
    is_let_in(&mut actor, "its own token", &tokens.access).await
}

#[tokio::test]
async fn an_access_token_expires_even_if_it_was_good_before() -> Outcome {
    let world = World::builder().auth("ACCESS_TOKEN_LIFETIME", "600").start().await?;
    let mut actor = world.actor().await?;
    let (used, unused) = (actor.sign_in().await?, actor.sign_in().await?);
    is_let_in(&mut actor, "fresh", &used.access).await?;
    // Half a minute for clocks that differ.
    world.advance(seconds(629));
    is_let_in(&mut actor, "in the last second", &used.access).await?;
    world.advance(seconds(1));
    let rows = vec![("used".to_owned(), used.access), ("unused".to_owned(), unused.access)];
    are_turned_away(&mut actor, rows).await?;
    let fresh = actor.refresh(&unused.refresh).await?;
    is_let_in(&mut actor, "refreshed", &fresh.access).await
}
