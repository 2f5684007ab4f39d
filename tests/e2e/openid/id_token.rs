//! What an ID token says, when there is one, and that it opens nothing (OpenID Connect Core §2, §3.1.3).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use conformance::{
    actor::{Landing, Request},
    failure::Outcome,
    jwt::Jwt,
    world::World,
};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::{allow, auth_time, direct, id_token, proven, settled};
use crate::negative::check::{bad_token, refused, seconds, sent_back};

#[tokio::test]
async fn it_says_who_signed_in_when_and_for_whom() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let signed_in_at = world.clock().now().seconds();
    let scope = "openid email profile offline_access notes:read";
    let request = actor.authorize_request().with("scope", scope).with("nonce", "n-0S6 &\"=ü");
    let code = actor.decide(request, "allow").await?.code()?;
    world.advance(seconds(5));
    let tokens = actor.redeem(&code).await?;
    let asked: Vec<&str> = scope.split(' ').collect();
    assert!(asked.iter().all(|scope| tokens.scope.split(' ').any(|own| own == *scope)), "{}", tokens.scope);
    let jwt = proven(&world, id_token(&tokens)?).await?;
    assert_eq!((jwt.header("typ"), jwt.header("alg")), (Some("JWT"), Some("RS256")));
    let access = Jwt::parse(&tokens.access).map(|jwt| jwt.claims).unwrap_or_default();
    assert_eq!(access["aud"], world.mcp_url(), "the resource stays the audience of the access token");
    assert_eq!(access["scope"], tokens.scope.as_str());
    let digest = digest(&SHA256, tokens.access.as_bytes());
    let expected = json!({
        "iss": world.issuer(),
        "sub": access["sub"],
        "aud": actor.client.id,
        "iat": signed_in_at + 5,
        "exp": signed_in_at + 5 + 3600,
        "auth_time": signed_in_at,
        "nonce": "n-0S6 &\"=ü",
        "at_hash": URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16]),
    });
    assert_eq!(Value::Object(jwt.claims), expected);
    Ok(())
}

#[tokio::test]
async fn there_is_one_only_where_openid_was_granted_and_never_at_a_refresh() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    for scope in ["", "notes:read", "email profile notes:read", "offline_access notes:read", "OpenID"] {
        let request = actor.authorize_request().with("scope", scope).with("nonce", "n");
        let code = actor.decide(request, "allow").await?.code()?;
        let tokens = actor.redeem(&code).await?;
        assert_eq!(tokens.document.get("id_token"), None, "{scope}");
        assert!(!tokens.scope.contains("openid"), "{scope}: {}", tokens.scope);
    }
    let tokens = allow(&mut actor, "openid").await?;
    let claims = proven(&world, id_token(&tokens)?).await?.claims;
    assert_eq!(claims.get("nonce"), None, "none was sent");
    assert!(tokens.scope.contains("notes:read"), "the default set comes along: {}", tokens.scope);
    let tokens = actor.refresh(&tokens.refresh).await?;
    assert_eq!(tokens.document.get("id_token"), None);
    assert!(tokens.scope.contains("openid"));
    Ok(())
}

#[tokio::test]
async fn a_nonce_is_bounded() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let with =
        |length: usize| actor.authorize_request().with("scope", "openid").with("nonce", "n".repeat(length));
    let (fits, long) = (with(512), with(513));
    sent_back("513 bytes", &actor.send(long).await?, (&actor, "invalid_request"))?;
    let code = actor.decide(fits, "allow").await?.code()?;
    let tokens = actor.redeem(&code).await?;
    let jwt = proven(&world, id_token(&tokens)?).await?;
    assert_eq!(jwt.claim("nonce").map(str::len), Some(512));
    Ok(())
}

/// Nobody looked again: the person signed in when they did.
#[tokio::test]
async fn an_answer_without_a_look_tells_the_old_time() -> Outcome {
    let world = World::start().await?;
    let signed_in_at = world.clock().now().seconds();
    let (mut actor, happy, _) = settled(&world).await?;
    world.advance(seconds(1000));
    let silent = Landing::of(&actor.send(happy.with("nonce", "second")).await?)?;
    assert_eq!(auth_time(&world, &mut actor, &silent).await?, signed_in_at);
    let shown = actor.open(direct(actor.authorize_request().with("scope", "openid email"))).await?;
    let decision = actor.decision_request(&shown, "allow")?;
    let decided = Landing::of(&actor.send(decision).await?)?;
    assert_eq!(auth_time(&world, &mut actor, &decided).await?, signed_in_at);
    Ok(())
}

#[tokio::test]
async fn it_opens_nothing() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let tokens = allow(&mut actor, "openid email notes:read").await?;
    let token = id_token(&tokens)?;
    let call = actor.tool_request("list_notes", json!({})).bearer(token);
    bad_token("the mcp-server", &actor.send(call).await?, &actor)?;
    let userinfo = Request::get(actor.endpoint("userinfo")).bearer(token);
    refused("userinfo", &actor.send(userinfo).await?, (401, "invalid_token"));
    let refresh = actor.refresh_request(token);
    refused("a refresh", &actor.send(refresh).await?, (400, "invalid_grant"));
    let redemption = actor.token_request(token);
    refused("a code", &actor.send(redemption).await?, (400, "invalid_grant"));
    let introspection = actor.revoke_request(token).to(actor.endpoint("introspect"));
    let told = actor.send(introspection.clone()).await?;
    assert_eq!((told.status, told.text().as_ref()), (200, "{\"active\":false}"));
    let told = actor.send(introspection.with("token", tokens.access.as_str())).await?;
    assert_eq!(told.json().unwrap_or_default()["active"], true, "{}", told.text());
    Ok(())
}
