//! docker-compose.yml: what it hands on is read, and what it starts is confined.

use std::collections::BTreeSet;

use crate::settings::{file, read};

/// What a container decides itself: where it listens, and files it does not have.
const ITS_OWN: [&str; 8] = [
    "LISTEN",
    "SECRET_KEYS_FILE",
    "RESOURCES_FILE",
    "LOGO_FILE",
    "EXTRA_CA_FILE",
    "CIMD_ALLOW_LOOPBACK",
    "TLS_CERTIFICATE_FILE",
    "TLS_KEY_FILE",
];

/// The lines of a service, or of anything else that stands at the left of two spaces.
fn block<'a>(compose: &'a str, name: &str) -> Vec<&'a str> {
    let lines = compose.lines().skip_while(|line| *line != format!("  {name}:")).skip(1);
    lines.take_while(|line| line.is_empty() || line.starts_with("    ")).collect()
}

/// The names under `environment:`.
fn environment<'a>(service: &[&'a str]) -> BTreeSet<&'a str> {
    let lines = service.iter().skip_while(|line| line.trim() != "environment:").skip(1);
    let lines = lines.take_while(|line| line.starts_with("      ")).map(|line| line.trim());
    lines.filter(|line| !line.starts_with('#')).filter_map(|line| Some(line.split_once(':')?.0)).collect()
}

#[test]
fn compose_hands_on_what_the_service_reads_and_nothing_else() {
    let compose = file("docker-compose.yml");
    for service in ["auth-server", "mcp-server"] {
        let (block, read) = (block(&compose, service), read(service));
        let given = environment(&block);
        assert!(given.contains("ISSUER") && given.contains("DATABASE_URL"), "{service}: {given:?}");
        let unknown: Vec<_> = given.iter().filter(|name| !read.contains(**name)).collect();
        assert!(unknown.is_empty(), "{service} does not read {unknown:?}");
        let kept: Vec<_> = read
            .iter()
            .filter(|name| !given.contains(name.as_str()) && !ITS_OWN.contains(&name.as_str()))
            .collect();
        assert!(kept.is_empty(), "{service} is not given {kept:?}");
    }
}

#[test]
fn every_container_is_confined_and_watched() {
    let compose = file("docker-compose.yml");
    for line in ["read_only: true", "cap_drop: [ALL]", "no-new-privileges:true"] {
        assert!(compose.contains(line), "{line}");
    }
    for service in ["postgres", "auth-server", "mcp-server"] {
        let block = block(&compose, service).join("\n");
        let is_confined = block.contains("<<: *confined") || block.contains("<<: *service");
        assert!(is_confined && block.contains("healthcheck:"), "{service}");
        assert!(!block.contains("privileged") && !block.contains("cap_add"), "{service}");
    }
}

#[test]
fn a_block_ends_where_the_next_begins() {
    let compose = "services:\n  one:\n    environment:\n      A: 1\n      # b\n      C:\n    ports: []\n  two:\n    environment:\n      D: 1\n";
    assert_eq!(environment(&block(compose, "one")), BTreeSet::from(["A", "C"]));
    assert_eq!(environment(&block(compose, "two")), BTreeSet::from(["D"]));
}
