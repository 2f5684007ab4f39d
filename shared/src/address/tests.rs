use super::*;

fn client(proxies: &str, peer: &str, lines: &[&str]) -> String {
    let proxies = TrustedProxies::parse(proxies).unwrap();
    proxies.client(peer.parse().unwrap(), lines.iter().copied()).to_string()
}

/// Who asks where one header says this, and the other that it was `192.0.2.2`.
fn asker(proxies: &str, line: &str) -> String {
    let said = |header| match header {
        Header::XForwardedFor => vec![line.as_bytes()],
        Header::Forwarded => vec![&b"for=192.0.2.2"[..]],
    };
    let peer = [10, 0, 0, 1].into();
    TrustedProxies::parse(proxies).unwrap().asker(peer, said).to_string()
}

#[test]
fn nobody_is_believed_unless_an_operator_says_so() {
    assert_eq!(client("", "10.0.0.1", &["192.0.2.1"]), "10.0.0.1");
    assert_eq!(asker("", "192.0.2.1"), "10.0.0.1");
    assert_eq!(client("10.0.0.0/8", "198.51.100.9", &["192.0.2.1"]), "198.51.100.9");
}

#[test]
fn what_a_stranger_wrote_stands_left_of_the_stranger_and_is_not_read() {
    for (lines, expected) in [
        (&["192.0.2.1"][..], "192.0.2.1"),
        (&["203.0.113.66, 192.0.2.1"], "192.0.2.1"),
        (&["10.0.0.7, 192.0.2.1"], "192.0.2.1"),
        (&["203.0.113.66", "192.0.2.1, 10.0.0.2"], "192.0.2.1"),
        (&["192.0.2.1, 10.0.0.2", "10.0.0.3"], "192.0.2.1"),
        // Everybody is a proxy: whoever the first of them speaks for.
        (&["10.0.0.2"], "10.0.0.2"),
        (&[], "10.0.0.1"),
        // No address: what the proxy that wrote it is.
        (&["192.0.2.1, unknown"], "10.0.0.1"),
        (&["192.0.2.1, "], "10.0.0.1"),
        (&["192.0.2.1, rubbish, 10.0.0.2"], "10.0.0.2"),
    ] {
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", lines), expected, "{lines:?}");
    }
}

#[test]
fn hops_are_counted_from_the_right() {
    let line = ["203.0.113.66, 192.0.2.1, 198.51.100.2"];
    assert_eq!(client("1", "198.51.100.1", &line), "198.51.100.2");
    assert_eq!(client("2", "198.51.100.1", &line), "192.0.2.1");
    assert_eq!(client("2", "198.51.100.1", &["192.0.2.1"]), "192.0.2.1");
    assert_eq!(client("2", "198.51.100.1", &[]), "198.51.100.1");
    assert_eq!(client("2", "198.51.100.1", &["192.0.2.1, unknown"]), "198.51.100.1");
}

#[test]
fn one_header_is_read_as_its_rules_say() {
    for (line, expected) in [
        ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
        ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
        ("for=192.0.2.43, for=198.51.100.17", "198.51.100.17"),
        ("for=192.0.2.43, proto=https ; FOR = \"198.51.100.17:80\"", "198.51.100.17"),
        ("for=192.0.2.43, for=\"_a,for=192.0.2.44\"", "10.0.0.1"),
        ("for=192.0.2.43, host=\"a\\\",for=192.0.2.44\"", "10.0.0.1"),
        ("for=192.0.2.43;for=192.0.2.44", "10.0.0.1"),
        ("for=unknown", "10.0.0.1"),
        ("192.0.2.43", "10.0.0.1"),
    ] {
        assert_eq!(client("private forwarded", "10.0.0.1", &[line]), expected, "{line}");
    }
    assert_eq!(asker("private", "192.0.2.1"), "192.0.2.1");
    assert_eq!(asker("forwarded 1", "192.0.2.1"), "192.0.2.2");
    assert_eq!(asker("1", "192.0.2.1, é"), "10.0.0.1", "no proxy writes that");
}

#[test]
fn addresses_come_with_ports_and_in_two_versions() {
    for (line, expected) in [
        ("192.0.2.1:5678", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
    ] {
        assert_eq!(client("private", "::ffff:127.0.0.1", &[line]), expected, "{line}");
    }
    let place = |text: &str| place(text.parse().unwrap()).to_string();
    assert_eq!(place("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    assert_eq!(place("::ffff:192.0.2.1"), "192.0.2.1");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for text in ["0", "17", "1 2", "1 10.0.0.0/8", "forwarded", "10.0.0.0/33", "proxy.example.com"] {
        assert!(TrustedProxies::parse(text).is_err(), "{text}");
    }
    for text in ["private", "10.0.0.1, fd00::/8", "2", "100.64.0.0/10 forwarded"] {
        assert!(TrustedProxies::parse(text).is_ok(), "{text}");
    }
    assert!(PRIVATE.iter().all(|network| network.parse::<IpNet>().is_ok()));
}
