//! The mcp-server: who was let in, which tools were called, and how old the issuer's keys are.

use conformance::{actor::expect, failure::Outcome, world::World};
use mcp_server::TokenPurpose;
use serde_json::json;

use crate::{legacy_sse::stream::EventStream, negative::check::seconds};

const ENTRIES: &str = "gatehouse_mcp_entries_total";
const CALLS: &str = "gatehouse_mcp_tool_calls_total";

fn entry(outcome: &str, count: f64) -> (String, f64) {
    (format!(r#"{ENTRIES}{{outcome="{outcome}"}}"#), count)
}

fn call(tool: &str, outcome: &str, count: f64) -> (String, f64) {
    (format!(r#"{CALLS}{{tool="{tool}",outcome="{outcome}"}}"#), count)
}

#[tokio::test]
async fn a_token_is_verified_once_and_then_known() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let tokens = actor.sign_in().await?;
    let before = world.mcp_figures().await?;
    assert!(!before.has("gatehouse_mcp_issuer_keys_age_seconds"));
    for _ in 0..3 {
        expect(actor.call_tool(&tokens.access, "list_notes").await?, 200)?;
    }
    let after = world.mcp_figures().await?;
    assert_eq!(after.grown(ENTRIES, &before), [entry("token", 3.0)]);
    assert_eq!(after.grown(CALLS, &before), [call("list_notes", "answered", 3.0)]);
    for (outcome, count) in [("verified", 1.0), ("seen_before", 2.0)] {
        assert_eq!(after.get(&format!(r#"gatehouse_mcp_tokens_total{{outcome="{outcome}"}}"#)), count);
    }
    assert_eq!(after.get(r#"gatehouse_mcp_issuer_fetches_total{outcome="fetched"}"#), 1.0);
    world.advance(seconds(7));
    assert_eq!(world.mcp_figures().await?.get("gatehouse_mcp_issuer_keys_age_seconds"), 7.0);
    assert!(!after.text.contains(&tokens.access) && !after.text.contains("demo@"));
    Ok(())
}

#[tokio::test]
async fn who_is_not_let_in_counts_by_why_and_odd_tools_not_at_all() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let tokens = actor.sign_in().await?;
    let before = world.mcp_figures().await?;
    let bare = actor.mcp_request("tools/list", None);
    expect(actor.send(bare).await?, 401)?;
    expect(actor.call_tool("garbage", "list_notes").await?, 401)?;
    let cut = &tokens.access[..tokens.access.len() - 8];
    expect(actor.call_tool(&format!("{cut}AAAAAAAA"), "list_notes").await?, 401)?;
    for number in 0..50 {
        actor.call_tool(&tokens.access, &format!("odd_{number}")).await?;
    }
    let wrong = actor.tool_request("get_note", json!({ "id": [] })).bearer(&tokens.access);
    expect(actor.send(wrong).await?, 200)?;
    let after = world.mcp_figures().await?;
    let entries =
        [entry("anonymous", 1.0), entry("malformed", 1.0), entry("signature", 1.0), entry("token", 51.0)];
    assert_eq!(after.grown(ENTRIES, &before), entries);
    assert_eq!(after.grown(CALLS, &before), [call("get_note", "refused", 1.0)]);
    assert!(!after.text.contains("odd_"), "{}", after.text);
    Ok(())
}

#[tokio::test]
async fn open_streams_are_counted_while_they_are_open() -> Outcome {
    let world = World::builder().mcp("STATIC_TOKENS", "on").start().await?;
    let purpose = TokenPurpose { user: "ada".to_owned(), ..TokenPurpose::default() };
    let token = world.mcp_app()?.add_static_token(purpose).await?;
    let stream = EventStream::open(&world, &token.sse_url, None).await?;
    let open = world.mcp_figures().await?;
    assert_eq!(open.get("gatehouse_mcp_open_streams"), 1.0);
    assert_eq!(open.get(&entry("static_token", 0.0).0), 1.0);
    assert!(!open.text.contains(&token.token), "{}", open.text);
    drop(stream);
    Ok(())
}
