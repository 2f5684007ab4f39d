//! How often somebody may ask: the whole table of this server.
//!
//! All users of one hosted client come from a few addresses. So no address makes anybody wait who has a right token, or
//! none yet, or one that was right once: to these 401 is the way to a better one. What is counted by address are tokens
//! that nobody was ever given.

use std::{
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    time::Duration,
};

use shared::{
    clock::Clock,
    limit::{Limiter, Places, Rate},
};

use crate::{caller::Caller, guard::Denial};

/// Wrong tokens in URLs, by address.
pub const STATIC_TOKENS: Rate = Rate { burst: 60, per_second: 1 };
/// Access tokens that were never any, by address.
pub const ACCESS_TOKENS: Rate = Rate { burst: 1000, per_second: 100 };
/// `tools/call`, by the person with the client they use, or by the static token.
pub const CALLS: Rate = Rate { burst: 300, per_second: 50 };

/// Counts everybody.
#[derive(Debug)]
pub(crate) struct Limits(Option<Counts>);

#[derive(Debug)]
struct Counts {
    static_tokens: Places,
    access_tokens: Places,
    /// By a hash, so that no name takes more room than another.
    calls: Limiter<u64>,
    hash: RandomState,
}

impl Limits {
    /// Nobody has asked so far. Switched off everybody may, however often.
    pub(crate) fn new(are_on: bool, clock: &Clock) -> Limits {
        Limits(are_on.then(|| Counts {
            static_tokens: Places::new(STATIC_TOKENS, clock),
            access_tokens: Places::new(ACCESS_TOKENS, clock),
            calls: Limiter::new(CALLS, clock.clone()),
            hash: RandomState::new(),
        }))
    }

    /// Counts somebody from this address who was not let in.
    ///
    /// # Errors
    /// How long to wait, in whole seconds.
    pub(crate) fn check_denied(&self, denial: &Denial, address: Option<IpAddr>) -> Result<(), Duration> {
        let (Some(counts), Some(address)) = (&self.0, address) else { return Ok(()) };
        match denial {
            Denial::UnknownToken => counts.static_tokens.check(address),
            Denial::Invalid(flaw) if flaw.is_forged() => counts.access_tokens.check(address),
            Denial::Invalid(_)
            | Denial::Anonymous
            | Denial::Ambiguous
            | Denial::Unverifiable(_)
            | Denial::Unchecked(_) => Ok(()),
        }
    }

    /// Counts a tool call. What is open to everyone touches nothing that could be worn out.
    ///
    /// # Errors
    /// How long to wait, in whole seconds.
    pub(crate) fn check_call(&self, caller: &Caller) -> Result<(), Duration> {
        let Some(counts) = &self.0 else { return Ok(()) };
        let key = match caller {
            Caller::Visitor(visitor) => counts.hash.hash_one((&visitor.sub, &visitor.client_id)),
            Caller::Holder { holder, .. } => counts.hash.hash_one(holder.id),
            Caller::Nobody => return Ok(()),
        };
        counts.calls.check(&key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_documentation() {
        let page = include_str!("../../docs/settings.md");
        for (what, rate) in [
            ("wrong tokens in URLs", STATIC_TOKENS),
            ("forged access tokens", ACCESS_TOKENS),
            ("`tools/call`", CALLS),
        ] {
            let numbers = format!("| {} | {} |", rate.burst, rate.per_second);
            let row = page.lines().find(|line| line.starts_with(&format!("| {what} |")));
            assert!(row.is_some_and(|row| row.ends_with(&numbers)), "{what}: {row:?}, and not {numbers}");
        }
    }
}
