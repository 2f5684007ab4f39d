//! JSON-RPC that is out of order, and arguments no tool takes: told in the answer, never by a failure.

use conformance::failure::Outcome;
use serde_json::{Value, json};

use super::{Shape, Stage, told};

#[tokio::test]
async fn a_message_that_is_out_of_order_is_told_so() -> Outcome {
    let mut stage = Stage::set().await?;
    for message in [
        json!([{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}]),
        json!({"id": 1, "method": "tools/list"}),
        json!({"jsonrpc": "1.0", "id": 1, "method": "tools/list"}),
        json!({"jsonrpc": 2.0, "id": 1, "method": "tools/list"}),
        json!({"jsonrpc": "2.0", "id": 1}),
        json!({"jsonrpc": "2.0", "id": 1, "method": 7}),
        json!({"jsonrpc": "2.0", "id": null, "method": "tools/list"}),
        json!({"jsonrpc": "2.0", "id": {}, "method": "tools/list"}),
        json!({"jsonrpc": "2.0", "id": 1.5, "method": "tools/list"}),
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": []}),
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": "x"}),
    ] {
        let what = message.to_string();
        let request = stage.actor.mcp_request("", None).body(what.clone()).bearer(&stage.token);
        told(&what, &stage.actor.send(request).await?, Shape::Rpc);
    }
    for method in ["", "nothing", "tools/nothing", "rpc.discover", "TOOLS/LIST", "💥", "tools/list\0"] {
        let request = stage.actor.mcp_request(method, None).bearer(&stage.token);
        let reply = stage.actor.send(request).await?;
        let code = reply.message().unwrap_or_default()["error"]["code"].clone();
        assert!(reply.status < 500 && code.is_i64(), "{method:?}: {} {}", reply.status, reply.text());
    }
    stage.still_works().await
}

/// Values no argument is meant to have.
fn junk() -> Vec<Value> {
    let deep = (0..100).fold(json!("x"), |inner, _| json!([inner]));
    vec![
        json!(null),
        json!({}),
        json!([]),
        json!(""),
        json!("\0"),
        json!("💥\u{202e}"),
        json!(-1),
        json!(1e300),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(true),
        json!("x".repeat(100_000)),
        deep,
        json!("' OR 1=1 --"),
        json!("%_\\"),
        json!("9223372036854775808"),
        json!("-9223372036854775808"),
        json!("0x10"),
        json!(" 1 "),
    ]
}

const TOOLS: [(&str, &[&str]); 10] = [
    ("create_note", &["title", "body"]),
    ("list_notes", &["limit", "cursor"]),
    ("get_note", &["id"]),
    ("search_notes", &["query", "limit", "cursor"]),
    ("update_note", &["id", "title", "body"]),
    ("delete_note", &["id"]),
    ("record_meeting", &["title", "started_at", "summary", "attendees"]),
    ("list_recent_meetings", &["limit", "cursor", "since"]),
    ("get_meeting", &["id"]),
    ("nothing", &["x"]),
];

#[tokio::test]
async fn arguments_no_tool_takes_are_told_so() -> Outcome {
    let mut stage = Stage::set().await?;
    let usual = json!({"title": "t", "id": "1", "query": "q", "started_at": "2026-01-02T03:04:05Z"});
    for (tool, members) in TOOLS {
        for (member, value) in
            members.iter().flat_map(|member| junk().into_iter().map(move |value| (member, value)))
        {
            let mut arguments = usual.clone();
            arguments[*member] = value.clone();
            let request = stage.actor.tool_request(tool, arguments).bearer(&stage.token);
            let reply = stage.actor.send(request).await?;
            let message = reply.message().unwrap_or_default();
            let is_answer = message["result"]["content"].is_array() || message["error"]["code"].is_i64();
            let seen: String = reply.text().chars().take(300).collect();
            assert!(reply.status < 500 && is_answer, "{tool} {member}: {} {seen}", reply.status);
            // What failed on our side would ask to be tried again.
            assert!(!seen.contains("did not work just now"), "{tool} {member}={value}: {seen}");
        }
    }
    stage.still_works().await
}

#[tokio::test]
async fn a_call_that_names_no_tool_is_told_so() -> Outcome {
    let mut stage = Stage::set().await?;
    for arguments in [json!(null), json!([]), json!("x"), json!(7)] {
        let params = json!({"name": "list_notes", "arguments": arguments});
        let request = stage.actor.mcp_request("tools/call", Some(params)).bearer(&stage.token);
        let reply = stage.actor.send(request).await?;
        assert!(reply.status < 500, "{arguments}: {}", reply.text());
    }
    for params in [json!({}), json!({"name": 7}), json!({"name": null}), json!({"name": [] })] {
        let request = stage.actor.mcp_request("tools/call", Some(params.clone())).bearer(&stage.token);
        let reply = stage.actor.send(request).await?;
        let code = reply.message().unwrap_or_default()["error"]["code"].clone();
        assert!(reply.status < 500 && code.is_i64(), "{params}: {} {}", reply.status, reply.text());
    }
    stage.still_works().await
}
