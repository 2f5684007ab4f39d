//! `create_note`

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

/// Writes a note.
pub(in crate::tools) struct CreateNote;

#[derive(Deserialize, JsonSchema)]
pub(in crate::tools) struct Input {
    /// A title of one line.
    #[schemars(length(min = 1, max = 200))]
    title: String,
    /// The text. May be left out.
    #[schemars(length(max = 20_000))]
    body: Option<String>,
}

impl Tool for CreateNote {
    const NAME: &'static str = "create_note";
    const TITLE: &'static str = "Create a note";
    const DESCRIPTION: &'static str = "Writes a new note of the user and answers with it.";
    const SCOPES: &'static [&'static str] = WRITE;
    const EFFECT: Effect = Effect::Add;
    type Input = Input;
    type Output = Note;

    async fn call(store: &Store, owner: &Owner, input: Input) -> Result<Note, Refusal> {
        let title = text::line("title", &input.title)?;
        let body = text::bounded("body", input.body.unwrap_or_default(), text::LONG)?;
        Ok(store.create_note(owner, title, body).await?.into())
    }
}
