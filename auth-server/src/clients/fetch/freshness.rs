//! What an answer says about how long it holds: RFC 9111 §4.2, §5.2.2, §5.3.

use std::time::{Duration, UNIX_EPOCH};

use shared::clock::Timestamp;

/// Read from `Cache-Control` and `Age`; none where they do not say.
pub(super) fn read(cache_control: &str, age: &str) -> Option<Duration> {
    let mut max_age = None;
    for directive in cache_control.split(',') {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return Some(Duration::ZERO),
            "max-age" => max_age = value.trim().trim_matches('"').parse::<u64>().ok().or(max_age),
            _ => {}
        }
    }
    let age = age.trim().parse().unwrap_or(0);
    max_age.map(|seconds| Duration::from_secs(seconds.saturating_sub(age)))
}

/// Read from `Expires`. A date that cannot be read has passed (RFC 9111 §5.3).
pub(super) fn until(expires: &str, now: Timestamp) -> Option<Duration> {
    let expires = Some(expires.trim()).filter(|text| !text.is_empty())?;
    Some(http_date(expires).map_or(Duration::ZERO, |date| date.since(now)))
}

/// A date of HTTP (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`, or in one of the older forms.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    let since = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::default() + since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_read_in_any_case_and_the_strictest_wins() {
        let seconds = |text: &str| read(text, "").map(|span| span.as_secs());
        assert_eq!(seconds("public, Max-Age=300"), Some(300));
        assert_eq!(seconds("max-age=\"60\""), Some(60));
        assert_eq!(seconds("max-age=300, no-store"), Some(0));
        assert_eq!(seconds("no-cache"), Some(0));
        for silent in ["", "public", "max-age=", "max-age=soon", "max-age=-1", "s-maxage=5"] {
            assert_eq!(seconds(silent), None, "{silent}");
        }
        assert_eq!(read("max-age=300", "100"), Some(Duration::from_secs(200)));
        assert_eq!(read("max-age=300", "400"), Some(Duration::ZERO));
    }

    #[test]
    fn dates_are_read() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
            ("Sun, 22 Nov 2026 06:30:00 GMT", 1_795_329_000),
        ] {
            assert_eq!(http_date(text), Some(Timestamp(seconds)), "{text}");
        }
        let now = Timestamp(784_111_777);
        assert_eq!(until("Sun, 06 Nov 1994 08:50:37 GMT", now), Some(Duration::from_secs(60)));
        for passed in ["0", "Sun, 06 Nov 1994 08:49:36 GMT", "Sun, 06 Xxx 1994 08:49:37 GMT", "tomorrow"] {
            assert_eq!(until(passed, now), Some(Duration::ZERO), "{passed}");
        }
        assert_eq!(until("", now), None);
    }
}
