//! What else is found on the origin of the endpoint: the issuer's metadata for clients of 2025-03-26, and the text that
//! proves to OpenAI whose server it is.

use conformance::{actor::expect, failure::Outcome, raw, world::World};
use serde_json::json;

const PATHS: [&str; 3] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/mcp",
    "/.well-known/oauth-authorization-server/sse",
];

#[tokio::test]
async fn the_issuers_document_is_here_too() -> Outcome {
    let world = World::start().await?;
    let own = format!("{}/.well-known/oauth-authorization-server", world.issuer());
    let own = expect(raw::send("GET", &own, &[], "").await?, 200)?;
    for path in PATHS {
        let url = format!("{}{path}", world.mcp_origin());
        let reply =
            expect(raw::send("GET", &url, &[("Origin", "https://anywhere.example")], "").await?, 200)?;
        assert_eq!(reply.body, own.body, "{path}");
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        let preflight = raw::send("OPTIONS", &url, &[("Origin", "https://anywhere.example")], "").await?;
        assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (204, Some("*")));
        assert_eq!(raw::send("POST", &url, &[], "{}").await?.status, 405);
    }
    let other = format!("{}/.well-known/oauth-authorization-server/other", world.mcp_origin());
    expect(raw::send("GET", &other, &[], "").await?, 404)?;
    Ok(())
}

#[tokio::test]
async fn it_stays_while_the_issuer_is_away() -> Outcome {
    let mut world = World::start().await?;
    let url = format!("{}{}", world.mcp_origin(), PATHS[0]);
    let seen = expect(raw::send("GET", &url, &[], "").await?, 200)?;
    world.stop_auth().await?;
    world.advance(std::time::Duration::from_secs(3600));
    assert_eq!(expect(raw::send("GET", &url, &[], "").await?, 200)?.body, seen.body);
    Ok(())
}

#[tokio::test]
async fn a_document_that_was_never_obtained_may_come_later() -> Outcome {
    let mut world = World::start().await?;
    world.stop_auth().await?;
    let url = format!("{}{}", world.mcp_origin(), PATHS[0]);
    let reply = expect(raw::send("GET", &url, &[], "").await?, 503)?;
    assert_eq!(reply.header("retry-after"), Some("5"));
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    assert_eq!(reply.json(), Some(json!({"error": "temporarily_unavailable"})));
    Ok(())
}

#[tokio::test]
async fn a_document_of_another_issuer_is_not_shown() -> Outcome {
    let other = World::start().await?;
    let world = World::builder().mcp("ISSUER_FETCH_URL", other.issuer()).start().await?;
    let url = format!("{}{}", world.mcp_origin(), PATHS[0]);
    expect(raw::send("GET", &url, &[], "").await?, 503)?;
    Ok(())
}

#[tokio::test]
async fn the_text_for_openai_is_exactly_what_is_configured() -> Outcome {
    let path = "/.well-known/openai-apps-challenge";
    let world = World::builder().mcp("OPENAI_APPS_CHALLENGE", "a-token_of.THEIRS").start().await?;
    let reply = expect(raw::send("GET", &format!("{}{path}", world.mcp_origin()), &[], "").await?, 200)?;
    assert_eq!(reply.text(), "a-token_of.THEIRS");
    assert_eq!(reply.media_type(), "text/plain");
    let world = World::start().await?;
    let reply = expect(raw::send("GET", &format!("{}{path}", world.mcp_origin()), &[], "").await?, 404)?;
    assert_eq!(reply.json(), Some(json!({"error": "not_found"})));
    Ok(())
}
