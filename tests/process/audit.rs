//! Commands tell what they do in the file of the server beside them.

use conformance::failure::Outcome;
use serde_json::Value;

use crate::harness::Deployment;

#[tokio::test]
async fn what_commands_do_is_told_beside_a_running_server() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    let file = deployment.folder().join("audit.log");
    let path = file.display().to_string();
    deployment.auth.set("AUDIT_LOG", &path).set("SETUP_LINK", "off").start().await?;
    let client = ["clients", "add", "Wiki", "--id", "wiki", "--redirect-uri", "https://wiki.example.com/cb"];
    let mut password = Some("long enough\n");
    for arguments in [
        &["users", "add", "eve@example.com", "--password-stdin"][..],
        &client,
        &["clients", "block", "wiki"],
        &["clients", "block", "wiki"],
        &["clients", "unblock", "wiki"],
        &["clients", "remove", "wiki"],
        &["keys", "rotate"],
    ] {
        let ended = deployment.auth.run(arguments, password.take()).await?;
        assert!(!ended.said.contains("\"event\""), "it stands in the file alone: {}", ended.said);
    }
    let lines: Result<Vec<Value>, _> =
        std::fs::read_to_string(&file)?.lines().map(serde_json::from_str).collect();
    let names: Vec<Value> = lines?.into_iter().map(|line| line["event"].clone()).collect();
    let expected = [
        "signing_key_made",
        "account_added",
        "client_added",
        "client_blocked",
        "client_unblocked",
        "client_removed",
        "signing_key_made",
    ];
    assert_eq!(names, expected);
    Ok(())
}

#[tokio::test]
async fn a_file_that_cannot_be_made_is_told_at_the_start() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    let path = deployment.folder().join("nowhere/audit.log").display().to_string();
    let ended = deployment.auth.set("AUDIT_LOG", &path).run(&[], None).await?;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.said);
    assert!(ended.said.contains("cannot write to AUDIT_LOG"), "{}", ended.said);
    Ok(())
}

/// Standard error is the log's as well: one line each.
#[tokio::test]
async fn standard_error_has_a_line_of_json_for_each() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    deployment.auth.set("AUDIT_LOG", "stderr").set("SETUP_LINK", "off").start().await?;
    let said = deployment.auth.process()?.said();
    let told = said.lines().filter(|line| line.starts_with('{')).map(serde_json::from_str::<Value>);
    let told: Vec<Value> = told.collect::<Result<_, _>>()?;
    assert_eq!(told.iter().map(|line| line["event"].clone()).collect::<Vec<_>>(), ["signing_key_made"]);
    assert!(!said.contains("made a signing key"), "once: {said}");
    Ok(())
}
