//! Whose address a request comes from, when proxies stand in between: what they say is believed only as far as it was said
//! by one of them.
//!
//! | `TRUSTED_PROXIES` | the client is |
//! |---|---|
//! | nothing | the peer |
//! | networks, `private` | the peer, or the rightmost address of the header that is in none of them |
//! | a number of hops | that far to the left: 1 is the last address of the header |
//!
//! One header is read and never the other, for a proxy that writes one of them passes the other on as a stranger wrote it.

mod forwarded;
#[cfg(test)]
mod tests;

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::Once,
};

use ipnet::IpNet;

use crate::env::Reader;

/// Loopback, private and shared networks and those of one link: RFC 1122, 1918, 3927, 4193, 4291, 6598.
const PRIVATE: [&str; 9] = [
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "100.64.0.0/10",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
];
/// More proxies than this stand before nobody.
const MOST_HOPS: usize = 16;

/// Which proxies stand in front, and where they write whom they speak for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    trust: Trust,
    header: Header,
}

/// Who is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Trust {
    #[default]
    Nobody,
    Networks(Vec<IpNet>),
    Hops(usize),
}

/// Where proxies write whom they speak for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Header {
    /// `X-Forwarded-For`: addresses with commas between them.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl TrustedProxies {
    /// Reads the setting that is called so.
    pub fn read(reader: &mut Reader<'_>, name: &str) -> TrustedProxies {
        TrustedProxies::parse(reader.optional(name).unwrap_or_default())
            .map_err(|fault| reader.fault(name, fault, "10.0.0.0/8 192.0.2.7"))
            .unwrap_or_default()
    }

    /// Networks, addresses and the word `private`, or one number of hops; and `forwarded` for the other header.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<TrustedProxies, &'static str> {
        let (mut networks, mut hops, mut header) = (Vec::new(), None, Header::default());
        for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
            match word {
                "private" => {
                    networks.extend(PRIVATE.iter().filter_map(|network| network.parse::<IpNet>().ok()))
                }
                "forwarded" => header = Header::Forwarded,
                _ if word.bytes().all(|byte| byte.is_ascii_digit()) => {
                    let count = word.parse().ok().filter(|count| (1..=MOST_HOPS).contains(count));
                    if hops.replace(count.ok_or("is a number of hops not between 1 and 16")?).is_some() {
                        return Err("holds two numbers of hops");
                    }
                }
                _ => networks.push(network(word).ok_or("holds something that is no network")?),
            }
        }
        let trust = match (hops, networks.is_empty()) {
            (Some(_), false) => return Err("holds a number of hops beside networks"),
            (Some(hops), true) => Trust::Hops(hops),
            (None, false) => Trust::Networks(networks),
            (None, true) if header == Header::Forwarded => {
                return Err("names a header and nobody to believe it");
            }
            (None, true) => Trust::Nobody,
        };
        Ok(TrustedProxies { trust, header })
    }

    /// Who asks: the peer, or whom it speaks for. `lines` gives those of a header, in their order.
    pub fn asker<'a>(&self, peer: IpAddr, lines: impl Fn(Header) -> Vec<&'a [u8]>) -> IpAddr {
        if self.trust == Trust::Nobody {
            if [Header::XForwardedFor, Header::Forwarded].into_iter().any(|own| !lines(own).is_empty()) {
                warn(peer);
            }
            return peer.to_canonical();
        }
        // A line that is not ASCII is no proxy's. Left out it would hand its place to a stranger's.
        let text = |line: &'a [u8]| str::from_utf8(line).ok().filter(|text| text.is_ascii());
        let lines = lines(self.header).into_iter().map(|line| text(line).unwrap_or("unknown"));
        self.client(peer, lines)
    }

    fn client<'a>(&self, peer: IpAddr, lines: impl DoubleEndedIterator<Item = &'a str>) -> IpAddr {
        let peer = peer.to_canonical();
        let said = lines.rev().flat_map(|line| forwarded::from_the_right(self.header, line));
        match &self.trust {
            Trust::Nobody => peer,
            // With fewer addresses than hops the request came past some of them; the leftmost one was still written by one.
            Trust::Hops(hops) => said.take(*hops).map_while(|address| address).last().unwrap_or(peer),
            Trust::Networks(networks) => {
                let is_proxy = |address: IpAddr| networks.iter().any(|network| network.contains(&address));
                let mut client = peer;
                for address in said {
                    // What is left of an address that is no proxy's was written by a stranger.
                    match address {
                        Some(address) if is_proxy(client) => client = address,
                        _ => break,
                    }
                }
                client
            }
        }
    }
}

/// Once is enough: anybody can send that header.
fn warn(peer: IpAddr) {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(%peer, "a request came with the header of a proxy, and TRUSTED_PROXIES names none: all people behind one count as one");
    });
}

/// A network, or an address as one of its own.
fn network(word: &str) -> Option<IpNet> {
    word.parse().ok().or_else(|| Some(IpNet::from(word.parse::<IpAddr>().ok()?)))
}

/// What one subscriber has: an address of version 4, a network of version 6 (RFC 6177).
pub fn place(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address => address,
    }
}
