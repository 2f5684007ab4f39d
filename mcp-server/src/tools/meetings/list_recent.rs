//! `list_recent_meetings`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Meeting, READ};
use crate::{
    store::{Owner, Store, meetings::Position},
    tools::{
        page,
        refusal::Refusal,
        tool::{Effect, Tool},
    },
};

/// Lists meetings.
pub(in crate::tools) struct ListRecentMeetings;

#[derive(Deserialize, JsonSchema)]
pub(in crate::tools) struct Input {
    /// How many to answer with: 20 when left out.
    limit: Option<page::Limit>,
    /// Where the page before ended: its `next_cursor`.
    cursor: Option<String>,
}

/// Meetings, the latest start first.
#[derive(Serialize, JsonSchema)]
pub(in crate::tools) struct Output {
    /// One page of them.
    meetings: Vec<Meeting>,
    /// Give it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    next_cursor: Option<String>,
}

impl Tool for ListRecentMeetings {
    const NAME: &'static str = "list_recent_meetings";
    const TITLE: &'static str = "List recent meetings";
    const DESCRIPTION: &'static str = "Lists the user's meetings, the latest first, a page at a time.";
    const SCOPES: &'static [&'static str] = READ;
    const EFFECT: Effect = Effect::Read;
    type Input = Input;
    type Output = Output;

    async fn call(store: &Store, owner: &Owner, input: Input) -> Result<Output, Refusal> {
        let behind = match &input.cursor {
            Some(cursor) => {
                let [started_at, id] = page::position(cursor)?;
                Some(Position { started_at, id })
            }
            None => None,
        };
        let page = store.recent_meetings(owner, behind, page::limit(input.limit)?).await?;
        let last = page.rows.last().filter(|_| page.more);
        Ok(Output {
            next_cursor: last.map(|row| page::cursor([row.started_at, row.id])),
            meetings: page.rows.into_iter().map(Meeting::from).collect(),
        })
    }
}
