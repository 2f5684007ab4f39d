//! `mcp-server tokens …`

use std::{
    io::{self, Write},
    time::Duration,
};

use clap::{Args, Subcommand};

use crate::{App, TokenPurpose, store::static_tokens::StaticToken, tools::moment};

/// A day, in seconds.
const DAY: u64 = 24 * 60 * 60;

/// Static tokens.
#[derive(Subcommand)]
pub enum Tokens {
    /// Makes a token and prints it, and the two URLs it opens, this one time.
    Add(Add),
    /// Lists every token, without its text.
    List,
    /// Revokes a token: from now on it opens nothing.
    Revoke {
        /// As `tokens list` shows it.
        id: i64,
    },
}

/// What a token is made for.
#[derive(Args)]
pub struct Add {
    /// Whose notes and meetings it opens. The `sub` of the issuer's access tokens makes them those the person sees by OAuth;
    /// any other name is a space of its own.
    #[arg(long)]
    user: String,
    /// What it may do, separated by spaces (default: the scopes of all tools)
    #[arg(long)]
    scope: Option<String>,
    /// What to call it in the list.
    #[arg(long, default_value = "")]
    label: String,
    /// How many days it is good; 0 is for ever.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(0..=36_500))]
    days: u32,
}

impl Tokens {
    pub(super) async fn run(self, app: App) -> Result<(), Box<dyn std::error::Error>> {
        match self {
            Tokens::Add(add) => add.run(&app).await,
            Tokens::List => list(&app).await,
            Tokens::Revoke { id } => match app.revoke_static_token(id).await? {
                true => {
                    writeln!(io::stdout(), "{id} is revoked")?;
                    Ok(())
                }
                false => Err(format!("there is no token {id}; `mcp-server tokens list` shows them").into()),
            },
        }
    }
}

impl Add {
    async fn run(self, app: &App) -> Result<(), Box<dyn std::error::Error>> {
        let lifetime = (self.days > 0).then(|| Duration::from_secs(u64::from(self.days) * DAY));
        let Add { user, scope, label, .. } = self;
        let issued = app.add_static_token(TokenPurpose { user, scope, label, lifetime }).await?;
        writeln!(io::stdout(), "id      {}", issued.id)?;
        writeln!(io::stdout(), "token   {}", issued.token)?;
        writeln!(io::stdout(), "SSE     {}", issued.sse_url)?;
        writeln!(io::stdout(), "HTTP    {}", issued.mcp_url)?;
        writeln!(
            io::stdout(),
            "It is shown this once. Whoever has one of these URLs is let in: treat them as passwords."
        )?;
        if !app.settings.static_tokens {
            writeln!(
                io::stdout(),
                "STATIC_TOKENS is off here: it opens nothing until the server runs with STATIC_TOKENS=on."
            )?;
        }
        Ok(())
    }
}

async fn list(app: &App) -> Result<(), Box<dyn std::error::Error>> {
    let now = app.clock.now();
    let heads = ["ID", "STATE", "USER", "LABEL", "SCOPES", "CREATED", "LAST USE", "END"];
    let mut rows = vec![heads.map(str::to_owned)];
    for token in app.static_tokens.all().await? {
        let state = match &token {
            StaticToken { revoked_at: Some(_), .. } => "revoked",
            token if token.has_ended(now) => "ended",
            _ => "live",
        };
        let moment = |at: Option<i64>| at.map_or_else(|| "-".to_owned(), moment::format);
        rows.push([
            token.id.to_string(),
            state.to_owned(),
            token.user_id,
            token.label,
            token.scopes,
            moment(Some(token.created_at)),
            moment(token.last_used_at),
            token.expires_at.map_or_else(|| "never".to_owned(), moment::format),
        ]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
        writeln!(io::stdout(), "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}
