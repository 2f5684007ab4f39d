//! The official TypeScript SDK: `@modelcontextprotocol/sdk`, and `@modelcontextprotocol/client` after it.

use conformance::{failure::Outcome, world::World};
use serde_json::json;

use super::{
    program,
    round::{HANDSHAKE, STATELESS},
};

/// Goes the whole way with every kind of client that can be registered.
async fn visit(sdk: &str, revision: &str) -> Outcome {
    let world = World::start().await?;
    for method in ["none", "client_secret_post", "client_secret_basic"] {
        let needs = program::path("tests/real-clients/typescript/node_modules/@modelcontextprotocol");
        let command = program::command("node".as_ref(), "typescript/client.mjs", &needs)?;
        let Some(command) = command else { return Ok(()) };
        let settings = json!({
            "sdk": sdk,
            "url": world.mcp_url(),
            "redirect": "http://localhost:3030/callback",
            "method": method,
        });
        let rounds = program::visit(&world, command, &settings).await?;
        for (number, round) in (1..).zip(rounds) {
            round.check(number, revision, method != "none");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_first_generation() -> Outcome {
    visit("v1", HANDSHAKE).await
}

#[tokio::test]
async fn the_second_generation() -> Outcome {
    visit("v2", HANDSHAKE).await
}

#[tokio::test]
async fn the_second_generation_without_a_handshake() -> Outcome {
    visit("v2-stateless", STATELESS).await
}
