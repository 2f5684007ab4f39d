//! Addresses nothing is fetched from, in every form they can be written in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use auth_server::{
    clients::address::is_reachable,
    oauth::client_id_url::{ClientIdUrl, Reach},
};
use proptest::{prelude::*, sample::select};
use url::{Host, Url};

use crate::{
    cases,
    texts::{almost, any_text},
};

const REACHES: [Reach; 2] = [Reach::Internet, Reach::AndThisMachine];

/// An address of a private, link-local or otherwise special network, and none of this machine.
fn special() -> impl Strategy<Value = Ipv4Addr> {
    let networks: [(u32, u32); 9] = [
        (0x0000_0000, 8),
        (0x0A00_0000, 8),
        (0x6440_0000, 10),
        (0xA9FE_0000, 16),
        (0xAC10_0000, 12),
        (0xC0A8_0000, 16),
        (0xC612_0000, 15),
        (0xE000_0000, 4),
        (0xF000_0000, 4),
    ];
    (select(networks.to_vec()), any::<u32>())
        .prop_map(|((network, bits), host)| Ipv4Addr::from_bits(network | (host & (u32::MAX >> bits))))
        // `::1` is 0.0.0.1 as well.
        .prop_filter("this machine", |address| address.to_bits() != 1)
}

/// Every IPv6 address that leads to an IPv4 one.
fn wrapped(address: Ipv4Addr) -> [Ipv6Addr; 5] {
    let low = u128::from(address.to_bits());
    [
        address.to_ipv6_mapped(),
        Ipv6Addr::from_bits(low),
        Ipv6Addr::from_bits(0xffff_0000 << 32 | low),
        Ipv6Addr::from_bits(0x0064_ff9b << 96 | low),
        Ipv6Addr::from_bits(0x2002 << 112 | low << 80),
    ]
}

/// The spellings a URL parser reads as that address.
fn spellings(address: Ipv4Addr) -> Vec<String> {
    let (bits, [a, b, c, d]) = (address.to_bits(), address.octets());
    let mut all = vec![
        address.to_string(),
        bits.to_string(),
        format!("{bits:#x}"),
        format!("0{bits:o}"),
        format!("{a:#x}.{b}.0{c:o}.{d}"),
        format!("{a}.{b}.{}", u32::from(c) << 8 | u32::from(d)),
        format!("{a}.{}", bits & 0x00FF_FFFF),
        format!("{a}.{b}.{c}.{d}."),
        format!("%3{}.{b}.{c}.{d}", a % 10),
    ];
    all.extend(wrapped(address).map(|address| format!("[{address}]")));
    all
}

/// What the standard library knows to be no host on the internet.
fn is_known_special(address: Ipv4Addr) -> bool {
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_unspecified()
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn a_special_address_is_reached_in_no_form(address in special()) {
        for reach in REACHES {
            prop_assert!(!is_reachable(IpAddr::V4(address), reach));
            for form in wrapped(address) {
                prop_assert!(!is_reachable(IpAddr::V6(form), reach), "{}", form);
            }
            for host in spellings(address) {
                let id = format!("https://{host}/client.json");
                prop_assert!(ClientIdUrl::parse(&id, reach).is_err(), "{}", id);
            }
        }
    }

    #[test]
    fn an_address_is_judged_alike_in_every_form(bits in any::<u32>()) {
        let address = Ipv4Addr::from_bits(bits);
        let is_public = is_reachable(IpAddr::V4(address), Reach::Internet);
        prop_assert!(!is_public || !is_known_special(address));
        // `::1` is this machine, and so are none of the others that lie below.
        for form in wrapped(address) {
            prop_assert_eq!(is_reachable(IpAddr::V6(form), Reach::Internet), is_public, "{}", form);
        }
    }

    #[test]
    fn an_address_outside_what_is_given_out_leads_nowhere(bits in any::<u128>(), high in any::<u16>()) {
        let address = Ipv6Addr::from_bits(bits >> 16 | u128::from(high) << 112);
        let is_given_out = address.segments()[0] >> 13 == 1;
        prop_assert!(is_given_out || !is_reachable(IpAddr::V6(address), Reach::Internet), "{}", address);
    }

    #[test]
    fn whatever_reads_as_a_client_id_is_one_name_on_the_internet(
        text in prop_oneof![
            any_text(40),
            any_text(20).prop_map(|host| format!("https://{host}/client.json")),
            any_text(20).prop_map(|path| format!("https://client.example/{path}")),
            almost("https://client.example/a/client.json"),
            almost("https://127.0.0.1/client.json"),
            almost("https://localhost/client.json"),
        ]
    ) {
        let Ok(id) = ClientIdUrl::parse(&text, Reach::Internet) else { return Ok(()) };
        prop_assert_eq!(id.as_str(), &text);
        let url = Url::parse(&text).unwrap();
        prop_assert_eq!((url.scheme(), url.as_str()), ("https", text.as_str()));
        prop_assert_eq!((url.query(), url.fragment(), url.username(), url.password()), (None, None, "", None));
        let is_name = matches!(url.host(), Some(Host::Domain(name)) if name.contains('.') && name != "localhost");
        prop_assert!(is_name && url.path().len() > 1, "{}", text);
    }
}
