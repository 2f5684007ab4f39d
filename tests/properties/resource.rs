//! Resource identifiers: which spellings name the same one.

use proptest::{prelude::*, sample::select};
use shared::resource::Resource;

use crate::{
    cases,
    texts::{almost, any_text},
};

/// Identifiers from few parts, so that two of them often differ in one.
fn identifier() -> impl Strategy<Value = String> {
    let scheme = select(vec!["http", "https", "HTTPS", "hTTp"]);
    let host = select(vec![
        "mcp.example.com",
        "MCP.Example.COM",
        "mcp.example.org",
        "localhost",
        "127.0.0.1",
        "[::1]",
    ]);
    let port = select(vec!["", ":80", ":443", ":8443"]);
    let path = select(vec!["", "/", "//", "/mcp", "/mcp/", "/MCP", "/mcp/sse", "/a%2Fb"]);
    (scheme, host, port, path).prop_map(|(scheme, host, port, path)| format!("{scheme}://{host}{port}{path}"))
}

/// The identifier in lower case as far as case does not matter, without a default port, with the slash of an origin;
/// none for what is not plainly spelled. Knows strings only.
fn plain(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let authority = authority.to_ascii_lowercase();
    let authority = authority.strip_suffix(default_port).unwrap_or(&authority);
    let is_host = |c: char| c.is_ascii_alphanumeric() || ".-:[]_".contains(c);
    let has_port =
        authority.rsplit_once(':').is_none_or(|(_, port)| !port.is_empty() && !port.starts_with('0'));
    let is_plain = !authority.is_empty() && authority.chars().all(is_host) && has_port;
    let path = if path.is_empty() { "/" } else { path };
    let is_path = |c: char| c.is_ascii_graphic() && !"\\?#\"<>^`{}".contains(c);
    let has_dots = path
        .split('/')
        .any(|part| matches!(part.replace("%2e", ".").replace("%2E", ".").as_str(), "." | ".."));
    (is_plain && path.chars().all(is_path) && !has_dots).then(|| format!("{scheme}://{authority}{path}"))
}

fn check(configured: &str, named: &str) -> Result<(), TestCaseError> {
    let Ok(resource) = Resource::parse(configured) else { return Ok(()) };
    prop_assert_eq!(resource.as_str(), configured);
    let Some(own) = plain(configured) else { return Ok(()) };
    prop_assert_eq!(resource.is_named_by(named), plain(named) == Some(own), "{} by {}", configured, named);
    Ok(())
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn case_default_port_and_the_slash_of_an_origin_are_forgiven(a in identifier(), b in identifier()) {
        check(&a, &b)?;
    }

    #[test]
    fn nothing_else_is_forgiven(
        (configured, named) in identifier().prop_flat_map(|text| (Just(text.clone()), almost(&text)))
    ) {
        check(&configured, &named)?;
    }

    #[test]
    fn what_is_emitted_is_what_was_configured(
        text in prop_oneof![any_text(40), any_text(20).prop_map(|tail| format!("https://h.example{tail}"))]
    ) {
        if let Ok(resource) = Resource::parse(&text) {
            prop_assert_eq!(resource.as_str(), &text);
            prop_assert!(resource.is_named_by(&text));
            prop_assert!(!text.contains(['?', '#']));
        }
    }
}
