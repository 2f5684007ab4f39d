//! Every client gets in: each persona takes all seven steps against both services.

mod changed;
mod command;
mod documents;
mod stage;

use std::{fs, path::Path};

use conformance::{failure::Outcome, matrix::Row, persona::Persona, world::World};

use self::stage::Stage;
use crate::negative::check::holds_token;

fn everybody() -> Vec<&'static str> {
    Persona::list().map(|(name, _)| name).collect()
}

/// How a client introduced itself, as its report tells.
fn introduction(row: &Row) -> &str {
    row.report.steps.iter().find(|step| step.number == 3).map_or("", |step| &step.seen)
}

#[tokio::test]
async fn every_persona_gets_in_and_the_readme_says_so() -> Outcome {
    let matrix = Stage::set().await?.play(&everybody()).await?;
    let table = matrix.markdown();
    assert!(matrix.clients.iter().all(|row| row.report.conformant), "{table}{}", matrix.remarks());
    assert_eq!(matrix.remarks(), "", "ours leaves nothing to remark");
    let text = serde_json::to_string(&matrix)?;
    assert!(!holds_token(&text), "a token or a part of one");
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md"))?;
    if let Some((_, rest)) = readme.split_once("<!-- personas -->") {
        let shown = rest.split_once("<!-- /personas -->").map_or(rest, |(shown, _)| shown);
        assert_eq!(shown.trim(), table.trim(), "README.md, between the markers");
    }
    Ok(())
}

#[tokio::test]
async fn each_introduces_itself_as_the_real_one_does() -> Outcome {
    let matrix = Stage::set().await?.play(&everybody()).await?;
    for (name, way) in [
        ("chatgpt-stable", "private_key_jwt"),
        ("chatgpt-callback", "private_key_jwt"),
        ("chatgpt-dcr", "201, client authentication client_secret_post"),
        ("chatgpt-reconnect", "201, client authentication client_secret_post"),
        ("claude", "client authentication none"),
        ("claude-code", "client authentication none"),
        ("copilot-cli", "client authentication none"),
        ("copilot-studio", "201, client authentication client_secret_basic"),
        ("m365", "201, client authentication client_secret_basic"),
        ("vscode", "client authentication none"),
        ("cursor", "201, client authentication none"),
        ("gemini", "201, client authentication none"),
        ("mcp-remote", "201, client authentication none"),
        ("inspector", "201, client authentication none"),
        ("codex", "client authentication none"),
    ] {
        let row = matrix.clients.iter().find(|row| row.persona == name);
        let seen = row.map(introduction).unwrap_or_default();
        assert!(seen.ends_with(way), "{name}: {seen}");
        let is_registered = way.starts_with("201");
        assert_eq!(seen.starts_with("document https://"), !is_registered, "{name}: {seen}");
    }
    Ok(())
}

#[tokio::test]
async fn where_no_documents_are_taken_everybody_registers_and_gets_in() -> Outcome {
    let stage = Stage::around(World::builder().auth("CIMD", "off").start().await?).await?;
    let matrix = stage.play(&everybody()).await?;
    for row in &matrix.clients {
        assert!(row.report.conformant, "{}", matrix.remarks());
        assert!(introduction(row).starts_with("201"), "{}: {}", row.persona, introduction(row));
    }
    Ok(())
}

#[tokio::test]
async fn who_was_connected_before_gets_in_with_and_without_scope() -> Outcome {
    let matrix = Stage::set().await?.play(&["chatgpt-reconnect"]).await?;
    let steps = &matrix.clients[0].report.steps;
    let taken: Vec<u8> = steps.iter().map(|step| step.number).collect();
    assert_eq!(taken, [1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7]);
    let asked: Vec<&String> =
        steps.iter().filter(|step| step.number == 4).map(|step| &step.calls[0]).collect();
    assert!(asked[0].contains("scope=openid") && !asked[0].contains("id_token_hint"), "{}", asked[0]);
    assert!(!asked[1].contains("scope=") && asked[1].contains("id_token_hint="), "{}", asked[1]);
    assert!(asked[2].contains("scope=&") && asked[2].contains("id_token_hint="), "{}", asked[2]);
    Ok(())
}
