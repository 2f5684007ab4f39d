//! The table in docs/operations.md.

use std::collections::BTreeSet;

use auth_server::audit::Kind;

const PAGE: &str = include_str!("../../../docs/operations.md");

/// A row of it.
pub(super) struct Row {
    pub(super) event: String,
    words: String,
    pub(super) fields: BTreeSet<String>,
}

/// The table as it is written.
pub(super) fn table() -> Vec<Row> {
    let section = PAGE.split("\n## Audit\n").nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let read = |row: &str| {
        let (event, rest) = row.split_once("` | ")?;
        let (words, fields) = rest.split_once(" | ")?;
        let fields = fields.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        Some(Row { event: event.to_owned(), words: words.to_owned(), fields })
    };
    rows.filter_map(read).collect()
}

#[test]
fn every_event_is_explained_and_no_other_is() {
    let told: Vec<(String, String)> = table().into_iter().map(|row| (row.event, row.words)).collect();
    let name = |kind: &Kind| serde_json::to_value(kind).unwrap().as_str().unwrap_or_default().to_owned();
    let known: Vec<(String, String)> =
        Kind::ALL.iter().map(|kind| (name(kind), kind.words().to_owned())).collect();
    assert_eq!(told, known);
}
