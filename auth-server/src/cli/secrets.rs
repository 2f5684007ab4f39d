//! `auth-server secrets …`

use std::{
    error::Error,
    io::{self, Write},
};

use clap::Subcommand;

use crate::{
    app::App,
    flow::secrets::{self, Count},
    keys::secrets::Secrets,
    store::reseal::Sealed,
};

/// What an operator must know before an old secret is taken out.
const BEFORE_REMOVAL: &str = "\
Before an old secret is taken out: it must seal no row, on every server the new one must be the first, and since then
- REFRESH_TOKEN_LIFETIME must have passed: a refresh token made with the old secret is refused without it;
- every client that registered itself under the old one (client_id dcr_...) must be gone: its client_id is unknown and
  its client_secret wrong without it, and it has to register again.
Codes, pages and cookies made with it end within half an hour, or ask for a sign-in again.";

/// Master secrets.
#[derive(Subcommand)]
pub enum MasterSecrets {
    /// Prints a fresh secret. Put it last in SECRET_KEYS on every server, then first.
    New,
    /// Lists the secrets by number, never a secret, and how many rows each seals.
    List,
    /// Seals every row with the first secret. Safe while servers run, and to run again.
    Reseal,
}

impl MasterSecrets {
    /// What can be done before anything is opened. Whether that was all.
    ///
    /// # Errors
    /// Nobody reads it.
    pub fn run_alone(&self) -> io::Result<bool> {
        match self {
            MasterSecrets::New => writeln!(io::stdout(), "{}", Secrets::fresh()).map(|()| true),
            MasterSecrets::List | MasterSecrets::Reseal => Ok(false),
        }
    }

    pub(super) async fn run(self, app: App) -> Result<(), Box<dyn Error>> {
        let counts = match self {
            MasterSecrets::New => return Ok(self.run_alone().map(drop)?),
            MasterSecrets::List => secrets::count(&app).await?,
            MasterSecrets::Reseal => secrets::reseal(&app).await?,
        };
        for line in lines(&app.secrets.numbers(), &counts) {
            writeln!(io::stdout(), "{line}")?;
        }
        if matches!(self, MasterSecrets::Reseal) {
            let resealed: usize = counts.iter().map(|count| count.resealed).sum();
            writeln!(io::stdout(), "rows that were sealed anew: {resealed}")?;
        }
        match counts.iter().map(|count| count.unreadable).sum::<usize>() {
            0 => Ok(writeln!(io::stdout(), "\n{BEFORE_REMOVAL}")?),
            rows => {
                Err(format!("no secret opens {rows} rows: the secret that sealed them is missing").into())
            }
        }
    }
}

/// A line a secret, with a head line, separated by tabs.
fn lines(numbers: &[u8], counts: &[Count]) -> Vec<String> {
    let heads = counts.iter().map(|count| match count.kind {
        Sealed::SigningKeys => "SIGNING KEYS",
        Sealed::UpstreamAttempts => "AT A PROVIDER",
    });
    let head: Vec<&str> = ["NUMBER", "SEALS"].into_iter().chain(heads).collect();
    let line = |(place, number): (usize, &u8)| {
        let seals = if place == 0 { "yes" } else { "no" };
        let rows = counts.iter().map(|count| count.by_secret[place].to_string());
        [number.to_string(), seals.to_owned()].into_iter().chain(rows).collect::<Vec<_>>().join("\t")
    };
    [head.join("\t")].into_iter().chain(numbers.iter().enumerate().map(line)).collect()
}
