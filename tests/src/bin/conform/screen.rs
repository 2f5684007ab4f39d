//! What is seen while it runs.

use std::io::{self, IsTerminal, Write};

use conformance::{
    checks::{self, Check, CheckReport},
    report::StepReport,
    run::Watch,
};

/// Prints each step as soon as it is known.
pub(super) struct Screen {
    is_quiet: bool,
    is_live: bool,
    client: String,
}

impl Screen {
    /// A quiet one prints no steps, and still shows which is taken when somebody looks.
    pub(super) fn new(is_quiet: bool) -> Screen {
        Screen { is_quiet, is_live: io::stderr().is_terminal(), client: String::new() }
    }
}

impl Screen {
    /// What is going on, for whoever looks.
    fn show(&self, text: &str) {
        if self.is_live {
            let mut err = io::stderr().lock();
            // A failed write of progress changes no result.
            let _ = write!(err, "\r\x1b[K …   {text}");
            let _ = err.flush();
        }
    }

    /// What is known now.
    fn print(&self, text: &str) {
        if self.is_live {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
        if !self.is_quiet {
            let mut out = io::stdout().lock();
            // The exit code tells the outcome even when nobody reads the lines.
            let _ = writeln!(out, "{text}");
            let _ = out.flush();
        }
    }
}

impl Watch for Screen {
    fn played(&mut self, persona: &str) {
        if self.is_quiet {
            self.client = format!("{persona} ");
        }
    }

    fn begun(&mut self, number: u8, name: &'static str) {
        self.show(&format!("{}{number} {name}", self.client));
    }

    fn ended(&mut self, step: &StepReport) {
        self.print(&step.text());
    }
}

impl checks::Watch for Screen {
    fn begun(&mut self, check: &Check) {
        self.show(&format!("{} {}", check.id, check.sentence));
    }

    fn ended(&mut self, report: &CheckReport) {
        self.print(&report.text());
    }
}
