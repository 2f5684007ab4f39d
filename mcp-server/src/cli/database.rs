//! `mcp-server database`

use std::{
    error::Error,
    io::{self, Write},
    path::PathBuf,
};

use clap::Subcommand;

use crate::{Settings, store::copy};

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
    /// Writes a copy into a new SQLite file, while the servers go on.
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
    pub fn run(&self, settings: &Settings) -> Result<(), Box<dyn Error>> {
        let mut out = io::stdout();
        match self {
            Database::Move { from, to } => {
                let copied = copy::copy(from, to)?;
                for (table, rows) in &copied.tables {
                    writeln!(out, "{table:<24} {rows}")?;
                }
                match copied.was_there {
                    true => writeln!(out, "Everything was there already; nothing was changed.")?,
                    false => writeln!(out, "Everything was copied, read again and found the same.")?,
                }
            }
            Database::Backup { to } => {
                copy::back_up(&settings.database_url, to)?;
                writeln!(out, "wrote {}", to.display())?;
            }
        }
        Ok(())
    }
}
