//! This machine's clock beside the `Date` of another's answers.

use shared::clock::Clock;

use super::{Finding, probe::Answer};
use crate::clients::fetch::http_date;

/// What tokens are forgiven.
const MOST_SECONDS: i64 = 60;

/// None where the answer has no `Date`.
pub(super) fn compare(host: &str, answer: &Answer, clock: &Clock) -> Option<Finding> {
    let there = answer.header("date").and_then(http_date)?;
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
