//! The official TypeScript SDK: `@modelcontextprotocol/sdk`, and `@modelcontextprotocol/client` after it.

use conformance::failure::Outcome;
use serde_json::json;
use tokio::process::Command;

use super::{
    program,
    round::{HANDSHAKE, STATELESS},
    standings,
};

fn command() -> Outcome<Option<Command>> {
    let needs = program::path("tests/real-clients/typescript/node_modules/@modelcontextprotocol");
    program::command("node".as_ref(), "typescript/client.mjs", &needs)
}

#[tokio::test]
async fn the_first_generation() -> Outcome {
    standings::all(command, json!({"sdk": "v1"}), HANDSHAKE).await
}

#[tokio::test]
async fn the_second_generation() -> Outcome {
    standings::all(command, json!({"sdk": "v2"}), HANDSHAKE).await
}

#[tokio::test]
async fn the_second_generation_without_a_handshake() -> Outcome {
    standings::all(command, json!({"sdk": "v2-stateless"}), STATELESS).await
}

#[tokio::test]
async fn the_first_generation_in_older_ways() -> Outcome {
    standings::older(command, json!({"sdk": "v1"})).await
}

#[tokio::test]
async fn the_second_generation_in_older_ways() -> Outcome {
    standings::older(command, json!({"sdk": "v2"})).await
}
