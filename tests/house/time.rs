//! One file reads the time, so that a test can move it.

use crate::{Source, assert_none, workspace};

const ALLOWED: &str = "shared/src/clock.rs";
const READERS: [&str; 4] = ["SystemTime::now", "Utc::now", "Local::now", "OffsetDateTime::now_utc"];

fn judge(source: &Source) -> Option<String> {
    let found = READERS.iter().find(|reader| source.paths().iter().any(|path| path.ends_with(*reader)))?;
    (source.path != ALLOWED).then(|| format!("{} reads the time by {found}: take a Clock", source.path))
}

#[test]
fn one_file_reads_the_time() {
    assert_none(&workspace().iter().filter_map(judge).collect::<Vec<_>>());
}

#[test]
fn a_second_reader_is_found() {
    let planted = |text| judge(&Source::planted("auth-server/src/flow/token.rs", text));
    assert!(planted("let now = std::time::SystemTime::now();").is_some());
    assert!(planted("let now = SystemTime::now();").is_some());
    assert!(planted("let start = Instant::now(); // SystemTime::now").is_none());
}
