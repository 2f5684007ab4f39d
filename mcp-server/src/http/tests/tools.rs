//! The tools as a client sees them.

use std::time::Duration;

use super::*;
use crate::testing::{header, sign};

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

#[actix_web::test]
async fn every_tool_says_what_it_needs_and_what_it_does() {
    let house = House::open(&[]).await;
    let tools = house.send(house.post("", &list())).await.json()["result"]["tools"].clone();
    for tool in tools.as_array().unwrap() {
        assert_eq!(tool["securitySchemes"][0]["type"], "oauth2");
        assert_eq!(tool["securitySchemes"], tool["_meta"]["securitySchemes"]);
        assert_eq!(tool["inputSchema"]["type"], "object");
        assert_eq!(tool["outputSchema"]["type"], "object");
        assert!(tool["title"].is_string() && tool["description"].is_string());
        let hints = &tool["annotations"];
        assert_eq!(hints["openWorldHint"], false);
        let scope = tool["securitySchemes"][0]["scopes"][0].as_str();
        assert_eq!(scope.is_none(), tool["name"] == "about", "{}", tool["name"]);
        let reads = scope.is_none_or(|scope| scope.ends_with(":read"));
        assert_eq!(hints["readOnlyHint"], reads, "{}", tool["name"]);
    }
    for word in ["$schema", "$ref", "$defs", "uint"] {
        assert!(!tools.to_string().contains(word), "{word} is more than some clients take");
    }
    let limit = &tools[0]["inputSchema"]["properties"]["limit"];
    assert_eq!((&limit["type"], &limit["maximum"]), (&json!(["integer", "null"]), &json!(100)));
    let cursor = &tools[0]["outputSchema"]["properties"]["next_cursor"];
    assert_eq!(cursor["type"], "string");
    assert_eq!(tools[0]["outputSchema"]["required"], json!(["notes"]));
    assert_eq!(tools[3]["name"], "create_note");
    assert_eq!(tools[3]["inputSchema"]["required"], json!(["title"]));
    assert_eq!(tools[5]["annotations"]["destructiveHint"], true);
}

#[actix_web::test]
async fn the_server_tells_what_it_is() {
    let house = House::open(&[]).await;
    let about = house.call("about", json!({})).await["structuredContent"].clone();
    assert_eq!((&about["name"], about["tools"].as_array().unwrap().len()), (&json!("gatehouse"), 10));
    assert_eq!(about["tools"][9]["name"], "about");
    assert_eq!(about["protocol_versions"], json!(["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"]));
}

#[actix_web::test]
async fn a_note_is_written_read_changed_and_deleted() {
    let house = House::open(&[]).await;
    let note = house.call("create_note", json!({ "title": "test" })).await;
    assert_eq!(note["isError"], false);
    assert_eq!(serde_json::from_str::<Value>(text(&note)).unwrap(), note["structuredContent"]);
    let note = note["structuredContent"].clone();
    assert_eq!((&note["title"], &note["body"]), (&json!("test"), &json!("")));
    let id = note["id"].as_str().unwrap();
    house.clock.advance(Duration::from_secs(5));
    let changed = house.call("update_note", json!({ "id": id, "body": "50% of Ärger" })).await;
    let changed = changed["structuredContent"].clone();
    assert_eq!((&changed["title"], &changed["body"]), (&json!("test"), &json!("50% of Ärger")));
    assert_eq!(changed["created_at"], note["created_at"]);
    assert_ne!(changed["updated_at"], note["updated_at"]);
    assert_eq!(house.call("get_note", json!({ "id": id })).await["structuredContent"], changed);
    for (query, found) in [("ärGER", 1), ("0% O", 1), ("TEST", 1), ("5_%", 0), ("\\", 0)] {
        let notes = house.call("search_notes", json!({ "query": query })).await;
        assert_eq!(notes["structuredContent"]["notes"].as_array().unwrap().len(), found, "{query}");
    }
    assert_eq!(
        house.call("delete_note", json!({ "id": id })).await["structuredContent"],
        json!({ "deleted_id": id })
    );
    for tool in ["get_note", "update_note", "delete_note"] {
        let gone = house.call(tool, json!({ "id": id, "title": "t" })).await;
        assert_eq!((&gone["isError"], text(&gone)), (&json!(true), "there is no note with this id"));
    }
}

#[actix_web::test]
async fn lists_come_in_pages_newest_first() {
    let house = House::open(&[]).await;
    for number in 0..5 {
        house.clock.advance(Duration::from_secs(1));
        house.call("create_note", json!({ "title": format!("note {number}") })).await;
        let started_at = format!("2026-11-22T09:00:0{}+01:00", number / 2);
        house
            .call("record_meeting", json!({ "title": format!("meeting {number}"), "started_at": started_at }))
            .await;
    }
    for (tool, rows) in [("list_notes", "notes"), ("list_recent_meetings", "meetings")] {
        let mut titles = Vec::new();
        let mut cursor = json!(null);
        loop {
            let page =
                house.call(tool, json!({ "limit": 2, "cursor": cursor })).await["structuredContent"].clone();
            titles.extend(
                page[rows].as_array().unwrap().iter().map(|row| row["title"].as_str().unwrap().to_owned()),
            );
            cursor = page["next_cursor"].clone();
            if cursor.is_null() {
                break;
            }
        }
        let kind = rows.trim_end_matches('s');
        let expected: Vec<String> = (0..5).rev().map(|number| format!("{kind} {number}")).collect();
        assert_eq!(titles, expected);
    }
}

#[actix_web::test]
async fn a_meeting_keeps_who_was_there() {
    let house = House::open(&[]).await;
    let arguments = json!({
        "title": "Kick-off", "started_at": "2026-11-22T10:30:00+01:00", "summary": "We begin.",
        "attendees": ["Ada", "Grace \"Amazing\" Hopper"],
    });
    let meeting = house.call("record_meeting", arguments.clone()).await["structuredContent"].clone();
    assert_eq!(meeting["started_at"], "2026-11-22T09:30:00Z");
    assert_eq!(meeting["attendees"], arguments["attendees"]);
    assert_eq!(house.call("get_meeting", json!({ "id": meeting["id"] })).await["structuredContent"], meeting);
}

#[actix_web::test]
async fn unusable_arguments_are_explained_to_the_model() {
    let house = House::open(&[]).await;
    for (tool, arguments, told) in [
        ("create_note", json!({}), "the arguments are not those of create_note: missing field `title`"),
        ("create_note", json!({ "title": " " }), "title is empty"),
        (
            "create_note",
            json!({ "title": "t", "body": "a".repeat(20_001) }),
            "body has more than 20000 characters",
        ),
        (
            "update_note",
            json!({ "id": "1" }),
            "title and body are both missing, so there is nothing to change",
        ),
        ("list_notes", json!({ "limit": 0 }), "limit is not between 1 and 100"),
        ("list_notes", json!({ "cursor": "x" }), "cursor was not given out by this tool"),
        ("get_meeting", json!({ "id": "x" }), "there is no meeting with this id"),
        (
            "record_meeting",
            json!({ "title": "t", "started_at": "today" }),
            "started_at is no RFC 3339 date and time, such as 2026-11-22T09:30:00Z",
        ),
    ] {
        let result = house.call(tool, arguments).await;
        assert_eq!((&result["isError"], text(&result)), (&json!(true), told));
    }
}

#[actix_web::test]
async fn nobody_sees_what_is_anothers() {
    let house = House::open(&[]).await;
    let note = house.call("create_note", json!({ "title": "mine" })).await["structuredContent"].clone();
    let mut claims = house.issuer.claims(&house.clock, "notes:read notes:write");
    claims["sub"] = "eve".into();
    let eve = format!("Bearer {}", sign(0, &header(), &claims));
    for tool in ["get_note", "update_note", "delete_note"] {
        let body = call(tool, json!({ "id": note["id"], "title": "hers" }));
        let request = house.post("", &body).insert_header(("authorization", eve.as_str()));
        let result = house.send(request).await.json()["result"].clone();
        assert_eq!(text(&result), "there is no note with this id", "{tool}");
    }
    for (tool, arguments) in [("list_notes", json!({})), ("search_notes", json!({ "query": "mine" }))] {
        let request = house.post("", &call(tool, arguments)).insert_header(("authorization", eve.as_str()));
        assert_eq!(house.send(request).await.json()["result"]["structuredContent"], json!({ "notes": [] }));
    }
    assert_eq!(house.call("get_note", json!({ "id": note["id"] })).await["structuredContent"], note);
}
