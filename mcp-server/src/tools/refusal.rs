//! Why a tool did not do what it was asked, in words its caller can act on. Told as a result, not as a protocol error.

use shared::database::DatabaseError;

#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// An argument is not usable.
    #[error("{argument} {fault}")]
    Invalid {
        /// Which one.
        argument: &'static str,
        /// What is wrong with it, as half a sentence.
        fault: String,
    },
    /// There is no such thing among this user's.
    #[error("there is no {0} with this id")]
    NotFound(&'static str),
    /// Not the caller's fault, and not the caller's to know.
    #[error("this did not work just now; try again in a moment")]
    Failed(#[from] DatabaseError),
}

impl Refusal {
    pub(super) fn invalid(argument: &'static str, fault: impl Into<String>) -> Refusal {
        Refusal::Invalid { argument, fault: fault.into() }
    }
}
