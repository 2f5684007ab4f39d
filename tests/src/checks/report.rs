//! What is told about the checks: a line each, what to change where one is broken, and a count.

use std::fmt::Write;

use serde::Serialize;

use super::verdict::Verdict;

/// All checks of one deployment.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// The MCP endpoint.
    pub target: String,
    /// The checks that were made, in the order of the table.
    pub checks: Vec<CheckReport>,
}

/// One check of a deployment.
#[derive(Clone, Debug, Serialize)]
pub struct CheckReport {
    /// Its id in the table.
    pub id: &'static str,
    /// What is true when it holds.
    pub sentence: &'static str,
    /// Where the rule stands.
    pub section: &'static str,
    /// What came of it.
    pub verdict: Verdict,
    /// How long it took, with whatever it was the first to need.
    pub milliseconds: u64,
}

impl CheckReport {
    /// The check for a human: one line, and what to change when it is broken.
    pub fn text(&self) -> String {
        let line = |mark: &str, said: &str| format!("{mark} {:<6} {}: {said}", self.id, self.sentence);
        let violation = match &self.verdict {
            Verdict::Holds(seen) => return line("ok  ", seen),
            Verdict::Skipped(why) => return line("skip", why),
            Verdict::Broken(violation) => violation,
        };
        let mut text = line("FAIL", &violation.sentence);
        let rows = [
            ("rule", &self.section.to_owned()),
            ("expected", &violation.expected),
            ("seen", &violation.seen),
            ("change", &violation.change),
        ];
        for (name, row) in rows.into_iter().filter(|(_, row)| !row.is_empty()) {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n       {name}: {row}");
        }
        text
    }
}

impl Checked {
    /// Whether no check is broken.
    pub fn is_sound(&self) -> bool {
        !self.checks.iter().any(|check| matches!(check.verdict, Verdict::Broken(_)))
    }

    /// The last line: how many hold, are broken and were skipped.
    pub fn count(&self) -> String {
        let (mut hold, mut broken, mut skipped) = (0, 0, 0);
        for check in &self.checks {
            match check.verdict {
                Verdict::Holds(_) => hold += 1,
                Verdict::Broken(_) => broken += 1,
                Verdict::Skipped(_) => skipped += 1,
            }
        }
        format!("{hold} hold, {broken} broken, {skipped} skipped")
    }

    /// All of it for a human.
    pub fn text(&self) -> String {
        let lines = self.checks.iter().map(CheckReport::text).chain([self.count()]);
        lines.collect::<Vec<_>>().join("\n")
    }
}
