//! The tools for notes.

mod create;
mod delete;
mod get;
mod list;
mod search;
mod update;

pub(super) use {
    create::CreateNote, delete::DeleteNote, get::GetNote, list::ListNotes, search::SearchNotes,
    update::UpdateNote,
};

use schemars::JsonSchema;
use serde::Serialize;

use super::{moment, page, text};
use crate::store::{Page, notes};

const READ: &[&str] = &["notes:read"];
const WRITE: &[&str] = &["notes:write"];

/// A note.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Note {
    /// Identifies the note.
    id: String,
    /// Its title.
    title: String,
    /// Its text.
    body: String,
    /// When it was written.
    #[schemars(extend("format" = "date-time"))]
    created_at: String,
    /// When it was last changed.
    #[schemars(extend("format" = "date-time"))]
    updated_at: String,
}

impl From<notes::Note> for Note {
    fn from(row: notes::Note) -> Note {
        Note {
            id: row.id.to_string(),
            title: row.title,
            body: row.body,
            created_at: moment::format(row.created_at),
            updated_at: moment::format(row.updated_at),
        }
    }
}

/// Notes, newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Notes {
    /// One page of them.
    notes: Vec<Excerpt>,
    /// Give it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    next_cursor: Option<String>,
}

/// A note as a list shows it.
#[derive(Debug, Serialize, JsonSchema)]
struct Excerpt {
    /// Identifies the note.
    id: String,
    /// Its title.
    title: String,
    /// The beginning of its text.
    excerpt: String,
    /// When it was last changed.
    #[schemars(extend("format" = "date-time"))]
    updated_at: String,
}

impl From<Page<notes::Note>> for Notes {
    fn from(page: Page<notes::Note>) -> Notes {
        let last = page.rows.last().filter(|_| page.more);
        Notes {
            next_cursor: last.map(|row| page::cursor([row.id])),
            notes: page
                .rows
                .into_iter()
                .map(|row| Excerpt {
                    id: row.id.to_string(),
                    title: row.title,
                    excerpt: text::excerpt(&row.body),
                    updated_at: moment::format(row.updated_at),
                })
                .collect(),
        }
    }
}

/// The key a page of notes starts behind.
fn before(cursor: Option<&str>) -> Result<Option<i64>, super::refusal::Refusal> {
    cursor.map(|cursor| page::position(cursor).map(|[id]| id)).transpose()
}
