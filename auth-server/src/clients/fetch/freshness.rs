//! What an answer says about how long it holds: RFC 9111 §4.2, §5.2.2, §5.3.

use std::time::Duration;

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
    Some(date(expires).map_or(Duration::ZERO, |date| date.since(now)))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`: RFC 9110 §5.6.7, of which nobody writes the older forms.
fn date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<&str> = text.split(' ').collect();
    let [_, day, month, year, time, "GMT"] = words[..] else { return None };
    let month = 1 + i64::try_from(MONTHS.iter().position(|name| *name == month)?).ok()?;
    let (day, year): (i64, i64) = (day.parse().ok()?, year.parse().ok()?);
    let time: Vec<i64> = time.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hour, minute, second] = time[..] else { return None };
    let in_range = (1..=31).contains(&day)
        && (1970..=9999).contains(&year)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second);
    let seconds = days_since_epoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    in_range.then_some(Timestamp(seconds))
}

/// Days of the Gregorian calendar, counted in years that begin in March, so that a leap day is the last.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
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
            assert_eq!(date(text), Some(Timestamp(seconds)), "{text}");
        }
        let now = Timestamp(784_111_777);
        assert_eq!(until("Sun, 06 Nov 1994 08:50:37 GMT", now), Some(Duration::from_secs(60)));
        for passed in ["0", "Sun, 06 Nov 1994 08:49:36 GMT", "Sun, 06 Xxx 1994 08:49:37 GMT", "tomorrow"] {
            assert_eq!(until(passed, now), Some(Duration::ZERO), "{passed}");
        }
        assert_eq!(until("", now), None);
    }
}
