//! `list_notes`

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Notes, READ, before};
use crate::{
    store::{Owner, Store, notes::Selection},
    tools::{
        page,
        refusal::Refusal,
        tool::{Effect, Tool},
    },
};

/// Lists notes.
pub(in crate::tools) struct ListNotes;

#[derive(Deserialize, JsonSchema)]
pub(in crate::tools) struct Input {
    /// How many to answer with: 20 when left out.
    limit: Option<page::Limit>,
    /// Where the page before ended: its `next_cursor`.
    cursor: Option<String>,
}

impl Tool for ListNotes {
    const NAME: &'static str = "list_notes";
    const TITLE: &'static str = "List notes";
    const DESCRIPTION: &'static str =
        "Lists the user's notes, newest first, a page at a time. `get_note` gives the whole text of one.";
    const SCOPES: &'static [&'static str] = READ;
    const EFFECT: Effect = Effect::Read;
    type Input = Input;
    type Output = Notes;

    async fn call(store: &Store, owner: &Owner, input: Input) -> Result<Notes, Refusal> {
        let before = before(input.cursor.as_deref())?;
        let selection = Selection { before, containing: None, limit: page::limit(input.limit)? };
        Ok(store.notes(owner, selection).await?.into())
    }
}
