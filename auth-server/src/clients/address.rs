//! Addresses nothing may be fetched from, and a resolver that never hands one on.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{Arc, LazyLock},
};

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::oauth::client_id_url::Reach;

/// Networks that are not the internet. The file says where the list is from.
static SPECIAL: LazyLock<Vec<IpNet>> = LazyLock::new(|| {
    let entry = |line: &str| line.split('#').next().unwrap_or_default().trim().to_owned();
    let lines = include_str!("../../data/special_networks.txt").lines().map(entry);
    lines.filter_map(|line| line.parse().ok()).collect()
});

/// Whether something may be fetched from an address: RFC 6890 and what the clouds made of it.
pub fn is_reachable(address: IpAddr, reach: Reach) -> bool {
    let address = unwrap(address);
    let is_special = SPECIAL.iter().any(|network| network.contains(&address));
    !is_special || (reach == Reach::AndThisMachine && address.is_loopback())
}

/// The IPv4 address inside an IPv6 one that leads there, where there is one.
fn unwrap(address: IpAddr) -> IpAddr {
    let IpAddr::V6(outer) = address else { return address };
    let inside = match outer.segments() {
        // `::1` is no embedded address, and both families call it loopback.
        _ if outer == Ipv6Addr::LOCALHOST => None,
        // Compatible (RFC 4291 §2.5.5.1), mapped (§2.5.5.2), translated (RFC 2765 §2.1), NAT64 (RFC 6052 §2.1).
        [0, 0, 0, 0, 0, 0, high, low]
        | [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some((high, low)),
        // 6to4 (RFC 3056 §2).
        [0x2002, high, low, ..] => Some((high, low)),
        _ => None,
    };
    inside.map_or(address, |(high, low)| {
        IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
    })
}

/// Resolves names, and hands on only addresses that were checked. The client connects to one of these and asks nobody
/// again, so a name cannot change its meaning in between.
pub(super) struct CheckedResolver {
    inner: Arc<dyn Resolve>,
    reach: Reach,
}

impl CheckedResolver {
    /// The system's resolver, checked.
    pub(super) fn system(reach: Reach) -> CheckedResolver {
        CheckedResolver { inner: Arc::new(System), reach }
    }
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (resolving, reach) = (self.inner.resolve(name), self.reach);
        Box::pin(async move {
            let found: Vec<_> = resolving.await?.collect();
            let checked: Vec<_> =
                found.into_iter().filter(|address| is_reachable(address.ip(), reach)).collect();
            if checked.is_empty() {
                return Err(NotOnTheInternet.into());
            }
            Ok(Box::new(checked.into_iter()) as Addrs)
        })
    }
}

/// A name that resolves to special addresses only.
#[derive(Debug, thiserror::Error)]
#[error("the host has no address on the internet")]
struct NotOnTheInternet;

/// The resolver of the operating system.
struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{net::SocketAddr, sync::Mutex};

    use super::*;

    fn is_public(address: &str) -> bool {
        is_reachable(address.parse().unwrap(), Reach::Internet)
    }

    #[test]
    fn every_network_of_the_list_is_read() {
        let lines = include_str!("../../data/special_networks.txt").lines();
        assert_eq!(SPECIAL.len(), lines.filter(|line| !line.starts_with('#')).count());
    }

    #[test]
    fn addresses_of_the_internet_are_told_from_others_in_every_form() {
        for public in [
            "8.8.8.8",
            "172.32.0.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::",
        ] {
            assert!(is_public(public), "{public}");
        }
        for special in [
            "0.0.0.0",
            "127.0.0.1",
            "10.1.2.3",
            "100.100.100.200",
            "169.254.169.254",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.0.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:0:10.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(special), "{special}");
        }
        for (address, reachable) in
            [("127.0.0.1", true), ("::1", true), ("10.0.0.1", false), ("fe80::1", false)]
        {
            assert_eq!(is_reachable(address.parse().unwrap(), Reach::AndThisMachine), reachable, "{address}");
        }
    }

    /// Answers with the next list each time it is asked.
    struct Scripted(Mutex<Vec<Vec<&'static str>>>);

    impl Resolve for Scripted {
        fn resolve(&self, _: Name) -> Resolving {
            let next = self.0.lock().unwrap().remove(0);
            let found: Vec<SocketAddr> =
                next.into_iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0)).collect();
            Box::pin(async move { Ok(Box::new(found.into_iter()) as Addrs) })
        }
    }

    #[tokio::test]
    async fn a_name_that_changes_its_meaning_is_judged_each_time() {
        let script = vec![vec!["8.8.8.8", "10.0.0.1"], vec!["127.0.0.1", "::ffff:10.0.0.1"], vec![]];
        let inner = Arc::new(Scripted(Mutex::new(script)));
        let resolver = CheckedResolver { inner, reach: Reach::Internet };
        let resolve = || resolver.resolve("rebind.example".parse().unwrap());
        let first: Vec<_> = resolve().await.unwrap().map(|address| address.ip().to_string()).collect();
        assert_eq!(first, ["8.8.8.8"]);
        assert!(resolve().await.is_err());
        assert!(resolve().await.is_err());
    }
}
