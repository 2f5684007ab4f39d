//! Why a passkey did not do what was wanted.

use shared::database::DatabaseError;

use crate::{flow::Failure, login::passkeys::PasskeyFault};

/// Why a passkey did not do what was wanted.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// The issuer has no name browsers make passkeys for, or nobody signs in here by themselves.
    #[error("Passkeys cannot be used with this server.")]
    Unavailable,
    /// Nobody is signed in, or somebody else.
    #[error("You are no longer signed in as before. Sign in and try again.")]
    SignedOut,
    /// A cookie that was stolen must not become a way in that lasts.
    #[error("You signed in more than ten minutes ago. Sign in once more to change your passkeys.")]
    NotFresh,
    /// Their provider says who they are.
    #[error("You sign in with a provider. Passkeys are for accounts with a password here.")]
    Elsewhere,
    /// Not sealed by us, or tampered with.
    #[error("This was not asked by this server.")]
    Forged,
    /// Another browser, or its cookie is gone.
    #[error("This was asked in another browser, or cookies are switched off.")]
    OtherBrowser,
    /// Too late.
    #[error("That took too long. Try again.")]
    Expired,
    /// The same answer again.
    #[error("This answer was used before. Try again.")]
    Replayed,
    /// The passkey is nobody's here.
    #[error("This server does not know that passkey, or its account is closed.")]
    Unknown,
    /// Two answers of one passkey at the same time.
    #[error("This passkey has just been used or removed. Try again.")]
    Overtaken,
    /// It is added already.
    #[error("That passkey has been added before.")]
    Known,
    /// Enough is enough.
    #[error("You have as many passkeys as you can have. Remove one first.")]
    TooMany,
    /// The answer is not good.
    #[error("The passkey was not accepted.")]
    Refused(#[source] PasskeyFault),
    /// Us.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl PasskeyError {
    /// What it is called where pages have their words.
    pub const fn key(&self) -> &'static str {
        match self {
            PasskeyError::Unavailable => "unavailable",
            PasskeyError::SignedOut => "signed_out",
            PasskeyError::NotFresh => "not_fresh",
            PasskeyError::Elsewhere => "elsewhere",
            PasskeyError::Forged => "forged",
            PasskeyError::OtherBrowser => "other_browser",
            PasskeyError::Expired => "expired",
            PasskeyError::Replayed => "replayed",
            PasskeyError::Unknown => "unknown",
            PasskeyError::Overtaken => "overtaken",
            PasskeyError::Known => "known",
            PasskeyError::TooMany => "too_many",
            PasskeyError::Refused(_) => "refused",
            PasskeyError::Failed(_) => "failed",
        }
    }
}

impl From<PasskeyFault> for PasskeyError {
    fn from(fault: PasskeyFault) -> PasskeyError {
        match fault {
            PasskeyFault::Json(fault) => PasskeyError::Failed(fault.into()),
            fault => PasskeyError::Refused(fault),
        }
    }
}

impl From<DatabaseError> for PasskeyError {
    fn from(error: DatabaseError) -> PasskeyError {
        PasskeyError::Failed(error.into())
    }
}
