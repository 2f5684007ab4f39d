//! A token that does not allow enough: told with every scope the operation needs, in the way the caller reads.

use conformance::{
    actor::{Actor, TokenSet},
    failure::Outcome,
    world::World,
};
use serde_json::{Value, json};

use super::check::{challenge, told_in_body};

const CHATGPT: &str = "openai-mcp/1.0.0";

/// Signed in for these scopes only.
async fn signed_in(world: &World, scope: &str) -> Outcome<(Actor, TokenSet)> {
    let mut actor = world.actor().await?;
    let request = actor.authorize_request().with("scope", scope);
    let code = actor.decide(request, "allow").await?.code()?;
    let tokens = actor.redeem(&code).await?;
    assert_eq!(tokens.scope, scope);
    Ok((actor, tokens))
}

fn tools() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("create_note", json!({"title": "test"}), "notes:write"),
        ("list_notes", json!({}), "notes:read"),
        ("get_note", json!({"id": "1"}), "notes:read"),
        ("search_notes", json!({"query": "test"}), "notes:read"),
        ("update_note", json!({"id": "1", "title": "test"}), "notes:write"),
        ("delete_note", json!({"id": "1"}), "notes:write"),
        ("record_meeting", json!({"title": "test"}), "meetings:write"),
        ("list_recent_meetings", json!({}), "meetings:read"),
        ("get_meeting", json!({"id": "1"}), "meetings:read"),
    ]
}

#[tokio::test]
async fn every_tool_names_the_scope_it_lacks() -> Outcome {
    let world = World::start().await?;
    for scope in ["notes:read", "notes:write", "meetings:read", "meetings:write"] {
        let (mut actor, tokens) = signed_in(&world, scope).await?;
        for (tool, arguments, needed) in tools() {
            let request = actor.tool_request(tool, arguments).bearer(&tokens.access);
            let reply = actor.send(request.clone()).await?;
            if needed == scope {
                assert_eq!((reply.status, told_in_body(&reply)), (200, None), "{tool} with {scope}");
                continue;
            }
            assert_eq!(reply.status, 403, "{tool} with {scope}: {}", reply.text());
            let field = challenge(tool, &reply, &actor)?;
            assert_eq!(field.parameter("error"), Some("insufficient_scope"), "{tool}");
            assert_eq!(field.parameter("scope"), Some(needed), "{tool}");
            assert_eq!(told_in_body(&reply), Some(field.to_string()), "{tool}");
            // ChatGPT reads the result of a 200 only.
            let reply = actor.send(request.with_header("user-agent", CHATGPT)).await?;
            assert_eq!((reply.status, reply.header("www-authenticate")), (200, None), "{tool}");
            assert_eq!(told_in_body(&reply), Some(field.to_string()), "{tool}");
        }
    }
    Ok(())
}

/// Only a missing scope is told in a 200: a missing or bad token is a 401 for everybody.
#[tokio::test]
async fn chatgpt_too_is_asked_for_a_token_by_status() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    for request in [
        actor.tool_request("create_note", json!({"title": "test"})),
        actor.tool_request("create_note", json!({"title": "test"})).bearer("garbage"),
    ] {
        let reply = actor.send(request.with_header("user-agent", CHATGPT)).await?;
        assert_eq!(reply.status, 401);
        challenge("ChatGPT", &reply, &actor)?;
        assert!(told_in_body(&reply).is_some());
    }
    Ok(())
}

/// A step-up: what was missing is asked for and then there.
#[tokio::test]
async fn the_missing_scope_can_be_asked_for() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    let registration = actor.register_request().with("scope", "notes:read");
    actor.register_with(registration).await?;
    let tokens = actor.sign_in().await?;
    assert_eq!(tokens.scope, "notes:read", "the scope of the registration is the default");
    let create = actor.tool_request("create_note", json!({"title": "test"}));
    let reply = actor.send(create.clone().bearer(&tokens.access)).await?;
    let missing = challenge("create_note", &reply, &actor)?;
    let scope = format!("{} {}", tokens.scope, missing.parameter("scope").unwrap_or_default());
    let request = actor.authorize_request().with("scope", scope);
    let code = actor.decide(request, "allow").await?.code()?;
    let tokens = actor.redeem(&code).await?;
    assert_eq!(actor.send(create.bearer(&tokens.access)).await?.status, 200);
    Ok(())
}
