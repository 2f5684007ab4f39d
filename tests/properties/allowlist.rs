//! The allowlist of redirect URIs, and what only looks as if it stood there.

use auth_server::oauth::{allowlist::Allowlist, redirect::RedirectUri};
use proptest::{prelude::*, sample::select};
use url::{Host, Url};

use crate::{
    cases,
    texts::{almost, any_text},
};

const ADDED: &str = "https://app.example/cb https://team.example/hooks/{id}";

/// The hosts of the shipped list (clients.md of the design, §2.10) and of what was added.
const HOSTS: [&str; 11] = [
    "chatgpt.com",
    "chat.openai.com",
    "platform.openai.com",
    "claude.ai",
    "claude.com",
    "vscode.dev",
    "insiders.vscode.dev",
    "global.consent.azure-apim.net",
    "teams.microsoft.com",
    "www.cursor.com",
    "app.example",
];

const GOOD: [&str; 9] = [
    "https://chatgpt.com/connector_platform_oauth_redirect",
    "https://chatgpt.com/connector/oauth/a_B-9",
    "https://claude.ai/api/mcp/auth_callback",
    "https://vscode.dev/redirect",
    "https://global.consent.azure-apim.net/redirect/x-5fnotes.1",
    "https://app.example/cb",
    "https://team.example/hooks/one",
    "http://localhost:3118/callback",
    "http://127.0.0.1:3118/callback",
];

fn list() -> Allowlist {
    Allowlist::parse(ADDED).unwrap()
}

/// Whether the browser goes to a host of the list over TLS, or stays on this machine.
fn is_at_home(text: &str) -> bool {
    let url = Url::parse(text).unwrap();
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let listed = url.host_str().is_some_and(|host| HOSTS.contains(&host) || host == "team.example");
    (url.scheme() == "http" && loopback) || (url.scheme() == "https" && listed && url.port().is_none())
}

/// A URI of the list with another host around, before or behind its own, another port, or another spelling.
fn imitation() -> impl Strategy<Value = String> {
    let between = select(vec![
        "@evil.com",
        ".evil.com",
        "evil.com",
        ":443",
        ":8443",
        ":@evil.com",
        "%2eevil.com",
        "\\@evil.com",
        "\\",
        "\t",
        "%00",
        "。evil.com",
        ".",
        "/",
        "//",
        "/..",
        "/%2e%2e",
        ";",
        "?",
        "#",
        "&",
        "..",
        "\u{ff0f}",
    ]);
    let before = select(vec![
        "",
        "evil.",
        "evil.com/",
        "evil.com@",
        "evil.com:",
        "evil.com\\",
        "user:secret@",
        "@",
        "/",
        "\\",
        "-",
    ]);
    let scheme =
        select(vec!["https://", "http://", "HTTPS://", "https:", "https:/", "https:\\\\", "//", " https://"]);
    let upper = any::<bool>();
    (select(GOOD.to_vec()), scheme, before, between, upper).prop_map(
        |(good, scheme, before, between, upper)| {
            let (_, rest) = good.split_once("://").unwrap();
            let end = rest.find(['/', ':']).unwrap_or(rest.len());
            let (host, tail) = rest.split_at(end);
            let host = if upper { host.to_uppercase() } else { host.to_owned() };
            format!("{scheme}{before}{host}{between}{tail}")
        },
    )
}

fn check(text: &str) -> Result<(), TestCaseError> {
    if let Ok(uri) = RedirectUri::parse(text) {
        prop_assert!(!list().admits(&uri) || is_at_home(text), "{} is admitted", text);
    }
    Ok(())
}

#[test]
fn every_entry_is_admitted() {
    for text in GOOD {
        assert!(list().admits(&RedirectUri::parse(text).unwrap()) && is_at_home(text), "{text}");
    }
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn no_imitation_leads_elsewhere(text in imitation()) {
        check(&text)?;
    }

    #[test]
    fn no_small_change_leads_elsewhere(
        text in select(GOOD.to_vec()).prop_flat_map(almost).prop_flat_map(|text| prop_oneof![
            Just(text.clone()),
            almost(&text)
        ])
    ) {
        check(&text)?;
    }

    #[test]
    fn nothing_behind_a_listed_prefix_leads_elsewhere(good in select(GOOD.to_vec()), tail in any_text(20)) {
        let end = good.rfind('/').unwrap() + 1;
        check(&format!("{}{tail}", &good[..end]))?;
        check(&format!("{good}{tail}"))?;
    }

    #[test]
    fn the_place_of_an_identifier_is_one_segment(tail in any_text(12)) {
        let text = format!("https://chatgpt.com/connector/oauth/{tail}");
        let admitted = RedirectUri::parse(&text).is_ok_and(|uri| list().admits(&uri));
        let unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        let is_segment = !tail.is_empty() && tail.chars().all(unreserved) && tail != "." && tail != "..";
        prop_assert_eq!(admitted, is_segment);
    }
}
