//! Clients that act for themselves (OAuth 2.1 §4.2): an operator's only, within the scopes they were given.

use auth_server::{clients::new_client::NewClient, oauth::client::GrantType};
use conformance::{
    actor::{Actor, Request, expect},
    assertion::{Algorithm, Signer},
    failure::{Failure, Outcome},
    jwt::Jwt,
    world::World,
};
use serde_json::Value;

use crate::{
    client_methods::{made, new_client, new_machine, signed},
    negative::check::{refused, seconds},
};

const READING: &str = "notes:read meetings:read";

/// The happy request, with the secret in the form when there is one.
fn request(actor: &Actor) -> Request {
    let request = Request::form(actor.endpoint("token"))
        .with("grant_type", "client_credentials")
        .with("client_id", actor.client.id.as_str())
        .with("resource", actor.mcp_url.as_str());
    match &actor.client.secret {
        Some(secret) => request.with("client_secret", secret.as_str()),
        None => request,
    }
}

async fn granted(actor: &mut Actor, change: impl FnOnce(Request) -> Request) -> Outcome<Value> {
    let reply = expect(actor.send(change(request(actor))).await?, 200)?;
    assert!(reply.is_no_store());
    reply.json().ok_or_else(|| Failure::new("no JSON"))
}

fn text<'a>(document: &'a Value, name: &str) -> &'a str {
    document[name].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_machine_gets_a_token_of_its_own() -> Outcome {
    let world = World::start().await?;
    let mut machine = made(&world, new_machine(READING)).await?;
    let tokens = granted(&mut machine, |request| request).await?;
    assert_eq!((text(&tokens, "token_type"), text(&tokens, "scope")), ("Bearer", READING));
    assert_eq!(tokens["expires_in"], 3600);
    for absent in ["refresh_token", "id_token"] {
        assert_eq!(tokens.get(absent), None, "{absent}");
    }
    let access = text(&tokens, "access_token");
    let jwt = Jwt::parse(access).ok_or_else(|| Failure::new("no JWT"))?;
    let id = machine.client.id.clone();
    assert_eq!(jwt.claim("sub"), Some(format!("client:{id}").as_str()));
    assert_eq!((jwt.claim("client_id"), jwt.claim("aud")), (Some(id.as_str()), Some(world.mcp_url())));
    assert_eq!(machine.call_tool(access, "list_notes").await?.status, 200);
    assert_eq!(machine.call_tool(access, "create_note").await?.status, 403);
    // In the header too, and for as long as anybody's.
    let secret = machine.client.secret.clone().unwrap_or_default();
    let by_header =
        |request: Request| request.without("client_id").without("client_secret").basic(&id, &secret);
    granted(&mut machine, by_header).await?;
    world.advance(seconds(3631));
    assert_eq!(machine.call_tool(access, "list_notes").await?.status, 401);
    Ok(())
}

/// The way the extension recommends (RFC 7523 §2.2), with and without `client_id`.
#[tokio::test]
async fn a_machine_may_sign() -> Outcome {
    let world = World::start().await?;
    let signer = Signer::fresh(Algorithm::Es256)?;
    let new = NewClient { jwks: Some(signer.jwks()), ..new_machine(READING) };
    let mut machine = made(&world, new).await?;
    assert_eq!(machine.client.secret, None);
    for with_id in [true, false] {
        let now = world.clock().now();
        let assertion = signer.assertion(&machine.client.id, world.issuer(), now)?;
        let sign = |request| match with_id {
            true => signed(request, &assertion),
            false => signed(request, &assertion).without("client_id"),
        };
        granted(&mut machine, sign).await?;
    }
    refused("unsigned", &machine.send(request(&machine)).await?, (401, "invalid_client"));
    Ok(())
}

#[tokio::test]
async fn scopes_have_a_ceiling_here() -> Outcome {
    let world = World::start().await?;
    let mut machine = made(&world, new_machine(READING)).await?;
    for (asked, got) in [
        ("notes:read", "notes:read"),
        ("notes:read notes:write", "notes:read"),
        ("meetings:read unknown notes:read", "meetings:read notes:read"),
        ("", READING),
    ] {
        let tokens = granted(&mut machine, |request| request.with("scope", asked)).await?;
        assert_eq!(text(&tokens, "scope"), got, "{asked}");
    }
    for asked in ["notes:write", "unknown", "offline_access", "openid", "a\"b"] {
        let request = request(&machine).with("scope", asked);
        refused(asked, &machine.send(request).await?, (400, "invalid_scope"));
    }
    // What the resource does not know is not replaced by what nobody allowed.
    let mut stray = made(&world, new_machine("offline_access")).await?;
    let asked = request(&stray).with("scope", "notes:read");
    refused("beyond its own", &stray.send(asked).await?, (400, "invalid_scope"));
    Ok(())
}

#[tokio::test]
async fn resources_are_those_of_anybody() -> Outcome {
    let world = World::start().await?;
    let mut machine = made(&world, new_machine(READING)).await?;
    let tokens = granted(&mut machine, |request| request.without("resource")).await?;
    let jwt = Jwt::parse(text(&tokens, "access_token")).ok_or_else(|| Failure::new("no JWT"))?;
    assert_eq!(jwt.claim("aud"), Some(world.mcp_url()), "the default one");
    let sse = format!("{}/sse", world.mcp_origin());
    let tokens = granted(&mut machine, |request| request.with("resource", sse.as_str())).await?;
    assert_eq!(machine.call_tool(text(&tokens, "access_token"), "list_notes").await?.status, 401);
    for other in ["https://evil.example/mcp", "mcp", &format!("{}#a", world.mcp_url())] {
        let request = request(&machine).with("resource", other);
        refused(other, &machine.send(request).await?, (400, "invalid_target"));
    }
    Ok(())
}

#[tokio::test]
async fn nobody_else_acts_for_itself() -> Outcome {
    let world = World::start().await?;
    let unauthorized = (400, "unauthorized_client");
    for method in ["none", "client_secret_basic", "client_secret_post"] {
        let mut actor = world.stranger()?;
        let register = actor.register_request().with("token_endpoint_auth_method", method);
        actor.register_with(register.with("scope", READING)).await?;
        refused(method, &actor.send(request(&actor)).await?, unauthorized);
    }
    let mut for_people = made(&world, NewClient { scope: Some(READING.to_owned()), ..new_client() }).await?;
    refused("for people", &for_people.send(request(&for_people)).await?, unauthorized);
    let mut machine = made(&world, new_machine(READING)).await?;
    let rows = vec![
        ("no secret", request(&machine).without("client_secret"), (401, "invalid_client")),
        ("a wrong secret", request(&machine).with("client_secret", "wrong"), (401, "invalid_client")),
        (
            "a code",
            request(&machine).with("grant_type", "authorization_code").with("code", "x"),
            unauthorized,
        ),
        (
            "a refresh",
            request(&machine).with("grant_type", "refresh_token").with("refresh_token", "x"),
            unauthorized,
        ),
        ("a password", request(&machine).with("grant_type", "password"), (400, "unsupported_grant_type")),
    ];
    for (what, request, answer) in rows {
        refused(what, &machine.send(request).await?, answer);
    }
    granted(&mut machine, |request| request).await?;
    Ok(())
}

/// A client that may do both does both, and one without refresh tokens cannot use one.
#[tokio::test]
async fn grants_are_those_the_operator_chose() -> Outcome {
    let world = World::start().await?;
    let all = NewClient { grants: GrantType::ALL.to_vec(), scope: Some(READING.to_owned()), ..new_client() };
    let mut both = made(&world, all.clone()).await?;
    let tokens = both.sign_in().await?;
    both.refresh(&tokens.refresh).await?;
    granted(&mut both, |request| request).await?;
    let grants = vec![GrantType::AuthorizationCode, GrantType::ClientCredentials];
    let mut without = made(&world, NewClient { grants, ..all }).await?;
    let code = without.approve().await?;
    let request = without.token_request(&code);
    let given = expect(without.send(request).await?, 200)?.json().unwrap_or_default();
    assert_eq!(given.get("refresh_token"), None, "a token it could not use");
    let refresh = without.refresh_request(&tokens.refresh);
    refused("a refresh", &without.send(refresh).await?, (400, "unauthorized_client"));
    Ok(())
}
