//! `mcp-server health`: the health check of a container, whose image holds no other program.

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
        let url = probe::ready_url(env, Settings::listen(env)?);
        // Itself, by its address: no certificate says that name, and no proxy leads there. Nothing is told to whoever
        // answers, and which certificate is current only the server knows.
        let client = reqwest::Client::builder()
            .tls_danger_accept_invalid_certs(true)
            .no_proxy()
            .timeout(probe::PATIENCE)
            .build()?;
        match client.get(url).send().await?.status() {
            ready if ready.is_success() => Ok(()),
            status => Err(format!("not ready: {status}").into()),
        }
    }
}
