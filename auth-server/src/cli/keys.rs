//! `auth-server keys …`

use std::{
    error::Error,
    io::{self, Write},
};

use clap::Subcommand;
use shared::clock::Timestamp;

use crate::{
    app::App,
    flow::keys::{self, Listed, Retirement},
    keys::schedule::Standing,
};

/// The keys that sign tokens.
#[derive(Subcommand)]
pub enum Keys {
    /// Makes the next key. It is published now and signs after KEY_PUBLISHED_AHEAD.
    Rotate,
    /// Lists the keys and what each does.
    List,
    /// Takes a key out of use: in order, or at once.
    Retire {
        /// Its kid.
        kid: String,
        /// It has leaked: it is unpublished at once, the next key signs at once, and its tokens are refused.
        #[arg(long)]
        now: bool,
    },
}

impl Keys {
    pub(super) async fn run(self, app: App) -> Result<(), Box<dyn Error>> {
        let told = match self {
            Keys::Rotate => taking_over(&keys::rotate(&app).await?),
            Keys::List => lines(&keys::list(&app).await?).join("\n"),
            Keys::Retire { kid, now } => match keys::retire(&app, &kid, now).await? {
                Retirement::Unknown => return Err(format!("no key in use is called {kid}").into()),
                Retirement::Withdrawn => format!("{kid} is gone; it had signed nothing"),
                Retirement::Followed(next) => format!("{kid} signs until then: {}", taking_over(&next)),
                Retirement::Until(end) => format!("{kid} signs no more; published until {}", moment(end)),
                Retirement::AtOnce => format!(
                    "{kid} is retired. Tokens it signed are refused here from now on, and by each resource server once it \
                     has fetched the keys again: at the latest after the time it keeps them (mcp-server: JWKS_MAX_AGE), \
                     earlier when it meets a token of the new key."
                ),
            },
        };
        Ok(writeln!(io::stdout(), "{told}")?)
    }
}

fn taking_over(next: &Listed) -> String {
    format!("{} is published and signs from {}", next.kid, moment(next.signs_from))
}

/// A line a key, with a head line, separated by tabs.
fn lines(keys: &[Listed]) -> Vec<String> {
    let line = |key: &Listed| {
        let state = match key.standing {
            Standing::Next => "published, next".to_owned(),
            Standing::Signs => "signs".to_owned(),
            Standing::Until(end) => format!("published until {}", moment(end)),
            Standing::Over => "over".to_owned(),
            Standing::Retired => "retired".to_owned(),
        };
        [&key.kid, &moment(key.created_at), &moment(key.signs_from), &state].map(String::as_str).join("\t")
    };
    let head = ["KID", "CREATED", "SIGNS FROM", "STATE"].join("\t");
    [head].into_iter().chain(keys.iter().map(line)).collect()
}

fn moment(at: Timestamp) -> String {
    let of_day = at.seconds().rem_euclid(24 * 3600);
    format!("{}T{:02}:{:02}:{:02}Z", at.day(), of_day / 3600, of_day / 60 % 60, of_day % 60)
}
