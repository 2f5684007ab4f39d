//! `get_note`

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Note, READ};
use crate::{
    store::{Owner, Store},
    tools::{
        refusal::Refusal,
        text,
        tool::{Effect, Tool},
    },
};

/// Shows a note.
pub(in crate::tools) struct GetNote;

#[derive(Deserialize, JsonSchema)]
pub(in crate::tools) struct Input {
    /// The note's id, from another tool's answer.
    id: String,
}

impl Tool for GetNote {
    const NAME: &'static str = "get_note";
    const TITLE: &'static str = "Read a note";
    const DESCRIPTION: &'static str = "Answers with one note of the user, its whole text included.";
    const SCOPES: &'static [&'static str] = READ;
    const EFFECT: Effect = Effect::Read;
    type Input = Input;
    type Output = Note;

    async fn call(store: &Store, owner: &Owner, input: Input) -> Result<Note, Refusal> {
        let id = text::id(&input.id, "note")?;
        let note = store.note(owner, id).await?.ok_or(Refusal::NotFound("note"))?;
        Ok(note.into())
    }
}
