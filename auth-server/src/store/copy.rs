//! The whole database at once: into another one, and into a file.

use std::path::Path;

use shared::database::{
    backup::{BackupError, backup},
    copy::{self, Copied, CopyError},
};

use super::MIGRATIONS;

/// Copies every table into another database; `opens` says whether what is sealed can be opened.
///
/// # Errors
/// As [`copy::copy`].
pub fn copy(from: &str, to: &str, opens: &dyn Fn(&str) -> bool) -> Result<Copied, CopyError> {
    copy::copy(from, to, MIGRATIONS, opens)
}

/// Writes everything into a new file, while the servers go on.
///
/// # Errors
/// As [`backup`].
pub fn back_up(url: &str, file: &Path) -> Result<(), BackupError> {
    backup(url, file, MIGRATIONS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    /// The tables of `schema.rs`, as it is written.
    fn declared() -> Vec<String> {
        let schema = include_str!("schema.rs");
        let tables = schema.split("diesel::table! {").skip(1);
        tables.filter_map(|text| text.trim_start().split([' ', '(']).next().map(str::to_owned)).collect()
    }

    fn opened(folder: &Path, name: &str) -> String {
        let url = format!("sqlite:{}", folder.join(name).display());
        drop(Store::open(&url).unwrap());
        url
    }

    #[test]
    fn every_table_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let from = opened(folder.path(), "a.db");
        let to = format!("sqlite:{}", folder.path().join("b.db").display());
        let copied = copy(&from, &to, &|_| true).unwrap();
        let names: Vec<String> = copied.tables.into_iter().map(|(name, _)| name).collect();
        assert!(declared().len() > 12, "{:?}", declared());
        for table in declared() {
            assert!(names.contains(&table), "{table} is not among {names:?}");
        }
        let at = |name: &str| names.iter().position(|table| table == name);
        assert!(at("users") < at("grants") && at("users") < at("identities"), "{names:?}");
    }
}
