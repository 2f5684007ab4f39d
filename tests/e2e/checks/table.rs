//! The table: whole, unambiguous, and true about the tests it names.

use std::{collections::BTreeSet, fs, path::Path};

use conformance::{
    checks::{Check, Proof, all, markdown},
    failure::Outcome,
};

/// The lines of the list; each has a check or more.
const LINES: [(&str, std::ops::RangeInclusive<u8>); 14] = [
    ("A", 1..=6),
    ("B", 1..=7),
    ("C", 1..=11),
    ("D", 1..=5),
    ("E", 1..=7),
    ("F", 1..=1),
    ("G", 1..=3),
    ("H", 1..=3),
    ("I", 1..=5),
    ("J", 1..=3),
    ("K", 1..=2),
    ("L", 1..=1),
    ("N", 1..=14),
    ("P", 1..=13),
];

fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Whether a `file::function` names a test that is there.
fn is_there(path: &str) -> bool {
    let Some((file, function)) = path.split_once("::") else { return false };
    fs::read_to_string(workspace().join(file)).is_ok_and(|text| text.contains(&format!("fn {function}(")))
}

#[test]
fn every_line_of_the_list_has_a_check() {
    let known: BTreeSet<&str> = all().filter_map(|check| check.id.split('.').next()).collect();
    for (group, numbers) in LINES {
        for number in numbers {
            let line = format!("{group}{number}");
            assert!(known.contains(line.as_str()), "no check for {line}");
        }
    }
}

#[test]
fn no_id_stands_twice_and_every_sentence_says_something() {
    let mut seen = BTreeSet::new();
    for Check { id, sentence, section, .. } in all() {
        assert!(seen.insert(id), "{id} stands twice");
        assert!(sentence.len() > 10 && !sentence.ends_with('.') && !section.is_empty(), "{id}: {sentence}");
    }
}

#[test]
fn the_tests_that_are_named_are_there() {
    let named = all().filter_map(|check| match check.proof {
        Proof::Tests(paths) => Some(paths.iter().map(move |path| (check.id, *path))),
        _ => None,
    });
    let missing: Vec<_> = named.flatten().filter(|(_, path)| !is_there(path)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(!is_there("tests/e2e/checks/table.rs::no_such_test"));
}

/// A check that cannot fail proves nothing: each is broken by an illness, or by what a test of its judge shows it.
#[test]
fn every_check_is_seen_to_fail() -> Outcome {
    let mut text = String::new();
    for file in ["broken.rs", "misuse.rs", "tokens.rs", "tools.rs"] {
        text.push_str(&fs::read_to_string(workspace().join("tests/e2e/checks").join(file))?);
    }
    let is_tool = |check: &&Check| matches!(check.proof, Proof::Tool(_));
    // Slowness is told by a clock, and nothing here waits.
    let judged = ["B6.2"];
    let unseen: Vec<&str> = all()
        .filter(is_tool)
        .map(|check| check.id)
        .filter(|id| !text.contains(&format!("\"{id}\"")) && !judged.contains(id))
        .collect();
    assert!(unseen.is_empty(), "{unseen:?}");
    Ok(())
}

/// The README prints the table between two markers.
#[test]
fn the_readme_prints_this_table() -> Outcome {
    let readme = fs::read_to_string(workspace().join("README.md"))?;
    if let Some((_, rest)) = readme.split_once("<!-- checks -->") {
        let printed = rest.split("<!-- /checks -->").next().unwrap_or_default();
        assert!(printed.trim() == markdown(), "put this between the markers:\n\n{}\n", markdown());
    }
    Ok(())
}
