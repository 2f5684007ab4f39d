//! `search_notes`

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Notes, READ, before};
use crate::{
    store::{Owner, Store, notes::Selection},
    tools::{
        page,
        refusal::Refusal,
        text,
        tool::{Effect, Tool},
    },
};

/// Finds notes.
pub(in crate::tools) struct SearchNotes;

#[derive(Deserialize, JsonSchema)]
pub(in crate::tools) struct Input {
    /// A piece of text; upper and lower case make no difference.
    #[schemars(length(min = 1, max = 200))]
    query: String,
    /// How many to answer with: 20 when left out.
    limit: Option<page::Limit>,
    /// Where the page before ended: its `next_cursor`.
    cursor: Option<String>,
}

impl Tool for SearchNotes {
    const NAME: &'static str = "search_notes";
    const TITLE: &'static str = "Search notes";
    const DESCRIPTION: &'static str =
        "Finds the user's notes that hold a piece of text in their title or body, newest first.";
    const SCOPES: &'static [&'static str] = READ;
    const EFFECT: Effect = Effect::Read;
    type Input = Input;
    type Output = Notes;

    async fn call(store: &Store, owner: &Owner, input: Input) -> Result<Notes, Refusal> {
        let containing = Some(text::line("query", &input.query)?);
        let before = before(input.cursor.as_deref())?;
        let selection = Selection { before, containing, limit: page::limit(input.limit)? };
        Ok(store.notes(owner, selection).await?.into())
    }
}
