//! The judge of step 7, shown one fault at a time.

use super::*;
use crate::steps::{
    Reached,
    fixtures::{MCP, call, client, exchange, reply, resource, rule, server, with},
    s6_verification::tests::tool,
};

const WHERE: &str = "resource_metadata=\"https://mcp.example/.well-known/oauth-protected-resource/mcp\"";

fn step(is_open: bool) -> AuthTrigger {
    AuthTrigger::new(resource(), server(), client(), (Era::Modern, tool("list_notes", is_open)))
}

fn shown(reply: Reply) -> Exchange {
    exchange([call(CALL, MCP, reply)])
}

fn meta(field: &Value) -> Value {
    json!({"result": {"isError": true, "content": [], "_meta": {META: field}}})
}

fn good() -> String {
    format!("Bearer {WHERE}, error=\"invalid_token\", error_description=\"Sign in\"")
}

#[test]
fn both_ways_count_and_one_alone_is_remarked() {
    let header = with(reply(401, &json!({})), "www-authenticate", &format!("Bearer {WHERE}"));
    let both = with(reply(401, &meta(&json!([good()]))), "www-authenticate", &format!("Bearer {WHERE}"));
    for (reply, notes) in [(both, 0), (header, 1), (reply(200, &meta(&json!([good()]))), 1)] {
        let next = step(false).judge(&shown(reply)).unwrap();
        assert_eq!(next.seen().notes.len(), notes, "{:?}", next.seen());
    }
}

#[test]
fn one_fault_at_a_time() {
    let bare = Reply { status: 401, ..Reply::default() };
    let unmarked = json!({"result": {"_meta": {META: [good()]}}});
    for (reply, broken) in [
        (reply(200, &json!({"result": {"content": []}})), "S7.trigger"),
        (reply(403, &json!({})), "S7.trigger"),
        (bare.clone(), "S7.www_authenticate"),
        (with(bare, "www-authenticate", "Bearer realm=\"x\""), "S7.www_authenticate"),
        (reply(200, &meta(&json!(good()))), "S7.meta"),
        (reply(200, &meta(&json!([]))), "S7.meta"),
        (reply(200, &meta(&json!([1]))), "S7.meta"),
        (reply(200, &meta(&json!([format!("'{}'", good())]))), "S7.meta"),
        (reply(200, &meta(&json!([format!("Bearer {WHERE}, error=\"invalid_token\"")]))), "S7.meta"),
        (reply(200, &unmarked), "S7.is_error"),
    ] {
        assert_eq!(rule(step(false), &shown(reply.clone())), broken, "{}", reply.text());
    }
}

#[test]
fn a_tool_that_is_open_to_everybody_is_skipped_not_failed() {
    let answered = shown(reply(200, &json!({"result": {"content": []}})));
    let next = step(true).judge(&answered).unwrap();
    assert!(next.seen().notes[0].contains("skipped"));
}
