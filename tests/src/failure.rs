//! What ends a test: tests return it with `?`, and its text is what the failed test shows.

use std::fmt;

/// More than this nobody reads.
const LONGEST: usize = 2000;

/// The outcome of a test, or of a helper of one.
pub type Outcome<T = ()> = Result<T, Failure>;

/// Why a test cannot go on, in words.
pub struct Failure(String);

impl Failure {
    /// A failure in these words.
    pub fn new(text: impl Into<String>) -> Failure {
        Failure(text.into())
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

// `Failure` itself is no `Error`: that is what lets `?` take every error there is.
impl<E: std::error::Error> From<E> for Failure {
    fn from(fault: E) -> Failure {
        let mut text = fault.to_string();
        let mut source = fault.source();
        while let Some(deeper) = source {
            text = format!("{text}: {deeper}");
            source = deeper.source();
        }
        // An error may hold the whole of a request that was made long on purpose.
        Failure(text.chars().take(LONGEST).collect())
    }
}
