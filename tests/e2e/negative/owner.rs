//! One person's notes and meetings do not exist for another.

use conformance::{
    actor::Actor,
    failure::{Failure, Outcome},
    world::World,
};
use serde_json::{Value, json};

/// Somebody who is signed in, and their token.
struct Visitor {
    actor: Actor,
    token: String,
}

impl Visitor {
    async fn of(world: &World, email: &str) -> Outcome<Visitor> {
        world.add_user(email, "a password of their own").await?;
        let mut actor = world.actor().await?;
        (actor.email, actor.password) = (email.to_owned(), "a password of their own".to_owned());
        let token = actor.sign_in().await?.access;
        Ok(Visitor { actor, token })
    }

    /// The result of a tool.
    async fn call(&mut self, tool: &str, arguments: Value) -> Outcome<Value> {
        let request = self.actor.tool_request(tool, arguments).bearer(&self.token);
        let reply = self.actor.send(request).await?;
        assert_eq!(reply.status, 200, "{tool}: {}", reply.text());
        Ok(reply.json().unwrap_or_default()["result"].clone())
    }

    /// Makes something and gives its id.
    async fn make(&mut self, tool: &str, arguments: Value) -> Outcome<String> {
        let result = self.call(tool, arguments).await?;
        let id = result["structuredContent"]["id"].as_str().map(str::to_owned);
        id.ok_or_else(|| Failure::new(format!("{tool} gave no id: {result}")))
    }
}

#[tokio::test]
async fn what_is_not_yours_is_not_there() -> Outcome {
    let world = World::start().await?;
    let mut ada = Visitor::of(&world, "ada@example.com").await?;
    let mut eve = Visitor::of(&world, "eve@example.com").await?;
    let note = ada.make("create_note", json!({"title": "the treasure", "body": "under the oak"})).await?;
    let meeting = ada
        .make("record_meeting", json!({"title": "the treasure", "started_at": "2026-01-02T03:04:05Z"}))
        .await?;
    for (tool, arguments) in [
        ("get_note", json!({"id": note})),
        ("update_note", json!({"id": note, "title": "mine", "body": "mine"})),
        ("delete_note", json!({"id": note})),
        ("get_meeting", json!({"id": meeting})),
    ] {
        let others = eve.call(tool, arguments.clone()).await?;
        let mut missing = arguments;
        missing["id"] = json!("4611686018427387904");
        let nobodys = eve.call(tool, missing).await?;
        assert_eq!(others["isError"], json!(true), "{tool}: {others}");
        assert_eq!(others["content"], nobodys["content"], "{tool} tells that there is something");
    }
    for (tool, arguments) in [
        ("list_notes", json!({})),
        ("list_notes", json!({"limit": 100})),
        ("search_notes", json!({"query": "treasure"})),
        ("search_notes", json!({"query": "%"})),
        ("search_notes", json!({"query": "' OR 1=1 --"})),
        ("list_recent_meetings", json!({})),
    ] {
        let seen = eve.call(tool, arguments).await?.to_string();
        assert!(
            !seen.contains("treasure") && !seen.contains("oak") && !seen.contains(&note),
            "{tool}: {seen}"
        );
    }
    let own = ada.call("get_note", json!({"id": note})).await?;
    assert_eq!(own["structuredContent"]["body"], json!("under the oak"), "nothing was changed: {own}");
    let found = ada.call("search_notes", json!({"query": "TREASURE"})).await?;
    assert_eq!(found["structuredContent"]["notes"].as_array().map(Vec::len), Some(1), "{found}");
    Ok(())
}

/// The page of one person does not lead into the list of another.
#[tokio::test]
async fn a_cursor_of_somebody_else_leads_nowhere() -> Outcome {
    let world = World::start().await?;
    let mut ada = Visitor::of(&world, "ada@example.com").await?;
    let mut eve = Visitor::of(&world, "eve@example.com").await?;
    for number in 0..3 {
        ada.make("create_note", json!({"title": format!("treasure {number}")})).await?;
    }
    let page = ada.call("list_notes", json!({"limit": 1})).await?;
    let cursor = page["structuredContent"]["next_cursor"].clone();
    assert!(cursor.is_string(), "{page}");
    let seen = eve.call("list_notes", json!({"cursor": cursor, "limit": 100})).await?;
    assert_eq!(seen["structuredContent"]["notes"], json!([]), "{seen}");
    Ok(())
}

/// The same person by another client sees the same notes: the owner is the user.
#[tokio::test]
async fn another_client_of_the_same_person_sees_them() -> Outcome {
    let world = World::start().await?;
    let (mut one, mut two) = (world.actor().await?, world.actor().await?);
    let (first, second) = (one.sign_in().await?, two.sign_in().await?);
    let request = one.tool_request("create_note", json!({"title": "shared"})).bearer(&first.access);
    assert_eq!(one.send(request).await?.status, 200);
    assert!(two.call_tool(&second.access, "list_notes").await?.text().contains("shared"));
    Ok(())
}
