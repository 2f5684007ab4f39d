//! The whole database at once: into another one, and into a file.

use std::path::Path;

use shared::database::{
    backup::{BackupError, backup},
    copy::{self, Copied, CopyError},
};

use super::MIGRATIONS;

/// Copies every table into another database. Nothing here is sealed.
pub(crate) fn copy(from: &str, to: &str) -> Result<Copied, CopyError> {
    copy::copy(from, to, MIGRATIONS, &|_| false)
}

/// Writes everything into a new file, while the server goes on.
pub(crate) fn back_up(url: &str, file: &Path) -> Result<(), BackupError> {
    backup(url, file, MIGRATIONS)
}
