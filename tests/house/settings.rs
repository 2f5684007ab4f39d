//! Every setting that is read is in docs/settings.md and .env.example, and nothing else is.

#![expect(clippy::unwrap_used, reason = "a file that cannot be read fails the test that asked for it")]

use std::{collections::BTreeSet, fs, path::Path};

use crate::workspace;

/// Read for both programs, by the package they share.
const SHARED: &[&str] = &[
    "LOG",
    "LOG_FORMAT",
    "DATABASE_CONNECTIONS",
    "DATABASE_WAIT",
    "METRICS_LISTEN",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_SERVICE_NAME",
    "OTEL_TRACES_SAMPLER_ARG",
    "RATE_LIMITS",
    "TLS_CERTIFICATE_FILE",
    "TLS_KEY_FILE",
    "TRUSTED_PROXIES",
    "MAX_CONNECTIONS",
    "MAX_REQUESTS",
    "KEEP_ALIVE",
    "CLIENT_TIMEOUT",
];
/// Settings that make up those of a provider stand in this file without their beginning.
const PROVIDERS: &str = "auth-server/src/settings/upstream.rs";
/// For docker compose alone.
const COMPOSE: [&str; 2] = ["POSTGRES_PASSWORD", "MCP_POSTGRES_PASSWORD"];

type Names = BTreeSet<String>;

/// A file of the workspace.
pub(crate) fn file(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read_to_string(root.join(name)).unwrap()
}

fn is_name(text: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.len() > 2 && text.starts_with(|c: char| c.is_ascii_uppercase()) && text.chars().all(is_letter)
}

/// The names in the strings of a source, tests left out.
fn strings(path: &str, text: &str) -> Names {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let names = code.split('"').filter(|text| is_name(text));
    if path != PROVIDERS {
        return names.map(str::to_owned).collect();
    }
    let names = names.filter(|name| *name != "UPSTREAM");
    names
        .map(|name| if name == "LOCAL_ACCOUNTS" { name.into() } else { format!("UPSTREAM_{name}") })
        .collect()
}

/// What a program reads.
pub(crate) fn read(package: &str) -> Names {
    let start = format!("{package}/src/settings");
    let sources = workspace();
    let own = sources
        .iter()
        .filter(|source| source.path.starts_with(&start) && !source.path.ends_with("/tests.rs"));
    let names = own.flat_map(|source| strings(&source.path, &source.text));
    names.chain(SHARED.iter().map(|name| (*name).to_owned())).collect()
}

/// What the first column of a section's table names.
fn told(page: &str, section: &str) -> Names {
    let (_, rest) = page.split_once(&format!("\n## {section}\n")).unwrap();
    let section = rest.split("\n## ").next().unwrap_or_default();
    let cells = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    cells.flat_map(|cell| cell.split('`')).filter(|text| is_name(text)).map(str::to_owned).collect()
}

#[test]
fn every_setting_is_explained_and_no_other_is() {
    let page = file("docs/settings.md");
    let both = told(&page, "both");
    for package in ["auth-server", "mcp-server"] {
        let told: Names = told(&page, package).union(&both).cloned().collect();
        let read = read(package);
        assert!(read.len() > 10 && read.contains("ISSUER"), "{package}: {read:?}");
        let missing: Vec<_> = read.difference(&told).collect();
        let unknown: Vec<_> = told.difference(&read).collect();
        assert!(missing.is_empty(), "{package}: not in docs/settings.md: {missing:?}");
        assert!(unknown.is_empty(), "{package}: in docs/settings.md, and nobody reads it: {unknown:?}");
    }
}

#[test]
fn every_setting_is_in_the_example() {
    let example = file(".env.example");
    let lines = example.lines().filter_map(|line| line.trim_start_matches('#').split_once('='));
    let shown: Names = lines.map(|(name, _)| name.to_owned()).filter(|name| is_name(name)).collect();
    let read: Names = read("auth-server").union(&read("mcp-server")).cloned().collect();
    let missing: Vec<_> = read.difference(&shown).collect();
    assert!(missing.is_empty(), "not in .env.example: {missing:?}");
    let unknown: Vec<_> = shown.difference(&read).filter(|name| !COMPOSE.contains(&name.as_str())).collect();
    assert!(unknown.is_empty(), "in .env.example, and nobody reads it: {unknown:?}");
}

#[test]
fn a_name_is_found_where_it_is_read_and_not_in_a_test() {
    let source = "reader.text(\"NEW_ONE\", \"a default\");\n#[cfg(test)]\nmod tests { read(\"OTHER\") }";
    assert_eq!(strings("auth-server/src/settings/mod.rs", source), Names::from(["NEW_ONE".to_owned()]));
    assert_eq!(strings(PROVIDERS, source), Names::from(["UPSTREAM_NEW_ONE".to_owned()]));
    let page = "\n## both\n\n| name |\n|---|\n| `ONE`, `TWO` | `NOT` |\n\n## more\n\n| `THREE` | |\n";
    assert_eq!(told(page, "both"), Names::from(["ONE".to_owned(), "TWO".to_owned()]));
}
