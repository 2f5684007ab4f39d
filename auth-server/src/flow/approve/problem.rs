//! Why a decision is not carried out, or not yet.

use crate::flow::{Failure, upstream::UpstreamRefusal};

/// Why the page is shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// One answer for an unknown e-mail and a wrong password.
    #[error("The e-mail or the password is not right.")]
    Credentials,
    /// The password is right and does not help.
    #[error("This account is disabled. Ask whoever runs this server.")]
    Disabled,
    /// Too many before, for so many seconds.
    #[error("There were too many attempts to sign in. Wait {0} seconds and try again.")]
    Wait(u64),
    /// The page named somebody else, or nobody is signed in any more.
    #[error("You are no longer signed in as before. Please check and decide again.")]
    SignedOut,
    /// Not the account the application asked for.
    #[error(
        "The application asks for another account. Sign in with the one it was connected to, or choose Deny."
    )]
    OtherAccount,
    /// Nothing was left to allow.
    #[error("Tick at least one thing the application may do, or choose Deny.")]
    NothingTicked,
}

impl Problem {
    /// What it is called where pages have their words.
    pub const fn key(self) -> &'static str {
        match self {
            Problem::Credentials => "credentials",
            Problem::Disabled => "disabled",
            Problem::Wait(_) => "wait",
            Problem::SignedOut => "signed_out",
            Problem::OtherAccount => "other_account",
            Problem::NothingTicked => "nothing_ticked",
        }
    }
}

/// Why a decision is not carried out: a page for the person.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    /// Not sealed by us, or tampered with.
    #[error("This form was not made by this server.")]
    Forged,
    /// Blocked, or no longer published.
    #[error("The application that asked can no longer be used with this server.")]
    Client,
    /// Another browser, or its cookie is gone.
    #[error("This page was made for another browser, or cookies are switched off.")]
    OtherBrowser,
    /// Too late.
    #[error("It was open for so long that its request is no longer good.")]
    Expired,
    /// The provider, or who they are there.
    #[error(transparent)]
    Upstream(#[from] UpstreamRefusal),
    /// Us.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl DecisionError {
    /// What it is called where pages have their words.
    pub const fn key(&self) -> &'static str {
        match self {
            DecisionError::Forged | DecisionError::Upstream(_) | DecisionError::Failed(_) => "forged",
            DecisionError::Client => "client",
            DecisionError::OtherBrowser => "other_browser",
            DecisionError::Expired => "expired",
        }
    }
}
