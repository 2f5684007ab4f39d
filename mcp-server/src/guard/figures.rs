//! What guards count: good tokens, and fetches of the issuer's keys; and what their refusals are called where they are counted.

use std::sync::atomic::{AtomicI64, Ordering};

use shared::{clock::Timestamp, metrics::ByWords};

use super::{Denial, Flaw};

/// The figures of the guards of one issuer.
pub(crate) struct Figures {
    /// Good tokens: `seen_before` or `verified`.
    pub(crate) tokens: ByWords<1>,
    /// Fetches of the issuer's documents: `fetched` or `failed`.
    pub(crate) fetches: ByWords<1>,
    /// When the keys in use were fetched, in seconds; zero before the first.
    fetched_at: AtomicI64,
}

impl Default for Figures {
    fn default() -> Figures {
        let by_outcome = || ByWords::new(["outcome"]);
        Figures { tokens: by_outcome(), fetches: by_outcome(), fetched_at: AtomicI64::default() }
    }
}

impl Figures {
    pub(super) fn token(&self, outcome: &'static str) {
        self.tokens.count([outcome]);
    }

    pub(super) fn fetched(&self, at: Timestamp) {
        self.fetched_at.store(at.seconds(), Ordering::Relaxed);
        self.fetches.count(["fetched"]);
    }

    pub(super) fn failed(&self) {
        self.fetches.count(["failed"]);
    }

    /// When the keys in use were fetched, if they ever were.
    pub(crate) fn fetched_at(&self) -> Option<Timestamp> {
        Some(self.fetched_at.load(Ordering::Relaxed)).filter(|at| *at != 0).map(Timestamp)
    }
}

impl Denial {
    /// The word for it.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Denial::Anonymous => "anonymous",
            Denial::Ambiguous => "ambiguous",
            Denial::Invalid(flaw) => match flaw {
                Flaw::Malformed => "malformed",
                Flaw::Type => "type",
                Flaw::Algorithm => "algorithm",
                Flaw::Key => "unknown_key",
                Flaw::Signature => "signature",
                Flaw::Claims => "claims",
                Flaw::Issuer => "issuer",
                Flaw::Audience => "audience",
                Flaw::Expired => "expired",
                Flaw::Early => "early",
            },
            Denial::Unverifiable(_) => "no_issuer_keys",
            Denial::UnknownToken => "unknown_static_token",
            Denial::Unchecked(_) => "failed_database",
        }
    }
}
