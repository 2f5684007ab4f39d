//! `auth-server health`: the health check of a container, whose image holds no other program.

use std::error::Error;

use clap::Args;
use shared::{env::Env, probe};

use crate::Settings;

/// Nothing to choose: the settings say where to ask.
#[derive(Args)]
pub struct Health {}

impl Health {
    /// Asks the server of these settings whether it is ready.
    ///
    /// # Errors
    /// It is not, or nobody answers.
    pub async fn run(self, env: &Env) -> Result<(), Box<dyn Error>> {
        // Not all settings: a new certificate that is of no use does not stop a server that goes on with the old one.
        Ok(probe::ask(env, Settings::listen(env)?).await?)
    }
}
