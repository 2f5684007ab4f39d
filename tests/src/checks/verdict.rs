//! What comes of a check: it holds, it is broken, or it says nothing about this deployment.

use serde::Serialize;

use crate::{secrets::Secrets, violation::Violation};

/// The outcome of a check.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds; what was seen, in one line.
    Holds(String),
    /// It does not, and this is what to change.
    Broken(Violation),
    /// It does not apply, or could not be tried, for this reason.
    Skipped(String),
}

impl Verdict {
    /// The same without any secret.
    #[must_use]
    pub fn scrubbed(self, secrets: &Secrets) -> Verdict {
        match self {
            Verdict::Holds(seen) => Verdict::Holds(secrets.scrub(&seen)),
            Verdict::Skipped(why) => Verdict::Skipped(secrets.scrub(&why)),
            Verdict::Broken(mut violation) => {
                let broken = &mut *violation;
                for text in [&mut broken.sentence, &mut broken.expected, &mut broken.seen, &mut broken.change]
                {
                    *text = secrets.scrub(text);
                }
                Verdict::Broken(violation)
            }
        }
    }
}

/// Why a check does not hold.
#[derive(Clone, Debug)]
pub enum Stop {
    /// A rule is broken.
    Broken(Violation),
    /// It cannot be told.
    Skipped(String),
}

/// What a check saw, in one line, or why it does not hold.
pub type Seen<T = String> = Result<T, Stop>;

impl From<Violation> for Stop {
    fn from(violation: Violation) -> Stop {
        Stop::Broken(violation)
    }
}

impl From<Seen> for Verdict {
    fn from(seen: Seen) -> Verdict {
        match seen {
            Ok(seen) => Verdict::Holds(seen),
            Err(Stop::Broken(violation)) => Verdict::Broken(violation),
            Err(Stop::Skipped(why)) => Verdict::Skipped(why),
        }
    }
}

impl Stop {
    /// The same reason for a check that only builds on what stopped.
    pub(super) fn follows(&self, id: &str) -> Stop {
        match self {
            Stop::Broken(violation) => Stop::Skipped(format!("see {id}: {}", violation.sentence)),
            Stop::Skipped(why) => Stop::Skipped(why.clone()),
        }
    }
}

/// A broken rule; the check that found it adds its own id and section.
pub(super) fn wrong(sentence: impl Into<String>) -> Violation {
    Violation::new("", "", sentence)
}

/// A check that cannot be made, and why.
pub(super) fn skip<T>(why: impl Into<String>) -> Seen<T> {
    Err(Stop::Skipped(why.into()))
}
