//! How often somebody may ask, and who they are behind proxies.

use shared::{address::TrustedProxies, env::Reader};

/// How often somebody may ask.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Whether anything is counted at all.
    pub are_on: bool,
    /// Whose word about addresses is believed.
    pub proxies: TrustedProxies,
}

impl Limits {
    /// Reads `RATE_LIMITS` and `TRUSTED_PROXIES`.
    pub(super) fn read(reader: &mut Reader<'_>) -> Limits {
        Limits {
            are_on: reader.is_on("RATE_LIMITS", true),
            proxies: TrustedProxies::read(reader, "TRUSTED_PROXIES"),
        }
    }
}
