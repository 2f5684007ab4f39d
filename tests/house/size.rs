//! Files a person can hold in their head.

use crate::{Source, assert_none, workspace};

const MOST: usize = 300;

fn judge(source: &Source) -> Option<String> {
    let lines = source.text.lines().count();
    (lines > MOST).then(|| format!("{} has {lines} lines, more than {MOST}", source.path))
}

#[test]
fn no_source_is_longer_than_300_lines() {
    assert_none(&workspace().iter().filter_map(judge).collect::<Vec<_>>());
}

#[test]
fn one_line_too_many_is_found() {
    assert!(judge(&Source::planted("tests/e2e/x.rs", &"\n".repeat(MOST))).is_none());
    assert!(judge(&Source::planted("tests/e2e/x.rs", &"\n".repeat(MOST + 1))).is_some());
}
