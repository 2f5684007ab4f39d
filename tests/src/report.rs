//! What is told about a run: a line a step, or one JSON document. Everything goes through the list of secrets.

use std::fmt::Write;

use serde::Serialize;

use crate::{secrets::Secrets, violation::Violation};

/// A run against one server.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The MCP endpoint.
    pub target: String,
    /// Whether all seven steps held.
    pub conformant: bool,
    /// Why the client could not be played to the end, and what to do; the server is not to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// The steps that were taken, in order.
    pub steps: Vec<StepReport>,
}

impl Report {
    /// Whether a step held each time it was taken; none when it was not.
    pub fn held(&self, number: u8) -> Option<bool> {
        let mut taken = self.steps.iter().filter(|step| step.number == number).peekable();
        taken.peek()?;
        Some(taken.all(|step| step.passed))
    }
}

/// One step of a run.
#[derive(Clone, Debug, Serialize)]
pub struct StepReport {
    /// Its place, 1 to 7.
    pub number: u8,
    /// What it is called.
    pub name: &'static str,
    /// Whether it held.
    pub passed: bool,
    /// What was seen, in one line.
    pub seen: String,
    /// What holds but could be better, and what was skipped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The rule that was broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub violation: Option<Violation>,
    /// What was sent and how it was answered, a line each.
    pub calls: Vec<String>,
    /// How long it took, the human included.
    pub milliseconds: u64,
}

impl StepReport {
    /// The same without any secret.
    #[must_use]
    pub fn scrubbed(mut self, secrets: &Secrets) -> StepReport {
        self.seen = secrets.scrub(&self.seen);
        for line in self.notes.iter_mut().chain(&mut self.calls) {
            *line = secrets.scrub(line);
        }
        if let Some(violation) = &mut self.violation {
            let violation = &mut **violation;
            for text in
                [&mut violation.sentence, &mut violation.expected, &mut violation.seen, &mut violation.change]
            {
                *text = secrets.scrub(text);
            }
        }
        self
    }

    /// The step for a human: one line, its notes, and the violation with what to change.
    pub fn text(&self) -> String {
        let mark = if self.passed { "ok  " } else { "FAIL" };
        let mut text = format!("{mark} {} {:<17} {}", self.number, self.name, self.seen);
        for note in &self.notes {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n       note: {note}");
        }
        if let Some(violation) = &self.violation {
            let rows = [
                ("rule", format!("{} ({})", violation.id, violation.section)),
                ("expected", violation.expected.clone()),
                ("seen", violation.seen.clone()),
                ("change", violation.change.clone()),
            ];
            for (name, row) in rows.iter().filter(|(_, row)| !row.is_empty()) {
                let _ = write!(text, "\n       {name}: {row}");
            }
            for call in &self.calls {
                let _ = write!(text, "\n       sent: {call}");
            }
        }
        text
    }
}
