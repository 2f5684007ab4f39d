//! What a judge finds wrong.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use serde::Serialize;

/// A rule that was broken, told so that whoever runs the server can mend it. Boxed: a `Result` with it stays small.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation(Box<Broken>);

/// What a [`Violation`] tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// Step and rule, as in `S2.s256`.
    pub id: String,
    /// What is wrong, in one sentence.
    pub sentence: String,
    /// Where the rule stands.
    pub section: &'static str,
    /// What the client needed to see.
    pub expected: String,
    /// What it saw.
    pub seen: String,
    /// What whoever runs the server should change.
    pub change: String,
}

impl Deref for Violation {
    type Target = Broken;

    fn deref(&self) -> &Broken {
        &self.0
    }
}

impl DerefMut for Violation {
    fn deref_mut(&mut self) -> &mut Broken {
        &mut self.0
    }
}

impl Violation {
    /// A broken rule; the rest is told by the methods below.
    pub fn new(id: impl Into<String>, section: &'static str, sentence: impl Into<String>) -> Violation {
        Violation(Box::new(Broken {
            id: id.into(),
            sentence: sentence.into(),
            section,
            expected: String::new(),
            seen: String::new(),
            change: String::new(),
        }))
    }

    /// What the client needed to see.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Violation {
        self.expected = expected.into();
        self
    }

    /// What it saw.
    #[must_use]
    pub fn seen(mut self, seen: impl Into<String>) -> Violation {
        self.seen = shortened(&seen.into());
        self
    }

    /// What to change.
    #[must_use]
    pub fn change(mut self, change: impl Into<String>) -> Violation {
        self.change = change.into();
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {} ({})", self.id, self.sentence, self.section)?;
        let lines = [("expected", &self.expected), ("seen", &self.seen), ("change", &self.change)];
        for (name, text) in lines.into_iter().filter(|(_, text)| !text.is_empty()) {
            write!(formatter, "\n  {name}: {text}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Violation {}

/// Pages and documents can be long; the beginning tells what they are.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 400;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
