//! `auth-server sweep`

use std::{
    error::Error,
    io::{self, Write},
    time::Duration,
};

use clap::Args;

use crate::{app::App, flow::sweep};

/// Between two steps, for servers that use the same database.
const PAUSE: Duration = Duration::from_millis(10);

/// Forgets what nothing can come of any more.
#[derive(Args)]
pub struct Sweep;

impl Sweep {
    pub(super) async fn run(self, app: App) -> Result<(), Box<dyn Error>> {
        let swept = sweep::sweep(&app, PAUSE).await?;
        let mut out = io::stdout();
        for (table, rows) in &swept.tables {
            writeln!(out, "{table}\t{rows}")?;
        }
        Ok(writeln!(out, "forgot {} rows in {} steps", swept.rows(), swept.steps)?)
    }
}
