//! Why a provider signed nobody in.

/// Why somebody is not signed in through a provider: a page for them. Text in it is the provider's name or their own address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamRefusal {
    /// Never sent, sent from elsewhere, too late, or back already.
    #[error("nobody was sent from this browser with that state")]
    Unknown,
    /// More people are on the way than there is room for.
    #[error("too many people are on the way to providers")]
    Full,
    /// Too many from the same place, for so many seconds.
    #[error("too many people were sent to providers from one place")]
    Wait(u64),
    /// No answer.
    #[error("{0} cannot be reached")]
    Away(String),
    /// An answer that proves nothing.
    #[error("{0} did not answer as expected")]
    Answer(String),
    /// The person turned back there.
    #[error("the person did not sign in with {0}")]
    Cancelled(String),
    /// It signed nobody in.
    #[error("{0} signed nobody in")]
    Declined(String),
    /// Without an address nobody knows whose account it is.
    #[error("{0} told no e-mail address")]
    NoEmail(String),
    /// Only addresses that are vouched for can be on a list.
    #[error("{0} does not vouch for the address")]
    Unverified(String, String),
    /// Not on the list.
    #[error("the person may not enter")]
    NotAllowed(String),
    /// By the operator.
    #[error("the account is disabled")]
    Disabled(String),
    /// Not the one the client asked for.
    #[error("the application asks for another account")]
    OtherAccount,
    /// The client asked for a newer sign-in.
    #[error("the sign-in at the provider is older than the application asks for")]
    TooOld,
}

impl UpstreamRefusal {
    /// When to try again, in seconds, where that alone helps.
    pub const fn retry_after(&self) -> Option<u64> {
        match self {
            UpstreamRefusal::Full => Some(60),
            UpstreamRefusal::Wait(seconds) => Some(*seconds),
            _ => None,
        }
    }

    /// What it is called where pages have their words, who did it, and to whom.
    pub fn key(&self) -> (&'static str, &str, &str) {
        match self {
            UpstreamRefusal::Unknown => ("unknown", "", ""),
            UpstreamRefusal::Full => ("full", "", ""),
            UpstreamRefusal::Wait(_) => ("wait", "", ""),
            UpstreamRefusal::Away(provider) => ("away", provider, ""),
            UpstreamRefusal::Answer(provider) => ("answer", provider, ""),
            UpstreamRefusal::Cancelled(provider) | UpstreamRefusal::Declined(provider) => {
                ("declined", provider, "")
            }
            UpstreamRefusal::NoEmail(provider) => ("no_email", provider, ""),
            UpstreamRefusal::Unverified(provider, email) => ("unverified", provider, email),
            UpstreamRefusal::NotAllowed(email) => ("not_allowed", "", email),
            UpstreamRefusal::Disabled(email) => ("disabled", "", email),
            UpstreamRefusal::OtherAccount => ("other_account", "", ""),
            UpstreamRefusal::TooOld => ("too_old", "", ""),
        }
    }
}
