//! One file tells the databases apart. Everywhere else a query is written once.

use crate::{Source, assert_none, workspace};

const ALLOWED: &str = "shared/src/database.rs";
const VARIANTS: [&str; 2] = ["AnyConnection::Sqlite", "AnyConnection::Postgres"];

fn judge(source: &Source) -> Option<String> {
    let code = source.code();
    let found = VARIANTS.iter().find(|variant| code.contains(*variant)).filter(|_| source.path != ALLOWED)?;
    Some(format!("{} names {found}: only {ALLOWED} tells the databases apart", source.path))
}

#[test]
fn one_file_matches_on_the_backend() {
    assert_none(&workspace().iter().filter_map(judge).collect::<Vec<_>>());
}

#[test]
fn a_second_file_is_found() {
    let text = "match connection { AnyConnection::Sqlite(c) => f(c), _ => g() }";
    assert!(judge(&Source::planted("auth-server/src/store/mod.rs", text)).is_some());
    assert!(judge(&Source::planted(ALLOWED, text)).is_none());
}
