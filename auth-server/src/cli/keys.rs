//! `auth-server keys …`

use std::{
    error::Error,
    io::{self, Write},
};

use clap::Subcommand;

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
        /// Its kid: one in 64 begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
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
                Retirement::Until(end) => format!("{kid} signs no more; published until {end}"),
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
    format!("{} is published and signs from {}", next.kid, next.signs_from)
}

/// A line a key, with a head line, separated by tabs.
fn lines(keys: &[Listed]) -> Vec<String> {
    let line = |key: &Listed| {
        let state = match key.standing {
            Standing::Next => "published, next".to_owned(),
            Standing::Signs => "signs".to_owned(),
            Standing::Until(end) => format!("published until {end}"),
            Standing::Over => "over".to_owned(),
            Standing::Retired => "retired".to_owned(),
        };
        format!("{}\t{}\t{}\t{state}", key.kid, key.created_at, key.signs_from)
    };
    let head = ["KID", "CREATED", "SIGNS FROM", "STATE"].join("\t");
    [head].into_iter().chain(keys.iter().map(line)).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        keys: Keys,
    }

    #[test]
    fn a_kid_that_begins_with_a_hyphen_is_no_option() {
        for (line, at_once) in [
            (["keys", "retire", "-0_x"].as_slice(), false),
            (&["keys", "retire", "--0_x"], false),
            (&["keys", "retire", "-0_x", "--now"], true),
            (&["keys", "retire", "--now", "-0_x"], true),
        ] {
            let Ok(Line { keys: Keys::Retire { kid, now } }) = Line::try_parse_from(line) else {
                panic!("{line:?} is not understood");
            };
            assert!(kid.ends_with("-0_x") && now == at_once, "{line:?}: {kid}, {now}");
        }
    }
}
