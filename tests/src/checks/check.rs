//! A check as the table lists it: a stable id, one sentence, its section, and where it is proven.

use std::{future::Future, pin::Pin};

use super::{deployment::Deployment, verdict::Seen};

/// A check that this client makes against a deployment.
pub type Runner = for<'a> fn(&'a Deployment) -> Pin<Box<dyn Future<Output = Seen> + Send + 'a>>;

/// One rule, and who proves it.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Never changes its meaning: `A1.2` is a part of line A1 of the list.
    pub id: &'static str,
    /// What is true when it holds.
    pub sentence: &'static str,
    /// Where the rule stands.
    pub section: &'static str,
    /// Where it is proven.
    pub proof: Proof,
}

/// Where a check is proven.
#[derive(Clone, Copy, Debug)]
pub enum Proof {
    /// By this client, against any deployment.
    Tool(Runner),
    /// By these tests only, as `file::function`: they restart servers, move clocks or read logs.
    Tests(&'static [&'static str]),
    /// Nowhere yet, for this reason.
    Left(&'static str),
}

impl Check {
    /// A check of this client.
    pub(super) const fn tool(
        id: &'static str,
        section: &'static str,
        sentence: &'static str,
        runner: Runner,
    ) -> Check {
        Check { id, sentence, section, proof: Proof::Tool(runner) }
    }

    /// A check of our own tests.
    pub(super) const fn tests(
        id: &'static str,
        section: &'static str,
        sentence: &'static str,
        paths: &'static [&'static str],
    ) -> Check {
        Check { id, sentence, section, proof: Proof::Tests(paths) }
    }

    /// A check that nothing makes.
    pub(super) const fn left(
        id: &'static str,
        section: &'static str,
        sentence: &'static str,
        reason: &'static str,
    ) -> Check {
        Check { id, sentence, section, proof: Proof::Left(reason) }
    }

    /// The line of the list it belongs to: `N1` for `N1.3`, `A` for `A1.2`.
    pub fn group(&self) -> &'static str {
        let line = self.id.split('.').next().unwrap_or_default();
        if line.starts_with('N') { line } else { line.get(..1).unwrap_or_default() }
    }

    /// The check as a row of a markdown table.
    pub fn row(&self) -> String {
        let proof = match self.proof {
            Proof::Tool(_) => "`conform --checks`".to_owned(),
            Proof::Tests(paths) => {
                paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ")
            }
            Proof::Left(reason) => format!("not yet: {reason}"),
        };
        format!("| {} | {} | {} | {proof} |", self.id, self.sentence.replace('|', "\\|"), self.section)
    }
}

/// Writes checks as a table: id, section, proof, and the sentence below.
macro_rules! checks {
    ($($id:literal $section:literal $kind:ident($($proof:tt)*) $sentence:literal;)*) => {
        &[$(checks!(@$kind ($id, $section, $sentence) $($proof)*)),*]
    };
    (@tool ($id:literal, $section:literal, $sentence:literal) $runner:path $(, $argument:expr)*) => {
        Check::tool($id, $section, $sentence, |deployment| Box::pin($runner(deployment $(, $argument)*)))
    };
    (@tests ($id:literal, $section:literal, $sentence:literal) $($path:literal),+) => {
        Check::tests($id, $section, $sentence, &[$($path),+])
    };
    (@left ($id:literal, $section:literal, $sentence:literal) $reason:literal) => {
        Check::left($id, $section, $sentence, $reason)
    };
}
pub(super) use checks;
