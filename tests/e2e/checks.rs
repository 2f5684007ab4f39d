//! The checks of the conformance client: ours pass, and each can fail.

mod broken;
mod change;
mod misuse;
mod sick;
mod table;
mod tokens;
mod tools;
mod whole;

use conformance::checks::{Checked, Verdict};

/// The ids of the checks with such a verdict.
fn ids(checked: &Checked, is_meant: impl Fn(&Verdict) -> bool) -> Vec<&'static str> {
    checked.checks.iter().filter(|check| is_meant(&check.verdict)).map(|check| check.id).collect()
}
