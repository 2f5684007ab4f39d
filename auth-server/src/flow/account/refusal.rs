//! Why a form of the account page did nothing.

use crate::flow::{Failure, approve::DecisionError, upstream::UpstreamRefusal};

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// Not sealed by us, or tampered with.
    #[error("the form was not made by this server")]
    Forged,
    /// Another browser's, or from before a sign-out.
    #[error("the form was made for another browser")]
    OtherBrowser,
    /// Somebody else is signed in by now.
    #[error("the form was made for somebody else")]
    OtherUser,
    /// Too late.
    #[error("the form has expired")]
    Expired,
    /// Nobody is signed in any more.
    #[error("nobody is signed in")]
    SignedOut,
    /// There is no such thing of theirs.
    #[error("the form is about something that is not theirs")]
    Gone,
    /// One answer for an unknown e-mail and a wrong password.
    #[error("the e-mail or the password is not right")]
    Credentials,
    /// The password is right and does not help.
    #[error("the account is disabled")]
    Disabled,
    /// Too many before, for so many seconds.
    #[error("there were too many attempts to sign in")]
    Wait(u64),
    /// The present one.
    #[error("the present password is not right")]
    OldPassword,
    /// Too short, too long, or their own address.
    #[error("the new password cannot be used")]
    NewPassword,
    /// They typed two different ones.
    #[error("the new password was repeated differently")]
    Repeated,
    /// The provider, or who they are there.
    #[error(transparent)]
    Upstream(#[from] UpstreamRefusal),
    /// Us.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl ActError {
    /// Whether it is about the password that was to be changed.
    pub const fn is_about_password(&self) -> bool {
        matches!(self, ActError::OldPassword | ActError::NewPassword | ActError::Repeated)
    }

    /// What it is called where pages have their words; a provider's has words of its own.
    pub const fn key(&self) -> &'static str {
        match self {
            ActError::Forged | ActError::Upstream(_) | ActError::Failed(_) => "problem_forged",
            ActError::OtherBrowser => "problem_other_browser",
            ActError::OtherUser => "problem_other_user",
            ActError::Expired => "problem_expired",
            ActError::SignedOut => "problem_signed_out",
            ActError::Gone => "problem_gone",
            ActError::Credentials => "problem_credentials",
            ActError::Disabled => "problem_disabled",
            ActError::Wait(_) => "problem_wait",
            ActError::OldPassword => "problem_old_password",
            ActError::NewPassword => "problem_new_password",
            ActError::Repeated => "problem_repeated",
        }
    }
}

impl From<DecisionError> for ActError {
    fn from(error: DecisionError) -> ActError {
        match error {
            DecisionError::Upstream(refusal) => ActError::Upstream(refusal),
            DecisionError::Failed(failure) => ActError::Failed(failure),
            _ => ActError::Forged,
        }
    }
}
