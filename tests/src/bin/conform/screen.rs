//! What is seen while it runs.

use std::io::{self, IsTerminal, Write};

use conformance::{report::StepReport, run::Watch};

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

impl Watch for Screen {
    fn played(&mut self, persona: &str) {
        if self.is_quiet {
            self.client = format!("{persona} ");
        }
    }

    fn begun(&mut self, number: u8, name: &'static str) {
        if self.is_live {
            let mut err = io::stderr().lock();
            // A failed write of progress changes no result.
            let _ = write!(err, "\r\x1b[K …   {}{number} {name}", self.client);
            let _ = err.flush();
        }
    }

    fn ended(&mut self, step: &StepReport) {
        if self.is_live {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
        if !self.is_quiet {
            let mut out = io::stdout().lock();
            // The exit code tells the outcome even when nobody reads the lines.
            let _ = writeln!(out, "{}", step.text());
            let _ = out.flush();
        }
    }
}
