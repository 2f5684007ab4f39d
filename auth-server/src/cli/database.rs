//! `auth-server database`

use std::{
    error::Error,
    io::{self, Write},
    path::PathBuf,
};

use clap::Subcommand;
use shared::{clock::Clock, database::sqlite_path, env::Env};

use crate::{
    audit::{Audit, Entry, Kind},
    keys::secrets::Secrets,
    settings::{SecretsFrom, Settings},
    store::{copy, reseal::Sealed},
};

/// What can be done with the database as a whole.
#[derive(Subcommand)]
pub enum Database {
    /// Copies everything into another, empty database and compares it. Stop the servers first: what they write meanwhile
    /// stays behind. A second run finds that all is there.
    Move {
        /// Where it is: sqlite:PATH or postgres://…
        #[arg(long)]
        from: String,
        /// Where it shall be.
        #[arg(long)]
        to: String,
    },
    /// Writes a copy into a new SQLite file, while the servers go on. The master secrets are not in it.
    Backup {
        /// The file, which must not exist yet.
        #[arg(long)]
        to: PathBuf,
    },
}

impl Database {
    /// Does it without opening a server.
    ///
    /// # Errors
    /// Why it was not done, for the person at the terminal.
    pub fn run(&self, env: &Env) -> Result<(), Box<dyn Error>> {
        let settings = Settings::from_env(env)?;
        settings.logs.start();
        match self {
            Database::Move { from, to } => {
                let audit = Audit::open(&settings.audit, &Clock::system())?;
                relocate(settings.secrets, (from, to), &audit)
            }
            Database::Backup { to } => {
                copy::back_up(&settings.database_url, to)?;
                writeln!(io::stdout(), "wrote {}", to.display())?;
                writeln!(io::stdout(), "Keep the master secrets as well: without them it is of no use.")?;
                Ok(())
            }
        }
    }
}

fn relocate(given: SecretsFrom, (from, to): (&str, &str), audit: &Audit) -> Result<(), Box<dyn Error>> {
    let beside = |url| sqlite_path(url).map(|path| path.with_extension("secret"));
    let (secrets, file) = match given {
        SecretsFrom::Given(secrets) => (secrets, None),
        // The settings may name another database: the secrets lie beside the one that is copied.
        _ => {
            let file = beside(from).filter(|file| file.exists());
            let file = file.ok_or("set SECRET_KEYS to the master secrets of the source")?;
            (Secrets::read_or_create(&file)?, Some(file))
        }
    };
    let opens = |text: &str| Sealed::ALL.iter().any(|kind| secrets.open(kind.purpose(), text).is_some());
    let copied = copy::copy(from, to, &opens)?;
    if !copied.was_there {
        let rows = copied.tables.iter().map(|(_, rows)| usize::try_from(*rows).unwrap_or_default());
        audit.note(Entry::of(Kind::DatabaseMoved).count(rows.sum()));
    }
    let mut out = io::stdout();
    for (table, rows) in &copied.tables {
        writeln!(out, "{table:<24} {rows}")?;
    }
    match copied.was_there {
        true => writeln!(out, "Everything was there already; nothing was changed.")?,
        false => {
            writeln!(out, "Everything was copied, read again and found the same; what is sealed opens.")?
        }
    }
    if let Some(file) = file {
        let file = file.display();
        match beside(to) {
            Some(place) => writeln!(out, "Now copy {file} to {}, and set DATABASE_URL.", place.display())?,
            None => writeln!(
                out,
                "Now set DATABASE_URL, and SECRET_KEYS_FILE={file} (or SECRET_KEYS to what it holds)."
            )?,
        }
    }
    Ok(())
}
