//! Instants as people and models write them: RFC 3339 outside, epoch seconds inside.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::refusal::Refusal;

/// Reads an instant with its offset; fractions of a second are dropped.
pub(super) fn parse(argument: &'static str, text: &str) -> Result<i64, Refusal> {
    match OffsetDateTime::parse(text.trim(), &Rfc3339) {
        Ok(moment) => Ok(moment.unix_timestamp()),
        Err(_) => {
            Err(Refusal::invalid(argument, "is no RFC 3339 date and time, such as 2026-11-22T09:30:00Z"))
        }
    }
}

/// Writes an instant in UTC.
pub(crate) fn format(seconds: i64) -> String {
    // What `parse` let in and what the clock says lies within the years that can be written.
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_become_utc() {
        let moment = parse("started_at", "2026-11-22T10:30:00.75+01:00").unwrap();
        assert_eq!(format(moment), "2026-11-22T09:30:00Z");
    }

    #[test]
    fn a_date_alone_is_no_instant() {
        for text in ["2026-11-22", "2026-11-22T10:30:00", "yesterday", "", "2026-13-01T00:00:00Z"] {
            assert!(parse("started_at", text).is_err(), "{text}");
        }
    }
}
