//! `delete_note`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::WRITE;
use crate::{
    store::{Owner, Store},
    tools::{
        refusal::Refusal,
        text,
        tool::{Effect, Tool},
    },
};

/// Removes a note.
pub(in crate::tools) struct DeleteNote;

#[derive(Deserialize, JsonSchema)]
pub(in crate::tools) struct Input {
    /// The note's id, from another tool's answer.
    id: String,
}

#[derive(Serialize, JsonSchema)]
pub(in crate::tools) struct Output {
    /// The id of the note that is gone.
    deleted_id: String,
}

impl Tool for DeleteNote {
    const NAME: &'static str = "delete_note";
    const TITLE: &'static str = "Delete a note";
    const DESCRIPTION: &'static str = "Deletes one note of the user for good.";
    const SCOPES: &'static [&'static str] = WRITE;
    const EFFECT: Effect = Effect::Replace;
    type Input = Input;
    type Output = Output;

    async fn call(store: &Store, owner: &Owner, input: Input) -> Result<Output, Refusal> {
        let id = text::id(&input.id, "note")?;
        if store.delete_note(owner, id).await? {
            Ok(Output { deleted_id: id.to_string() })
        } else {
            Err(Refusal::NotFound("note"))
        }
    }
}
