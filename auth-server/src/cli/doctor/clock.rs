//! This machine's clock beside the `Date` of another's answers.

use shared::clock::{Clock, Timestamp};

use super::{Finding, probe::Answer};

/// What tokens are forgiven.
const MOST_SECONDS: i64 = 60;

/// None where the answer has no `Date`.
pub(super) fn compare(host: &str, answer: &Answer, clock: &Clock) -> Option<Finding> {
    let there = answer.header("date").and_then(read)?;
    let check = format!("clock of {host}");
    let ahead = there.seconds() - clock.now().seconds();
    let way = if ahead > 0 { "ahead of" } else { "behind" };
    let told = format!("{} seconds {way} this machine's", ahead.abs());
    let change = "let both machines keep time by NTP";
    Some(match ahead.abs() {
        0..=5 => Finding::ok(check, "the same as this machine's"),
        6..MOST_SECONDS => Finding::warn(check, told, change),
        _ => Finding::fail(check, format!("{told}: tokens are not good yet or over there"), change),
    })
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`: RFC 9110 §5.6.7, the only form that is sent.
fn read(text: &str) -> Option<Timestamp> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let mut parts = text.split_once(", ")?.1.split([' ', ':']);
    let number = |of: Option<&str>| of.and_then(|part| part.parse::<i64>().ok());
    let day = number(parts.next())?;
    let month = i64::try_from(MONTHS.find(parts.next()?)? / 3).ok()? + 1;
    let year = number(parts.next())?;
    let seconds = number(parts.next())? * 3600 + number(parts.next())? * 60 + number(parts.next())?;
    // Counted in years that begin in March, so that the day a leap year has more comes last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days = days + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(Timestamp(days * 86_400 + seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read() {
        for (text, seconds) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Tue, 29 Feb 2000 00:00:00 GMT", Some(951_782_400)),
            ("Sun, 22 Nov 2026 00:00:01 GMT", Some(1_795_305_601)),
            ("yesterday", None),
            ("Sun, x Nov 2026 00:00:01 GMT", None),
        ] {
            assert_eq!(read(text).map(Timestamp::seconds), seconds, "{text}");
        }
    }
}
