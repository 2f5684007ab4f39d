//! The matcher of redirect URIs, beside one that knows strings only.

use auth_server::oauth::redirect::RedirectUri;
use proptest::{prelude::*, sample::select};
use url::Url;

use crate::{
    cases,
    texts::{almost, any_text},
};

const PARTS: [&[&str]; 5] = [
    &["http", "https", "cursor"],
    &[
        "localhost",
        "127.0.0.1",
        "127.9.8.7",
        "[::1]",
        "[::2]",
        "localhost.evil.com",
        "127.0.0.1.evil.com",
        "chatgpt.com",
        "localhost.",
        "user@localhost",
        ":secret@localhost",
    ],
    &["", ":1", ":80", ":443", ":3118", ":65535", ":"],
    &["", "/", "/cb", "/cb/", "/CB", "/cb2", "/a:1/cb"],
    &["", "?", "?a=1", "?a=2", "?:1"],
];

fn join(parts: [&str; 5]) -> String {
    let [scheme, host, port, path, query] = parts;
    format!("{scheme}://{host}{port}{path}{query}")
}

fn parts() -> impl Strategy<Value = [&'static str; 5]> {
    PARTS.map(select)
}

/// URIs from few parts.
pub fn uri() -> impl Strategy<Value = String> {
    parts().prop_map(join)
}

/// Two that differ in one or two parts at most.
fn relatives() -> impl Strategy<Value = (String, String)> {
    let part = || (0..PARTS.len()).prop_flat_map(|place| (Just(place), select(PARTS[place])));
    (parts(), part(), part()).prop_map(|(parts, one, other)| {
        let mut changed = parts;
        changed[one.0] = one.1;
        changed[other.0] = other.1;
        (join(parts), join(changed))
    })
}

/// The URI without the port of its loopback host; none where the host is another one. An origin's one slash is as good
/// as none (RFC 3986 §6.2.3).
fn without_loopback_port(text: &str) -> Option<String> {
    let rest = text.strip_prefix("http://")?;
    let host = match rest.starts_with('[') {
        true => rest.split_inclusive(']').next()?,
        false => rest.split([':', '/', '?']).next()?,
    };
    let is_loopback = matches!(host, "localhost" | "[::1]")
        || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    let after = rest.strip_prefix(host).filter(|_| is_loopback)?;
    let after = after.strip_prefix(':').map_or(after, |port| port.trim_start_matches(char::is_numeric));
    let after = if after.is_empty() { "/" } else { after };
    Some(format!("{host}{after}"))
}

fn check(registered: &str, requested: &str) -> Result<(), TestCaseError> {
    let (Ok(own), Ok(other)) = (RedirectUri::parse(registered), RedirectUri::parse(requested)) else {
        return Ok(());
    };
    let ports_apart = without_loopback_port(registered)
        .is_some_and(|registered| Some(registered) == without_loopback_port(requested));
    let expected = registered == requested || ports_apart;
    prop_assert_eq!(own.admits(&other), expected, "{} and {}", registered, requested);
    prop_assert_eq!(other.admits(&own), expected);
    prop_assert!(!expected || own.host() == other.host());
    Ok(())
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn only_the_port_of_a_loopback_uri_is_forgiven((registered, requested) in relatives()) {
        check(&registered, &requested)?;
    }

    #[test]
    fn one_character_apart_is_another_uri(
        (registered, requested) in uri().prop_flat_map(|text| (Just(text.clone()), almost(&text)))
    ) {
        check(&registered, &requested)?;
    }

    #[test]
    fn what_reads_is_what_a_browser_goes_to(
        text in prop_oneof![
            any_text(60),
            uri(),
            uri().prop_flat_map(|text| almost(&text)),
            any_text(20).prop_map(|tail| format!("https://h.example{tail}")),
            any_text(20).prop_map(|tail| format!("http://localhost/{tail}")),
        ]
    ) {
        let Ok(uri) = RedirectUri::parse(&text) else { return Ok(()) };
        prop_assert_eq!(uri.as_str(), &text);
        prop_assert_eq!(RedirectUri::parse(uri.as_str()), Ok(uri.clone()));
        prop_assert!(uri.admits(&uri));
        let browser = Url::parse(&text).unwrap();
        prop_assert!(browser.as_str() == text || browser.as_str().strip_suffix('/') == Some(&text));
        prop_assert!(text.is_ascii() && !text.contains('#') && !text.contains(char::is_control));
        prop_assert_eq!((browser.username(), browser.password()), ("", None));
        if matches!(browser.scheme(), "http" | "https") {
            let (before_query, _) = text.split_once('?').unwrap_or((&text, ""));
            prop_assert!(!before_query.contains(['\\', ' ', '<', '>']), "{}", text);
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = RedirectUri::parse(&String::from_utf8_lossy(&bytes));
    }
}
