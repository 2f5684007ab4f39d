//! Commands: one file for each noun.

mod tokens;

use clap::Subcommand;

use crate::App;

/// What can be done beside serving.
#[derive(Subcommand)]
pub enum Command {
    /// Static tokens, for clients that cannot do OAuth.
    #[command(subcommand)]
    Tokens(tokens::Tokens),
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// Why it was not done, for the person at the terminal.
    pub async fn run(self, app: App) -> Result<(), Box<dyn std::error::Error>> {
        match self {
            Command::Tokens(tokens) => tokens.run(app).await,
        }
    }
}
