//! What the dashboard and the documentation look at is counted, and whatever we count is looked at.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{settings::file, workspace};

/// What our own names begin with.
const OWN: &str = "gatehouse_";
/// What is counted under the names everybody uses.
const COMMON: [&str; 2] = ["http_request", "process_"];
/// What the text format puts behind a name.
const ENDINGS: [&str; 4] = ["_total", "_bucket", "_sum", "_count"];

type Names = BTreeSet<String>;

fn is_counted(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_lowercase() || c == '_';
    name.chars().all(is_letter)
        && (name.starts_with(OWN) || COMMON.iter().any(|start| name.starts_with(start)))
}

/// The name without what the format puts behind it.
fn bare(name: &str) -> &str {
    ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

/// The names that are registered: whole strings of the sources.
fn exported() -> Names {
    let sources = workspace();
    let own = sources.iter().filter(|source| !source.is_test());
    let code = own.flat_map(|source| source.text.split("#[cfg(").next().unwrap_or_default().split('"'));
    code.filter(|text| is_counted(text)).map(|name| bare(name).to_owned()).collect()
}

/// The names in a text of expressions.
fn named(text: &str) -> Names {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| is_counted(word)).map(|word| bare(word).to_owned()).collect()
}

/// Every expression of the dashboard.
fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "expr" => found.push(text.clone()),
                    other => expressions(other, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|entry| expressions(entry, found)),
        _ => {}
    }
}

#[test]
fn the_dashboard_shows_what_is_counted_and_nothing_else() {
    let dashboard: Value = serde_json::from_str(&file("deploy/grafana/gatehouse.json")).unwrap_or_default();
    let mut found = Vec::new();
    expressions(&dashboard, &mut found);
    let (shown, exported) = (named(&found.join("\n")), exported());
    assert!(exported.len() > 15, "{exported:?}");
    let unknown: Vec<_> = shown.difference(&exported).collect();
    assert!(unknown.is_empty(), "on the dashboard, and nobody counts it: {unknown:?}");
    let missing: Vec<_> = exported.difference(&shown).filter(|name| name.starts_with(OWN)).collect();
    assert!(missing.is_empty(), "counted, and not on the dashboard: {missing:?}");
}

#[test]
fn the_alerts_are_about_what_is_counted() {
    let page = file("docs/operations.md");
    let section = page.split("\n## Watching\n").nth(1).and_then(|rest| rest.split("\n## ").next());
    let named = named(section.unwrap_or_default());
    let exported = exported();
    assert!(named.len() > 4, "{named:?}");
    let unknown: Vec<_> = named.difference(&exported).collect();
    assert!(unknown.is_empty(), "in docs/operations.md, and nobody counts it: {unknown:?}");
}

#[test]
fn a_name_is_found_without_its_ending() {
    assert_eq!(
        named("sum(rate(http_requests_total{a=\"b\"}[5m])) / gatehouse_x_seconds_bucket"),
        Names::from(["http_requests".to_owned(), "gatehouse_x_seconds".to_owned()])
    );
}
