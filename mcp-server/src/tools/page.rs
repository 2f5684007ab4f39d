//! Pages of a list, and the opaque cursors between them.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::refusal::Refusal;

const DEFAULT_LIMIT: u32 = 20;
const MAX_LIMIT: u32 = 100;

/// The size of a page as an argument has it.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Limit(u32);

impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }

    /// Without the `format` a number of Rust would have: strict validators do not know it.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": MAX_LIMIT })
    }
}

/// How many rows a page has.
pub(super) fn limit(limit: Option<Limit>) -> Result<i64, Refusal> {
    match limit.map_or(DEFAULT_LIMIT, |Limit(limit)| limit) {
        limit @ 1..=MAX_LIMIT => Ok(i64::from(limit)),
        _ => Err(Refusal::invalid("limit", format!("is not between 1 and {MAX_LIMIT}"))),
    }
}

/// A cursor out of the numbers that say where a page ended.
pub(super) fn cursor<const N: usize>(position: [i64; N]) -> String {
    URL_SAFE_NO_PAD.encode(position.map(|number| number.to_string()).join("."))
}

/// The numbers in a cursor.
pub(super) fn position<const N: usize>(cursor: &str) -> Result<[i64; N], Refusal> {
    read(cursor).ok_or_else(|| Refusal::invalid("cursor", "was not given out by this tool"))
}

fn read<const N: usize>(cursor: &str) -> Option<[i64; N]> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let numbers: Option<Vec<i64>> = text.split('.').map(|number| number.parse().ok()).collect();
    numbers?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_says_where_a_page_ended() {
        let place = [1_795_305_600, i64::MAX];
        assert_eq!(position(&cursor(place)).unwrap(), place);
    }

    #[test]
    fn other_cursors_are_refused() {
        for text in ["", "?", "MQ", &cursor([1]), &cursor([1, 2, 3])] {
            assert!(position::<2>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_page_has_a_bounded_size() {
        assert_eq!(limit(None).unwrap(), 20);
        assert!(limit(Some(Limit(0))).is_err() && limit(Some(Limit(101))).is_err());
    }
}
