//! A day and an instant in words: "22 November 2026, 07:41 UTC". Where the reader's clock stands is not known here.

use actix_web::cookie::time::OffsetDateTime;
use shared::clock::Timestamp;

use crate::http::words::Section;

/// The instant, to the minute.
pub(super) fn in_words(at: Timestamp, words: &Section) -> String {
    let Ok(at) = OffsetDateTime::from_unix_timestamp(at.seconds()) else { return String::new() };
    let time = format!("{:02}:{:02}", at.hour(), at.minute());
    words.fill("moment", &[("date", &date(at, words)), ("time", &time)])
}

/// Its day.
pub(in crate::http) fn day_in_words(at: Timestamp, words: &Section) -> String {
    OffsetDateTime::from_unix_timestamp(at.seconds()).map(|at| date(at, words)).unwrap_or_default()
}

fn date(at: OffsetDateTime, words: &Section) -> String {
    let month = words.get("months").split(' ').nth(usize::from(u8::from(at.month())) - 1).unwrap_or_default();
    words.fill("date", &[("day", &at.day().to_string()), ("month", month), ("year", &at.year().to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::words::Words;

    #[test]
    fn every_language_has_twelve_months() {
        for (code, first, last) in [
            ("en", "1 January 1970, 00:00 UTC", "31 December 2026, 23:59 UTC"),
            ("de", "1. Januar 1970, 00:00 UTC", "31. Dezember 2026, 23:59 UTC"),
        ] {
            let words = &Words::with_code(code).unwrap().account;
            assert_eq!(words.get("months").split(' ').count(), 12);
            assert_eq!(in_words(Timestamp(0), words), first);
            assert_eq!(format!("{}, 00:00 UTC", day_in_words(Timestamp(0), words)), first);
            assert_eq!(in_words(Timestamp(1_798_761_599), words), last);
        }
    }
}
