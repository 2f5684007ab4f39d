//! Askers by the place they ask from: what one subscriber has, and of version 6 also the site that it is part of.

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use super::{Limiter, Rate};
use crate::{address::place, clock::Clock};

/// A site has as much as so many of its networks. Whoever is given a whole one (a /48, RFC 6177) has 65,536 of them, and would
/// otherwise be so many askers.
const NETWORKS: u32 = 16;

/// Counts places.
#[derive(Debug)]
pub struct Places {
    near: Limiter<IpAddr>,
    sites: Limiter<IpAddr>,
}

impl Places {
    /// Nobody has asked so far.
    pub fn new(rate: Rate, clock: &Clock) -> Places {
        let wide = Rate {
            burst: rate.burst.saturating_mul(NETWORKS),
            per_second: rate.per_second.saturating_mul(NETWORKS),
        };
        Places { near: Limiter::new(rate, clock.clone()), sites: Limiter::new(wide, clock.clone()) }
    }

    /// Counts one more from there, if there is room.
    ///
    /// # Errors
    /// How long to wait, as [`Limiter::check`] says it.
    pub fn check(&self, address: IpAddr) -> Result<(), Duration> {
        self.near.check(&place(address))?;
        site(address).map_or(Ok(()), |site| self.sites.check(&site))
    }

    /// Takes back one that was counted.
    pub fn take_back(&self, address: IpAddr) {
        self.near.take_back(&place(address));
        if let Some(site) = site(address) {
            self.sites.take_back(&site);
        }
    }
}

/// Version 4 has no room for sites.
fn site(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        IpAddr::V6(address) => Some(IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 80 << 80))),
        IpAddr::V4(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_has_as_much_as_some_of_its_networks() {
        let clock = Clock::manual();
        let places = Places::new(Rate { burst: 10, per_second: 1 }, &clock);
        let asked =
            |network: u16, host: u16| places.check(Ipv6Addr::new(1, 2, 3, network, 0, 0, 0, host).into());
        let allowed = |network| (0..50).filter(|host| asked(network, *host).is_ok()).count();
        let all: usize = (0..100).map(allowed).sum();
        assert_eq!(all, 160);
        assert_eq!(allowed(1000), 0, "a network that was never seen");
        assert!(places.check(Ipv6Addr::new(1, 2, 4, 0, 0, 0, 0, 0).into()).is_ok(), "another site");
        places.take_back(Ipv6Addr::new(1, 2, 3, 1000, 0, 0, 0, 0).into());
        assert_eq!(allowed(1001), 1);
        clock.advance(Duration::from_secs(1));
        assert_eq!((allowed(0), allowed(1002)), (1, 10));
        let v4 = |last| places.check(IpAddr::from([192, 0, 2, last]));
        assert_eq!((0..=255).filter(|last| v4(*last).is_ok()).count(), 256);
    }
}
