//! Refreshing: the successor again within the grace, the end of everything after it (OAuth 2.1 §4.3.1).

use conformance::{actor::Actor, failure::Outcome, world::World};
use serde_json::json;

use super::check::{refused, seconds};

const GRANT: (u16, &str) = (400, "invalid_grant");
const ALL: &str = "notes:read notes:write meetings:read meetings:write";

/// The refresh token is refused, and it is refused again.
async fn is_over(what: &str, actor: &mut Actor, refresh_token: &str) -> Outcome {
    for _ in 0..2 {
        let request = actor.refresh_request(refresh_token);
        refused(what, &actor.send(request).await?, GRANT);
    }
    Ok(())
}

#[tokio::test]
async fn within_the_grace_the_successor_is_served_again() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let first = actor.sign_in().await?.refresh;
    let second = actor.refresh(&first).await?;
    for wait in [0, 60, 60] {
        world.advance(seconds(wait));
        let again = actor.refresh(&first).await?;
        assert_eq!(again.refresh, second.refresh, "the successor is derived, so it is the same");
        assert_ne!(again.access, second.access, "and comes with a token of its own");
        assert_eq!(actor.call_tool(&again.access, "list_notes").await?.status, 200);
    }
    let third = actor.refresh(&second.refresh).await?;
    assert_ne!(third.refresh, second.refresh);
    is_over("two generations back, whatever the grace", &mut actor, &first).await?;
    is_over("the living one with it", &mut actor, &third.refresh).await
}

#[tokio::test]
async fn after_the_grace_a_second_use_ends_the_grant() -> Outcome {
    let mut world = World::start().await?;
    let mut actor = world.actor().await?;
    for restarts in [false, true] {
        let first = actor.sign_in().await?.refresh;
        let second = actor.refresh(&first).await?;
        world.advance(seconds(121));
        if restarts {
            world.restart_auth().await?;
        }
        is_over("a second use", &mut actor, &first).await?;
        is_over("the living one with it", &mut actor, &second.refresh).await?;
    }
    actor.sign_in().await?;
    Ok(())
}

#[tokio::test]
async fn without_a_grace_every_token_is_good_once() -> Outcome {
    let world = World::builder().auth("REFRESH_GRACE", "0").start().await?;
    let mut actor = world.actor().await?;
    let first = actor.sign_in().await?.refresh;
    let second = actor.refresh(&first).await?;
    let third = actor.refresh(&second.refresh).await?;
    is_over("a second use", &mut actor, &second.refresh).await?;
    is_over("the living one with it", &mut actor, &third.refresh).await
}

#[tokio::test]
async fn nothing_wrong_refreshes_and_nothing_wrong_spends_the_token() -> Outcome {
    let world = World::builder().auth("REFRESH_GRACE", "0").start().await?;
    let mut actor = world.actor().await?;
    let mut other = world.actor().await?;
    let tokens = actor.sign_in().await?;
    let theirs = other.sign_in().await?;
    let token = tokens.refresh.as_str();
    let happy = || actor.refresh_request(token);
    let changed = |place: usize| {
        let letter = if token.as_bytes()[place] == b'A' { "B" } else { "A" };
        format!("{}{letter}{}", &token[..place], &token[place + 1..])
    };
    let sse = world.mcp_url().replace("/mcp", "/sse");
    let (request, scope, target) =
        ((400, "invalid_request"), (400, "invalid_scope"), (400, "invalid_target"));
    let rows = vec![
        ("another grant", happy().with("refresh_token", changed(8)), GRANT),
        ("another generation", happy().with("refresh_token", changed(20)), GRANT),
        ("another MAC", happy().with("refresh_token", changed(40)), GRANT),
        ("a token cut short", happy().with("refresh_token", &token[..token.len() - 1]), GRANT),
        ("a token without its MAC", happy().with("refresh_token", "AAAAAAAAAAAAAAAAAAAAAA"), GRANT),
        ("garbage", happy().with("refresh_token", "garbage"), GRANT),
        ("garbage outside ASCII", happy().with("refresh_token", "ä\0"), GRANT),
        ("the access token", happy().with("refresh_token", tokens.access.as_str()), GRANT),
        ("another client's", happy().with("refresh_token", theirs.refresh.as_str()), GRANT),
        ("none", happy().without("refresh_token"), request),
        ("two", happy().with_another("refresh_token", token), request),
        ("a wider scope", happy().with("scope", format!("{ALL} admin")), scope),
        ("another scope", happy().with("scope", "admin"), scope),
        ("a malformed scope", happy().with("scope", "notes:read \""), scope),
        ("a scope of spaces", happy().with("scope", "  "), scope),
        ("the other resource here", happy().with("resource", sse), target),
        ("an unknown resource", happy().with("resource", "https://evil.com/mcp"), target),
        ("a wrong secret", happy().with("client_secret", "wrong"), (401, "invalid_client")),
    ];
    for (what, request, answer) in rows {
        refused(what, &actor.send(request).await?, answer);
    }
    // With a grace of nothing these would be reuse, had anything been spent.
    actor.refresh(token).await?;
    other.refresh(&theirs.refresh).await?;
    Ok(())
}

#[tokio::test]
async fn a_narrower_scope_is_for_that_access_token_only() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let first = actor.sign_in().await?;
    assert_eq!(first.scope, ALL);
    let request = actor.refresh_request(&first.refresh).with("scope", "notes:read");
    let narrow = conformance::actor::TokenSet::of(&actor.send(request).await?)?;
    assert_eq!(narrow.scope, "notes:read");
    let create = actor.tool_request("create_note", json!({"title": "test"}));
    assert_eq!(actor.send(create.clone().bearer(&narrow.access)).await?.status, 403);
    assert_eq!(actor.call_tool(&narrow.access, "list_notes").await?.status, 200);
    let request = actor.refresh_request(&narrow.refresh).without("resource");
    let whole = conformance::actor::TokenSet::of(&actor.send(request).await?)?;
    assert_eq!(whole.scope, ALL, "what was granted is still granted");
    assert_eq!(actor.send(create.bearer(&whole.access)).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_grant_that_is_not_used_ends() -> Outcome {
    let mut world = World::builder().auth("REFRESH_TOKEN_LIFETIME", "3600").start().await?;
    let mut actor = world.actor().await?;
    let mut tokens = actor.sign_in().await?;
    for _ in 0..3 {
        world.advance(seconds(3599));
        tokens = actor.refresh(&tokens.refresh).await?;
    }
    world.restart_auth().await?;
    tokens = actor.refresh(&tokens.refresh).await?;
    world.advance(seconds(3600));
    is_over("a whole lifetime unused", &mut actor, &tokens.refresh).await
}
