//! `kill -9` of the mcp-server.

use conformance::{
    actor::{Actor, expect},
    failure::{Failure, Outcome},
};
use serde_json::json;
use tokio::sync::mpsc;

use crate::harness::{Deployment, note_ids};

#[tokio::test]
async fn a_note_that_was_acknowledged_is_there() -> Outcome {
    let mut deployment = Deployment::start().await?;
    let mut actor = deployment.actor().await?;
    let tokens = actor.sign_in().await?;
    let id = create_note(&mut actor, &tokens.access, "kept").await?;
    deployment.mcp.crash().await?;
    let request = actor.tool_request("get_note", json!({"id": id})).bearer(&tokens.access);
    let reply = expect(actor.send(request).await?, 200)?;
    let note = &reply.json().unwrap_or_default()["result"]["structuredContent"];
    assert_eq!((note["id"].as_str(), note["title"].as_str()), (Some(id.as_str()), Some("kept")), "{note}");
    Ok(())
}

#[tokio::test]
async fn a_change_that_was_acknowledged_is_there() -> Outcome {
    let mut deployment = Deployment::start().await?;
    let mut actor = deployment.actor().await?;
    let tokens = actor.sign_in().await?;
    let id = create_note(&mut actor, &tokens.access, "before").await?;
    let other = create_note(&mut actor, &tokens.access, "in the way").await?;
    for (tool, arguments) in
        [("update_note", json!({"id": id, "title": "after"})), ("delete_note", json!({"id": other}))]
    {
        let request = actor.tool_request(tool, arguments).bearer(&tokens.access);
        expect(actor.send(request).await?, 200)?;
        deployment.mcp.crash().await?;
    }
    let reply = actor.call_tool(&tokens.access, "list_notes").await?;
    let notes = &reply.json().unwrap_or_default()["result"]["structuredContent"]["notes"];
    let titles: Vec<_> = notes.as_array().into_iter().flatten().map(|note| note["title"].as_str()).collect();
    assert_eq!(titles, [Some("after")], "{notes}");
    Ok(())
}

/// Writers that go on until the server is gone, and say which notes were acknowledged.
const WRITERS: usize = 8;
/// How many notes must have been acknowledged before the server is killed.
const ENOUGH: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_note_is_lost_when_it_dies_amid_many_writes() -> Outcome {
    let mut deployment = Deployment::start().await?;
    let mut actor = deployment.actor().await?;
    let tokens = actor.sign_in().await?;
    let (tell, mut told) = mpsc::unbounded_channel();
    for writer in 0..WRITERS {
        let (mut actor, token, tell) = (actor.clone(), tokens.access.clone(), tell.clone());
        tokio::spawn(async move {
            while let Ok(id) = create_note(&mut actor, &token, &format!("of writer {writer}")).await {
                // The test may have ended by failing.
                let _ = tell.send(id);
            }
        });
    }
    drop(tell);
    let mut acknowledged = Vec::new();
    while acknowledged.len() < ENOUGH {
        let id = told.recv().await.ok_or_else(|| Failure::new("every writer failed too early"))?;
        acknowledged.push(id);
    }
    deployment.mcp.kill()?;
    // Ends when the last writer has given up.
    while let Some(id) = told.recv().await {
        acknowledged.push(id);
    }
    deployment.mcp.start().await?;
    let present = note_ids(&mut actor, &tokens.access).await?;
    let lost: Vec<_> = acknowledged.iter().filter(|id| !present.contains(*id)).collect();
    assert!(
        lost.is_empty(),
        "{} of {} acknowledged notes are lost: {lost:?}",
        lost.len(),
        acknowledged.len()
    );
    Ok(())
}

async fn create_note(actor: &mut Actor, access_token: &str, title: &str) -> Outcome<String> {
    let request = actor.tool_request("create_note", json!({"title": title})).bearer(access_token);
    let reply = expect(actor.send(request).await?, 200)?;
    let id =
        reply.json().unwrap_or_default()["result"]["structuredContent"]["id"].as_str().map(str::to_owned);
    id.ok_or_else(|| Failure::new(format!("no note was made: {}", reply.text())))
}
