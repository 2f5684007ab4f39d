//! The official Python SDK: `mcp`, its versions 1 and 2.

use conformance::{failure::Outcome, world::World};
use serde_json::json;

use super::{
    program,
    round::{HANDSHAKE, STATELESS},
};

/// Goes the whole way with every kind of client that can be registered.
async fn visit(environment: &str, mode: &str, revision: &str) -> Outcome {
    let world = World::start().await?;
    let python = program::path(&format!("target/real-clients/{environment}/bin/python"));
    for method in ["none", "client_secret_post", "client_secret_basic"] {
        let Some(command) = program::command(python.as_os_str(), "python/client.py", &python)? else {
            return Ok(());
        };
        let settings = json!({
            "url": world.mcp_url(),
            "redirect": "http://127.0.0.1:3030/callback",
            "method": method,
            "mode": mode,
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
    visit("python-v1", "legacy", HANDSHAKE).await
}

#[tokio::test]
async fn the_second_generation() -> Outcome {
    visit("python", "auto", STATELESS).await
}

#[tokio::test]
async fn the_second_generation_with_a_handshake() -> Outcome {
    visit("python", "legacy", HANDSHAKE).await
}
