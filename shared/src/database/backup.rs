//! A copy of a database in one file, made while it is being used.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use diesel::{RunQueryDsl, sql_query, sql_types::Text};
use diesel_migrations::EmbeddedMigrations;

use super::{
    DatabaseError, DatabaseUrl, connect,
    copy::{CopyError, copy},
};

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It could not be read or written.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A file is never replaced.
    #[error("{0} is there already: choose another name")]
    Exists(String),
    /// The file.
    #[error("{0}: {1}")]
    File(String, io::Error),
}

/// Writes everything a database holds at this moment into a new SQLite file for the owner alone, which has its name only once
/// it is whole and on disk.
///
/// # Errors
/// See [`BackupError`].
pub fn backup(url: &str, file: &Path, migrations: EmbeddedMigrations) -> Result<(), BackupError> {
    let told = |path: &Path| path.display().to_string();
    if file.exists() {
        return Err(BackupError::Exists(told(file)));
    }
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    let draft = PathBuf::from(name);
    let at = |fault| BackupError::File(told(&draft), fault);
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&draft).map_err(at)?;
    let written = write(url, &draft, migrations).and_then(|()| {
        File::open(&draft).and_then(|draft| draft.sync_all()).map_err(at)?;
        // Unlike a renaming, a link never replaces what is there.
        fs::hard_link(&draft, file).map_err(at)
    });
    let removed = fs::remove_file(&draft).map_err(at);
    written?;
    removed?;
    // The name of the file must survive too.
    match file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder).and_then(|folder| folder.sync_all()).map_err(at),
        None => Ok(()),
    }
}

fn write(url: &str, draft: &Path, migrations: EmbeddedMigrations) -> Result<(), BackupError> {
    let path = draft.display().to_string();
    let parsed = DatabaseUrl::parse(url)?;
    match &parsed {
        DatabaseUrl::Sqlite(source) => {
            if !Path::new(source).exists() {
                return Err(CopyError::NoSource(source.clone()).into());
            }
            // Writers go on meanwhile: it reads one state of the log.
            let vacuum = sql_query("VACUUM INTO $1").bind::<Text, _>(path);
            vacuum.execute(&mut connect(&parsed)?).map_err(DatabaseError::from)?;
        }
        // Closing the last connection brings the log back into the file.
        DatabaseUrl::Postgres(_) => {
            copy(url, &format!("sqlite:{path}"), migrations, &|_| true)?;
        }
    }
    Ok(())
}
