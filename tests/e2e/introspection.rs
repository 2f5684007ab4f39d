//! Introspection (RFC 7662): who may ask, about which tokens, and what is told.

use std::collections::BTreeSet;

use auth_server::{clients::new_client::NewClient, oauth::client::GrantType};
use conformance::{
    actor::{Actor, Request, TokenSet, expect},
    failure::{Failure, Outcome},
    jwt::Jwt,
    world::World,
};
use serde_json::Value;

use crate::{
    client_methods::{introspect_request, made, new_machine},
    negative::check::{refused, seconds},
};

/// Exactly this, of whatever is not to be told (RFC 7662 §2.2).
const INACTIVE: &str = r#"{"active":false}"#;
/// `token_type_hint`: right, wrong, or not there.
const HINTS: [&str; 4] = ["", "access_token", "refresh_token", "anything"];

/// The resource itself, as a client that only looks at tokens.
async fn resource_server(world: &World, resource: &str) -> Outcome<Actor> {
    let new = NewClient {
        name: "The notes".to_owned(),
        resource_server: Some(resource.to_owned()),
        ..NewClient::default()
    };
    made(world, new).await
}

/// What is told.
async fn look(asker: &mut Actor, token: &str) -> Outcome<String> {
    let request = introspect_request(asker, token);
    let reply = expect(asker.send(request).await?, 200)?;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert!(reply.is_no_store());
    Ok(reply.text().into_owned())
}

async fn active(asker: &mut Actor, token: &str) -> Outcome<Value> {
    let told: Value = serde_json::from_str(&look(asker, token).await?)?;
    match told["active"] == true {
        true => Ok(told),
        false => Err(Failure::new("the token should be active")),
    }
}

fn names(told: &Value) -> BTreeSet<&str> {
    told.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn the_members_are_those_of_the_token() -> Outcome {
    let world = World::start().await?;
    let mut asker = resource_server(&world, world.mcp_url()).await?;
    let mut actor = world.actor().await?;
    let tokens = actor.sign_in().await?;
    let jwt = Jwt::parse(&tokens.access).ok_or_else(|| Failure::new("no JWT"))?;
    for told in [active(&mut asker, &tokens.access).await?, active(&mut actor, &tokens.access).await?] {
        let expected =
            ["active", "aud", "client_id", "exp", "iat", "iss", "jti", "scope", "sub", "token_type"];
        assert_eq!(names(&told), BTreeSet::from(expected));
        assert_eq!(told["token_type"], "Bearer");
        for name in ["aud", "client_id", "exp", "iat", "iss", "jti", "scope", "sub"] {
            assert_eq!(told[name], jwt.claims[name], "{name}");
        }
    }
    let told = active(&mut actor, &tokens.refresh).await?;
    let expected = ["active", "aud", "client_id", "exp", "iat", "iss", "scope", "sub"];
    assert_eq!(names(&told), BTreeSet::from(expected));
    assert_eq!(told["exp"].as_i64(), told["iat"].as_i64().map(|iat| iat + 30 * 24 * 3600));
    Ok(())
}

#[tokio::test]
async fn nobody_asks_without_proof() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let mut public = world.stranger()?;
    let request = public.register_request().with("token_endpoint_auth_method", "none");
    public.register_with(request).await?;
    let tokens = public.sign_in().await?;
    let (client, request) = ((401, "invalid_client"), (400, "invalid_request"));
    // Its own token, and still: whoever knows the public name could try out tokens.
    let own = introspect_request(&public, &tokens.access);
    refused("a public client", &public.send(own).await?, client);
    let tokens = actor.sign_in().await?;
    let happy = || introspect_request(&actor, &tokens.access);
    let bare = || happy().without("client_secret");
    let as_json = Request::json(actor.endpoint("introspect"), serde_json::json!({"token": tokens.access}));
    let rows = vec![
        ("nobody", bare().without("client_id"), request),
        ("a name alone", bare(), client),
        ("a wrong secret", happy().with("client_secret", "wrong"), client),
        ("an unknown client", happy().with("client_id", "nobody"), client),
        ("the token itself as proof", bare().bearer(&tokens.access), client),
        ("no token", happy().without("token"), request),
        ("two tokens", happy().with_another("token", "x"), request),
        ("a token in the query", happy().to(format!("{}?token=x", actor.endpoint("introspect"))), request),
        ("a JSON body", as_json, request),
    ];
    for (what, request, answer) in rows {
        refused(what, &actor.send(request).await?, answer);
    }
    let get = Request::get(actor.endpoint("introspect")).with("token", tokens.access.as_str());
    assert_eq!(actor.send(get).await?.status, 405);
    active(&mut actor, &tokens.access).await?;
    Ok(())
}

/// A client sees its own tokens, a resource those that were issued for it, and neither any other.
#[tokio::test]
async fn everybody_sees_their_own() -> Outcome {
    let world = World::start().await?;
    let sse = format!("{}/sse", world.mcp_origin());
    let mut notes = resource_server(&world, world.mcp_url()).await?;
    let mut events = resource_server(&world, &sse).await?;
    let (mut actor, mut other) = (world.actor().await?, world.actor().await?);
    let tokens = actor.sign_in().await?;
    other.sign_in().await?;
    active(&mut notes, &tokens.access).await?;
    active(&mut actor, &tokens.access).await?;
    assert_eq!(look(&mut events, &tokens.access).await?, INACTIVE, "issued for another resource");
    assert_eq!(look(&mut other, &tokens.access).await?, INACTIVE, "issued to another client");
    active(&mut actor, &tokens.refresh).await?;
    for asker in [&mut notes, &mut events, &mut other] {
        assert_eq!(look(asker, &tokens.refresh).await?, INACTIVE, "a refresh token is its client's alone");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_token_is_inactive() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let mut asker = resource_server(&world, world.mcp_url()).await?;
    let code = actor.approve().await?;
    let tokens = actor.redeem(&code).await?;
    let mut tampered = tokens.access.clone();
    tampered.replace_range(tampered.len() - 20..tampered.len() - 10, "0000000000");
    let (_, claims) = tokens.access.split_once('.').ok_or_else(|| Failure::new("no JWT"))?;
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", claims.split('.').next().unwrap_or_default());
    let id = actor.client.id.clone();
    for (what, token) in [
        ("an unknown one", "unknown"),
        ("a code", &code),
        ("a client_id", &id),
        ("a changed one", &tampered),
        ("one without a signature", &unsigned),
        ("letters outside ASCII", "ä\0"),
    ] {
        for hint in HINTS {
            for asker in [&mut actor, &mut asker] {
                let request = introspect_request(asker, token).with("token_type_hint", hint);
                assert_eq!(asker.send(request).await?.text(), INACTIVE, "{what}");
            }
        }
    }
    for hint in HINTS {
        for token in [&tokens.access, &tokens.refresh] {
            let request = introspect_request(&actor, token).with("token_type_hint", hint);
            assert_ne!(actor.send(request).await?.text(), INACTIVE, "a hint is only a hint");
        }
    }
    Ok(())
}

/// What ends a token ends it here at once.
#[tokio::test]
async fn a_token_that_is_over_is_inactive() -> Outcome {
    let mut world = World::start().await?;
    let mut asker = resource_server(&world, world.mcp_url()).await?;
    let mut actor = world.actor().await?;
    let (expiring, revoked, blocked) =
        (actor.sign_in().await?, actor.sign_in().await?, world.actor().await?.sign_in().await?);
    for tokens in [&expiring, &revoked, &blocked] {
        active(&mut asker, &tokens.access).await?;
    }
    let revoke = actor.revoke_request(&revoked.refresh);
    expect(actor.send(revoke).await?, 200)?;
    let client = Jwt::parse(&blocked.access).and_then(|jwt| jwt.claim("client_id").map(str::to_owned));
    let app = world.auth_app()?;
    app.clients.block(&client.unwrap_or_default(), app.clock.now()).await?;
    for restarts in [false, true] {
        if restarts {
            world.restart_auth().await?;
        }
        for over in [&revoked, &blocked] {
            assert_eq!(look(&mut asker, &over.access).await?, INACTIVE);
        }
        assert_eq!(look(&mut actor, &revoked.refresh).await?, INACTIVE);
        active(&mut asker, &expiring.access).await?;
    }
    world.advance(seconds(3599));
    active(&mut asker, &expiring.access).await?;
    world.advance(seconds(1));
    assert_eq!(look(&mut asker, &expiring.access).await?, INACTIVE);
    active(&mut actor, &expiring.refresh).await?;
    world.advance(seconds(30 * 24 * 3600 - 3600));
    assert_eq!(look(&mut actor, &expiring.refresh).await?, INACTIVE);
    Ok(())
}

/// Looking at a refresh token uses nothing up, and judges it as using it would.
#[tokio::test]
async fn looking_changes_nothing() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let first = actor.sign_in().await?;
    let second: TokenSet = actor.refresh(&first.refresh).await?;
    for _ in 0..3 {
        active(&mut actor, &first.refresh).await?;
        active(&mut actor, &second.refresh).await?;
    }
    world.advance(seconds(121));
    // After the grace its use would be reuse; to look at it is not to use it.
    for _ in 0..3 {
        assert_eq!(look(&mut actor, &first.refresh).await?, INACTIVE);
    }
    actor.refresh(&second.refresh).await?;
    Ok(())
}

/// A machine's token stands on the machine: with it, it goes.
#[tokio::test]
async fn a_token_of_a_machine_holds_as_long_as_the_machine() -> Outcome {
    let world = World::start().await?;
    let mut asker = resource_server(&world, world.mcp_url()).await?;
    let app = world.auth_app()?;
    for removed in [false, true] {
        let mut machine = made(&world, new_machine("notes:read")).await?;
        let request = Request::form(machine.endpoint("token"))
            .with("grant_type", GrantType::ClientCredentials.as_str())
            .with("client_id", machine.client.id.as_str())
            .with("client_secret", machine.client.secret.as_deref().unwrap_or_default());
        let answer = expect(machine.send(request).await?, 200)?.json().unwrap_or_default();
        let access = answer["access_token"].as_str().unwrap_or_default().to_owned();
        let id = machine.client.id.clone();
        assert_eq!(active(&mut asker, &access).await?["sub"], format!("client:{id}"));
        match removed {
            true => app.clients.remove(&id, app.clock.now()).await?,
            false => app.clients.block(&id, app.clock.now()).await?,
        };
        assert_eq!(look(&mut asker, &access).await?, INACTIVE);
    }
    Ok(())
}
