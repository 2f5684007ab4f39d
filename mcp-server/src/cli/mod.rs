//! Commands: one file for each noun.

mod database;
mod health;
mod tokens;

use clap::Subcommand;
use shared::{clock::Clock, env::Env};

use crate::{App, Settings};

/// What can be done beside serving.
#[derive(Subcommand)]
pub enum Command {
    /// Static tokens, for clients that cannot do OAuth.
    #[command(subcommand)]
    Tokens(tokens::Tokens),
    /// The database as a whole: moved, and kept in a file.
    #[command(subcommand)]
    Database(database::Database),
    /// Asks the server that runs with these settings whether it is ready: the health check of a container.
    Health(health::Health),
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// Why it was not done, for the person at the terminal.
    pub async fn run(self, settings: Settings) -> Result<(), Box<dyn std::error::Error>> {
        match self {
            Command::Tokens(tokens) => tokens.run(App::open(settings, Clock::system()).await?).await,
            // No server is opened: the databases are those it is told.
            Command::Database(database) => database.run(&settings),
            Command::Health(health) => health.run(&Env::from_process()).await,
        }
    }
}
