//! UserInfo: who is told what (OpenID Connect Core §5.3; RFC 6750 §3).

use conformance::{
    actor::{Actor, Request},
    challenge::Challenge,
    exchange::Reply,
    failure::{Failure, Outcome},
    jwt::Jwt,
    world::{EMAIL, World},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{allow, id_token};
use crate::negative::check::{Row, refused, seconds};

fn ask(actor: &Actor, token: &str) -> Request {
    Request::get(actor.endpoint("userinfo")).bearer(token)
}

/// A refusal with its challenge.
fn turned_away(what: &str, reply: &Reply, (status, error): (u16, &str)) -> Outcome<Challenge> {
    refused(what, reply, (status, error));
    assert_eq!(reply.header("access-control-expose-headers"), Some("WWW-Authenticate"), "{what}");
    Challenge::bearer(reply.headers_named("www-authenticate"))?
        .ok_or_else(|| Failure::new(format!("{what}: no challenge")))
}

#[tokio::test]
async fn each_scope_tells_its_own_claims() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    for (scope, expected) in [
        ("openid notes:read", json!({})),
        ("openid email", json!({"email": EMAIL, "email_verified": true})),
        ("openid profile", json!({"preferred_username": EMAIL})),
        (
            "openid email profile",
            json!({"email": EMAIL, "email_verified": true, "preferred_username": EMAIL}),
        ),
    ] {
        let tokens = allow(&mut actor, scope).await?;
        let mut expected = expected;
        expected["sub"] = Jwt::parse(&tokens.access).map(|jwt| jwt.claims["sub"].clone()).unwrap_or_default();
        let get = ask(&actor, &tokens.access);
        let post = Request::form(actor.endpoint("userinfo")).bearer(&tokens.access);
        for request in
            [get.clone(), post, get.with_header("authorization", &format!("bEARER {}", tokens.access))]
        {
            let reply = actor.send(request).await?;
            assert_eq!((reply.status, reply.json()), (200, Some(expected.clone())), "{scope}");
            assert_eq!(reply.header("content-type"), Some("application/json"));
            assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
            assert!(reply.is_no_store(), "{scope}");
        }
    }
    Ok(())
}

/// A token for any of our resources will do, and so will a refreshed one.
#[tokio::test]
async fn any_access_token_with_openid_will_do() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let tokens = allow(&mut actor, "openid email notes:read").await?;
    let refreshed = actor.refresh(&tokens.refresh).await?;
    actor.mcp_url = actor.mcp_url.replace("/mcp", "/sse");
    let other = allow(&mut actor, "openid email notes:read").await?;
    for token in [refreshed.access, other.access] {
        let reply = actor.send(ask(&actor, &token)).await?;
        assert_eq!(reply.json().unwrap_or_default()["email"], EMAIL, "{}", reply.text());
    }
    Ok(())
}

#[tokio::test]
async fn without_openid_nobody_is_told_of() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let plain = allow(&mut actor, "email profile notes:read").await?;
    let tokens = allow(&mut actor, "openid email notes:read").await?;
    let narrowed = actor.refresh_request(&tokens.refresh).with("scope", "email notes:read");
    let narrowed = actor.send(narrowed).await?.json().unwrap_or_default();
    let narrowed = narrowed["access_token"].as_str().unwrap_or_default();
    for (what, token) in [("never asked for", plain.access.as_str()), ("narrowed", narrowed)] {
        let reply = actor.send(ask(&actor, token)).await?;
        let challenge = turned_away(what, &reply, (403, "insufficient_scope"))?;
        assert_eq!(challenge.parameter("error"), Some("insufficient_scope"), "{what}");
        assert_eq!(challenge.parameter("scope"), Some("openid"), "{what}");
        assert!(!reply.text().contains(EMAIL), "{what}");
    }
    let reply = actor.send(ask(&actor, &tokens.access)).await?;
    assert_eq!(reply.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_bad_token_is_told_and_none_is_asked_for() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let tokens = allow(&mut actor, "openid email notes:read").await?;
    let token = tokens.access.as_str();
    let place = actor.endpoint("userinfo");
    let missing: Vec<Row> = vec![
        ("no token", Request::get(&place)),
        ("another scheme", Request::get(&place).basic("a", "b")),
        ("a token in the query", Request::get(&place).with("access_token", token)),
        ("a token in the form", Request::form(&place).with("access_token", token)),
    ];
    for (what, request) in missing {
        let challenge = turned_away(what, &actor.send(request).await?, (401, "invalid_token"))?;
        assert_eq!(challenge.parameter("error"), None, "{what}");
    }
    let changed = format!("{}A{}", &token[..token.len() - 9], &token[token.len() - 8..]);
    let header = |value: String| Request::get(&place).with_header("authorization", &value);
    let bad: Vec<Row> = vec![
        ("garbage", ask(&actor, "garbage")),
        ("nothing", header("Bearer".to_owned())),
        ("two tokens", header(format!("Bearer {token}, Bearer {token}"))),
        ("a changed token", ask(&actor, &changed)),
        ("a cut token", ask(&actor, &token[..token.len() - 1])),
        ("a refresh token", ask(&actor, &tokens.refresh)),
        ("an ID token", ask(&actor, id_token(&tokens)?)),
    ];
    for (what, request) in bad {
        let reply = actor.send(request).await?;
        let challenge = turned_away(what, &reply, (401, "invalid_token"))?;
        assert_eq!(challenge.parameter("error"), Some("invalid_token"), "{what}");
        assert!(!reply.text().contains(&token[token.len() - 20..]), "{what}: the token is repeated");
    }
    let happy = ask(&actor, token);
    assert_eq!(actor.send(happy).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_token_tells_until_it_ends_or_is_revoked() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let tokens = allow(&mut actor, "openid email notes:read").await?;
    let other = allow(&mut actor, "openid email notes:read").await?;
    let revocation = actor.revoke_request(&other.refresh);
    assert_eq!(actor.send(revocation).await?.status, 200);
    let reply = actor.send(ask(&actor, &other.access)).await?;
    turned_away("revoked", &reply, (401, "invalid_token"))?;
    world.advance(seconds(3599));
    assert_eq!(actor.send(ask(&actor, &tokens.access)).await?.status, 200, "the last second");
    world.advance(seconds(1));
    let reply = actor.send(ask(&actor, &tokens.access)).await?;
    turned_away("expired", &reply, (401, "invalid_token"))?;
    Ok(())
}

/// Each is told of themselves, by the same `sub` to every client.
#[tokio::test]
async fn nobody_is_taken_for_somebody_else() -> Outcome {
    let world = World::start().await?;
    world.add_user("Eve@Example.com", "a password of her own").await?;
    let (mut demo, mut again, mut eve) = (world.actor().await?, world.actor().await?, world.actor().await?);
    (eve.email, eve.password) = ("eve@example.com".to_owned(), "a password of her own".to_owned());
    let mut told: Vec<Value> = Vec::new();
    for actor in [&mut demo, &mut again, &mut eve] {
        let tokens = allow(actor, "openid email").await?;
        let request = ask(actor, &tokens.access);
        told.push(actor.send(request).await?.json().unwrap_or_default());
    }
    assert_eq!(told[0], told[1]);
    assert_ne!(told[0]["sub"], told[2]["sub"]);
    assert_eq!(told[2]["email"], "eve@example.com");
    Ok(())
}

#[tokio::test]
async fn a_script_of_any_site_may_ask() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let place = Request::get(actor.endpoint("userinfo")).with_header("origin", "https://client.example");
    let preflight = actor.send(place.clone().method(Method::OPTIONS)).await?;
    assert_eq!(preflight.status, 204);
    let headers = preflight.header("access-control-allow-headers").unwrap_or_default();
    assert!(headers.contains("Authorization"), "{headers}");
    assert_eq!(actor.send(place.method(Method::PUT)).await?.status, 405);
    Ok(())
}
