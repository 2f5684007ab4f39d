//! Commands: one file for each noun.

mod clients;
mod database;
mod doctor;
pub mod explain;
mod health;
mod keys;
mod secrets;
mod shown;
mod sweep;
mod users;

use clap::Subcommand;
use shared::env::Env;

use crate::app::App;

/// What can be done beside serving.
#[derive(Subcommand)]
pub enum Command {
    /// Local accounts.
    #[command(subcommand)]
    Users(users::Users),
    /// Clients an operator knows by name, and those that are shut out.
    #[command(subcommand)]
    Clients(clients::Clients),
    /// The keys that sign tokens.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// The master secrets, which seal what is stored and authenticate what clients hold.
    #[command(subcommand)]
    Secrets(secrets::MasterSecrets),
    /// The database as a whole: moved, and kept in a file.
    #[command(subcommand)]
    Database(database::Database),
    /// Forgets what has ended and can be of no use: what a server does every SWEEP_EVERY seconds.
    Sweep(sweep::Sweep),
    /// Looks at settings, database, keys, clocks and everything that must be reachable, and says what to change.
    Doctor(doctor::Doctor),
    /// Asks the server that runs with these settings whether it is ready: the health check of a container.
    Health(health::Health),
    /// Tells what a reference stands for that a page or an error showed.
    Explain(explain::Explain),
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// Why it was not done, for the person at the terminal.
    pub async fn run(self, app: App) -> Result<(), Box<dyn std::error::Error>> {
        match self {
            Command::Users(users) => users.run(app).await,
            Command::Clients(clients) => clients.run(app).await,
            Command::Keys(keys) => keys.run(app).await,
            Command::Secrets(secrets) => secrets.run(app).await,
            Command::Database(database) => database.run(&Env::from_process()),
            Command::Sweep(sweep) => sweep.run(app).await,
            // It looks before anything is opened; `main` sees to that.
            Command::Doctor(doctor) => doctor.run(&Env::from_process()).await,
            Command::Health(health) => health.run(&Env::from_process()).await,
            Command::Explain(explain) => explain.run(app).await,
        }
    }
}
