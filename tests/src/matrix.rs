//! Many clients against one server: who gets in, and at which step the others are stopped.

use std::fmt::Write;

use serde::Serialize;

use crate::{
    agent::Agent,
    report::Report,
    run::{Watch, run},
    steps::{Step, s1_resource_metadata::BadTarget},
};

/// What became of each client.
#[derive(Clone, Debug, Serialize)]
pub struct Matrix {
    /// The MCP endpoint.
    pub target: String,
    /// A row for each, in the order they were played.
    pub clients: Vec<Row>,
}

/// One client.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What `--persona` calls it.
    pub persona: String,
    /// What people call it.
    pub title: String,
    /// Its steps.
    #[serde(flatten)]
    pub report: Report,
}

/// The steps, as columns.
fn columns() -> [&'static str; 7] {
    use crate::steps as s;
    [
        s::s1_resource_metadata::ResourceMetadata::NAME,
        s::s2_server_metadata::ServerMetadata::NAME,
        s::s3_registration::Registration::NAME,
        s::s4_authorization::Authorization::NAME,
        s::s5_token::TokenExchange::NAME,
        s::s6_verification::Verification::NAME,
        s::s7_auth_trigger::AuthTrigger::NAME,
    ]
}

/// Takes the steps as each of these clients.
///
/// # Errors
/// The target is no URL.
pub async fn run_all(target: &str, agents: &[Agent], watch: &mut dyn Watch) -> Result<Matrix, BadTarget> {
    let mut clients = Vec::new();
    for agent in agents {
        watch.played(&agent.persona.script.name);
        let report = run(target, agent, watch).await?;
        let script = &agent.persona.script;
        clients.push(Row { persona: script.name.clone(), title: script.title.clone(), report });
    }
    Ok(Matrix { target: target.to_owned(), clients })
}

impl Matrix {
    /// Whether every client that could be played got in.
    pub fn all_get_in(&self) -> bool {
        self.clients.iter().all(|row| row.report.conformant || row.report.skipped.is_some())
    }

    /// A table in Markdown, a line a client, and how many get in.
    pub fn markdown(&self) -> String {
        let steps = columns();
        let mut text = format!("| client | persona | {} |\n", steps.join(" | "));
        text.push_str(&format!("|---|---|{}\n", ":-:|".repeat(steps.len())));
        for row in &self.clients {
            let cells: Vec<&str> = (1..=7).map(|number| row.cell(number)).collect();
            text.push_str(&format!("| {} | `{}` | {} |\n", row.title, row.persona, cells.join(" | ")));
        }
        let played = self.clients.iter().filter(|row| row.report.skipped.is_none()).count();
        let inside = self.clients.iter().filter(|row| row.report.conformant).count();
        let skipped = match self.clients.len() - played {
            0 => String::new(),
            skipped => format!(", {skipped} skipped"),
        };
        text.push_str(&format!("\n{inside} of {played} clients get in{skipped}\n"));
        text
    }

    /// What to change for those who do not get in, and what could be better; empty when there is nothing.
    pub fn remarks(&self) -> String {
        let mut text = String::new();
        for row in &self.clients {
            let name = &row.persona;
            if let Some(why) = &row.report.skipped {
                text.push_str(&format!("\n{name} skipped: {why}"));
            }
            for step in &row.report.steps {
                for note in &step.notes {
                    text.push_str(&format!("\n{name} note: {note}"));
                }
                if step.violation.is_some() {
                    // Writing to a string cannot fail.
                    let _ = write!(text, "\n{name}\n{}", step.text());
                }
            }
        }
        text
    }
}

impl Row {
    fn cell(&self, number: u8) -> &'static str {
        match self.report.held(number) {
            None => "–",
            Some(true) => "✓",
            Some(false) => "✗",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{report::StepReport, violation::Violation};

    fn step(number: u8, passed: bool) -> StepReport {
        let violation =
            (!passed).then(|| Violation::new("S2.s256", "RFC 7636", "no PKCE").change("advertise S256"));
        let (seen, notes, calls) = (String::new(), Vec::new(), Vec::new());
        StepReport { number, name: "x", passed, seen, notes, violation, calls, milliseconds: 0 }
    }

    fn row(persona: &str, steps: Vec<StepReport>, skipped: Option<&str>) -> Row {
        let conformant = steps.len() >= 7 && steps.iter().all(|step| step.passed);
        let report = Report { target: String::new(), conformant, skipped: skipped.map(str::to_owned), steps };
        Row { persona: persona.to_owned(), title: persona.to_uppercase(), report }
    }

    #[test]
    fn a_line_a_client_and_a_sentence_for_each_that_is_stopped() {
        let all = (1..=7).chain(4..=7).map(|number| step(number, true)).collect();
        let clients = vec![
            row("a", all, None),
            row("b", vec![step(1, true), step(2, false)], None),
            row("c", vec![step(1, true)], Some("publish it")),
        ];
        let matrix = Matrix { target: String::new(), clients };
        let text = matrix.markdown();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[2], "| A | `a` | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ | ✓ |");
        assert_eq!(lines[3], "| B | `b` | ✓ | ✗ | – | – | – | – | – |");
        assert_eq!(lines[6], "1 of 2 clients get in, 1 skipped");
        let remarks = matrix.remarks();
        assert!(remarks.contains("b\nFAIL 2") && remarks.contains("change: advertise S256"), "{remarks}");
        assert!(remarks.contains("c skipped: publish it") && !matrix.all_get_in(), "{remarks}");
    }
}
