//! Revocation (RFC 7009): what is ended stays ended, and what is not known is no error.

use conformance::{actor::Request, failure::Outcome, world::World};

use super::check::refused;

const GRANT: (u16, &str) = (400, "invalid_grant");

#[tokio::test]
async fn a_revoked_grant_cannot_be_refreshed() -> Outcome {
    let mut world = World::start().await?;
    let mut actor = world.actor().await?;
    let first = actor.sign_in().await?;
    let spare = actor.sign_in().await?;
    let second = actor.refresh(&first.refresh).await?;
    // The predecessor speaks for its grant as well.
    for token in [&first.refresh, &second.refresh, &first.refresh] {
        let request = actor.revoke_request(token).with("token_type_hint", "refresh_token");
        assert_eq!(actor.send(request).await?.status, 200, "a second time is no error");
    }
    for restarts in [false, true] {
        if restarts {
            world.restart_auth().await?;
        }
        for token in [&first.refresh, &second.refresh] {
            let request = actor.refresh_request(token);
            refused("a revoked grant", &actor.send(request).await?, GRANT);
        }
    }
    actor.refresh(&spare.refresh).await?;
    Ok(())
}

#[tokio::test]
async fn nothing_else_is_revoked() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let mut other = world.actor().await?;
    let tokens = actor.sign_in().await?;
    for (what, token) in [
        ("an unknown token", "unknown"),
        ("a made-up one", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("letters outside ASCII", "ä\0"),
        ("one cut short", &tokens.refresh[..tokens.refresh.len() - 1]),
    ] {
        let request = actor.revoke_request(token);
        let reply = actor.send(request).await?;
        assert_eq!((reply.status, reply.is_no_store()), (200, true), "{what}: {}", reply.text());
    }
    let happy = || actor.revoke_request(&tokens.refresh);
    let (client, request) = ((401, "invalid_client"), (400, "invalid_request"));
    let as_json = Request::json(actor.endpoint("revoke"), serde_json::json!({"token": tokens.refresh}));
    let rows = vec![
        ("an access token", actor.revoke_request(&tokens.access), (400, "unsupported_token_type")),
        ("no client", happy().without("client_id").without("client_secret"), request),
        ("a wrong secret", happy().with("client_secret", "wrong"), client),
        ("no secret", happy().without("client_secret"), client),
        ("an unknown client", happy().with("client_id", "nobody"), client),
        ("no token", happy().without("token"), request),
        ("two tokens", happy().with_another("token", "x"), request),
        ("a JSON body", as_json, request),
        ("the token in the query", happy().to(format!("{}?token=x", actor.endpoint("revoke"))), request),
    ];
    for (what, request, answer) in rows {
        refused(what, &actor.send(request).await?, answer);
    }
    let stranger = other.revoke_request(&tokens.refresh);
    refused("another client", &other.send(stranger).await?, GRANT);
    actor.refresh(&tokens.refresh).await?;
    // What is signed is good until it ends, whatever becomes of its grant.
    assert_eq!(actor.call_tool(&tokens.access, "list_notes").await?.status, 200);
    Ok(())
}
