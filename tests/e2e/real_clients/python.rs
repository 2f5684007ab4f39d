//! The official Python SDK: `mcp`, its versions 1 and 2.

use conformance::failure::Outcome;
use serde_json::json;
use tokio::process::Command;

use super::{
    program,
    round::{HANDSHAKE, STATELESS},
    standings,
};

fn first() -> Outcome<Option<Command>> {
    command("python-v1")
}

fn second() -> Outcome<Option<Command>> {
    command("python")
}

fn command(environment: &str) -> Outcome<Option<Command>> {
    let python = program::path(&format!("target/real-clients/{environment}/bin/python"));
    program::command(python.as_os_str(), "python/client.py", &python)
}

#[tokio::test]
async fn the_first_generation() -> Outcome {
    standings::all(first, json!({}), HANDSHAKE).await
}

#[tokio::test]
async fn the_second_generation() -> Outcome {
    standings::all(second, json!({}), STATELESS).await
}

#[tokio::test]
async fn the_second_generation_with_a_handshake() -> Outcome {
    standings::all(second, json!({"mode": "legacy"}), HANDSHAKE).await
}

#[tokio::test]
async fn the_first_generation_in_older_ways() -> Outcome {
    standings::older(first, json!({})).await
}

#[tokio::test]
async fn the_second_generation_in_older_ways() -> Outcome {
    standings::older(second, json!({"mode": "legacy"})).await
}
