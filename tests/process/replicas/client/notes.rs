//! Notes: written once, and there from then on.

use conformance::{
    actor::expect,
    failure::{Failure, Outcome},
};
use serde_json::{Value, json};

use super::{Client, Grant, unexpected};

impl Client {
    /// A new note, which is there once it is acknowledged, whichever replica is asked.
    pub(super) async fn write(&mut self) -> Outcome {
        let title = format!("{:032x}", u128::from_le_bytes(shared::random::bytes::<16>()));
        let made = self.call("create_note", json!({"title": title, "body": "b"}), false).await?;
        let Some(note) = made else {
            self.uncertain += 1;
            return Ok(());
        };
        let id = note["id"].as_str().ok_or_else(|| Failure::new("a note without an id"))?.to_owned();
        self.notes.insert(id.clone());
        for _ in 0..2 {
            let read = self.call("get_note", json!({"id": id}), true).await?.unwrap_or_default();
            if read["title"] != title {
                return Err(Failure::new(format!("a note that was acknowledged: {read}")));
            }
        }
        Ok(())
    }

    pub(super) async fn read(&mut self) -> Outcome {
        let list = self.call("list_notes", json!({"limit": 5}), true).await?.unwrap_or_default();
        match list["notes"].as_array() {
            Some(_) => Ok(()),
            None => Err(Failure::new(format!("no list: {list}"))),
        }
    }

    /// What a tool gave; none where no answer came and it must not be called again.
    async fn call(&mut self, tool: &str, arguments: Value, may_repeat: bool) -> Outcome<Option<Value>> {
        let Some(Grant { actor, tokens }) = self.live.last_mut() else { return Ok(None) };
        let request = actor.tool_request(tool, arguments).bearer(&tokens.access);
        let reply = match may_repeat {
            true => self.journal.insist(actor, request).await?,
            false => match self.journal.ask(actor, request).await? {
                Some(reply) => reply,
                None => return Ok(None),
            },
        };
        let content = expect(reply.clone(), 200)?.json().unwrap_or_default()["result"].take();
        match &content["structuredContent"] {
            Value::Object(_) if content["isError"] != true => Ok(Some(content["structuredContent"].clone())),
            _ => Err(unexpected(tool, &reply)),
        }
    }
}
