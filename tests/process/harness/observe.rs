//! What the tests look at from outside.

use std::collections::BTreeSet;

use conformance::{
    actor::{Actor, Request, TokenSet, expect},
    exchange::Reply,
    failure::{Failure, Outcome},
};
use serde_json::{Value, json};

/// A GET on a connection of its own: one that is kept open would hold up a server that stops.
pub(crate) async fn get(url: &str) -> Outcome<Reply> {
    let client = reqwest::Client::builder().pool_max_idle_per_host(0).build()?;
    let response = client.get(url).send().await?;
    let status = response.status().as_u16();
    Ok(Reply { status, headers: Vec::new(), body: response.bytes().await?.to_vec() })
}

/// The keys the auth-server publishes.
pub(crate) async fn jwks(actor: &Actor) -> Outcome<Value> {
    let reply = expect(get(&format!("{}/.well-known/jwks.json", actor.issuer)).await?, 200)?;
    reply.json().ok_or_else(|| Failure::new("the keys are not JSON"))
}

/// The refresh token is refused as one that is no longer good.
pub(crate) async fn assert_refused(actor: &mut Actor, tokens: &TokenSet) -> Outcome {
    let refresh = actor.refresh_request(&tokens.refresh);
    let reply = actor.send(refresh).await?;
    match (reply.status, reply.error().as_deref()) {
        (400, Some("invalid_grant")) => Ok(()),
        _ => Err(Failure::new(format!("a refresh token should be over, but: {}", reply.line()))),
    }
}

/// The ids of all notes of a user, page after page.
pub(crate) async fn note_ids(actor: &mut Actor, access_token: &str) -> Outcome<BTreeSet<String>> {
    let (mut ids, mut cursor) = (BTreeSet::new(), Value::Null);
    loop {
        let mut arguments = json!({"limit": 50});
        if !cursor.is_null() {
            arguments["cursor"] = cursor;
        }
        let request: Request = actor.tool_request("list_notes", arguments).bearer(access_token);
        let reply = expect(actor.send(request).await?, 200)?;
        let page = reply.json().unwrap_or_default()["result"]["structuredContent"].clone();
        let notes =
            page["notes"].as_array().ok_or_else(|| Failure::new(format!("no notes: {}", reply.text())))?;
        ids.extend(notes.iter().filter_map(|note| note["id"].as_str()).map(str::to_owned));
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            return Ok(ids);
        }
    }
}
