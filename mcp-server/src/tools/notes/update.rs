//! `update_note`

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Note, WRITE};
use crate::{
    store::{Owner, Store},
    tools::{
        refusal::Refusal,
        text,
        tool::{Effect, Tool},
    },
};

/// Changes a note.
pub(in crate::tools) struct UpdateNote;

#[derive(Deserialize, JsonSchema)]
pub(in crate::tools) struct Input {
    /// The note's id, from another tool's answer.
    id: String,
    /// The new title. The old one stays when it is left out.
    #[schemars(length(min = 1, max = 200))]
    title: Option<String>,
    /// The new text. The old one stays when it is left out.
    #[schemars(length(max = 20_000))]
    body: Option<String>,
}

impl Tool for UpdateNote {
    const NAME: &'static str = "update_note";
    const TITLE: &'static str = "Change a note";
    const DESCRIPTION: &'static str =
        "Replaces the title or the text of one note of the user, or both, and answers with the note.";
    const SCOPES: &'static [&'static str] = WRITE;
    const EFFECT: Effect = Effect::Replace;
    type Input = Input;
    type Output = Note;

    async fn call(store: &Store, owner: &Owner, input: Input) -> Result<Note, Refusal> {
        let id = text::id(&input.id, "note")?;
        let title = input.title.map(|title| text::line("title", &title)).transpose()?;
        let body = input.body.map(|body| text::bounded("body", body, text::LONG)).transpose()?;
        if title.is_none() && body.is_none() {
            return Err(Refusal::invalid(
                "title",
                "and body are both missing, so there is nothing to change",
            ));
        }
        let note = store.update_note(owner, id, title, body).await?.ok_or(Refusal::NotFound("note"))?;
        Ok(note.into())
    }
}
