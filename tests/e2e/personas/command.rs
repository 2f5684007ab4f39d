//! The command line: what is printed, and the exit code.

use std::process::Stdio;

use conformance::{
    failure::Outcome,
    world::{EMAIL, PASSWORD, World},
};
use serde_json::Value;
use tokio::{io::AsyncWriteExt, process::Command};

use crate::negative::check::holds_token;

/// Runs `conform` with a password on its standard input: exit code and everything it said.
async fn conform(arguments: &[&str]) -> Outcome<(Option<i32>, String)> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_conform"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // Who does not read it has closed it already.
        let _ = input.write_all(PASSWORD.as_bytes()).await;
    }
    let output = child.wait_with_output().await?;
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Ok((output.status.code(), said))
}

const SIGNED_IN: [&str; 3] = ["--user", EMAIL, "--password-stdin"];

#[tokio::test]
async fn several_clients_are_a_matrix_and_one_is_told_step_by_step() -> Outcome {
    let world = World::start().await?;
    let played = async |more: &[&str]| conform(&[&[world.mcp_url()], &SIGNED_IN[..], more].concat()).await;
    let (code, said) = played(&["--persona", "gemini", "--persona", "cursor"]).await?;
    assert!(code == Some(0) && said.contains("2 of 2 clients get in"), "{said}");
    assert!(said.contains("| Gemini CLI | `gemini` | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |"), "{said}");
    let (code, said) = played(&["--persona", "gemini"]).await?;
    assert!(code == Some(0) && said.contains("conformant: 7 of 7 steps hold"), "{said}");
    let (code, said) = played(&["--persona", "gemini", "--persona", "cursor", "--json"]).await?;
    let document: Value = serde_json::from_str(&said)?;
    assert_eq!((code, &document["clients"][1]["persona"]), (Some(0), &Value::from("cursor")));
    assert!(!said.contains(PASSWORD) && !holds_token(&said));
    Ok(())
}

#[tokio::test]
async fn who_does_not_get_in_is_told_and_so_is_what_to_change() -> Outcome {
    let world = World::builder().auth("REFRESH_GRACE", "0").auth("CIMD", "off").start().await?;
    let arguments = ["--persona", "copilot-cli", "--persona", "gemini"];
    let (code, said) = conform(&[&[world.mcp_url()], &SIGNED_IN[..], &arguments].concat()).await?;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("1 of 2 clients get in") && said.contains("just replaced"), "{said}");
    Ok(())
}

#[tokio::test]
async fn what_is_typed_wrong_is_told_apart_from_what_fails() -> Outcome {
    let at = "https://mcp.example/mcp";
    for (arguments, told) in [
        (vec![at, "--persona", "chatgtp"], "chatgpt-stable"),
        (vec![at, "--persona", "all"], "one client at a time"),
        (vec![], "URL"),
        (vec![at, "--write-documents", "x"], "--documents"),
        (vec![at, "--documents", "http://a.example", "--write-documents", "x"], "https"),
    ] {
        let (code, said) = conform(&arguments).await?;
        assert!(code == Some(2) && said.contains(told), "{arguments:?}: {said}");
    }
    let (code, said) = conform(&["--list-personas"]).await?;
    assert!(code == Some(0) && said.contains("mcp-remote"), "{said}");
    Ok(())
}
