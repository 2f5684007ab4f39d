//! `auth-server users …`

use std::{error::Error, io::BufRead, time::Duration};

use clap::Subcommand;

use shared::clock::Timestamp;

use crate::{
    app::App,
    flow::{
        accounts::{self, Listed},
        links,
    },
};

/// Who can sign in.
#[derive(Subcommand)]
pub enum Users {
    /// Makes an account.
    Add {
        /// The e-mail address it signs in with.
        email: String,
        /// Read the password from the first line of standard input: it must not stand in the process list.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Prints a link by which somebody chooses a password and so makes an account.
    Invite {
        /// The e-mail address it signs in with.
        email: String,
        /// How many days the link is good.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=365))]
        days: u64,
    },
    /// Lists all accounts: the kind is `local`, or `provider` for those that sign in elsewhere.
    List,
    /// Lets somebody sign in no more, ends their sign-ins and revokes what they granted.
    Disable {
        /// The e-mail address or the id of the account.
        account: String,
    },
    /// Lets somebody sign in again. What was ended stays so.
    Enable {
        /// The e-mail address or the id of the account.
        account: String,
    },
    /// Takes a password away, ends its sign-ins, revokes what was granted and removes the account's passkeys; prints a
    /// link to choose another password, good for a day.
    ResetPassword {
        /// The e-mail address or the id of the account.
        account: String,
        /// Set the password that is the first line of standard input, and print no link.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Removes an account with everything that belongs to it.
    Remove {
        /// The e-mail address or the id of the account.
        account: String,
    },
}

impl Users {
    pub(super) async fn run(self, app: App) -> Result<(), Box<dyn Error>> {
        match self {
            Users::Add { email, .. } => {
                let user = app.add_user(&email, &read_password()?).await?;
                println!("{} can sign in ({})", user.email, user.id);
            }
            Users::Invite { email, days } => {
                let link = links::invite(&app, &email, Duration::from_secs(days * 24 * 3600)).await?;
                println!("{link}\nGood once, for {days} days. Whoever has it makes the account.");
            }
            Users::List => {
                for line in lines(&accounts::list(&app).await?) {
                    println!("{line}");
                }
            }
            Users::Disable { account } => {
                let account = accounts::find(&app, &account).await?;
                let revoked = accounts::disable(&app, account.clone()).await?;
                println!("disabled {}; grants that were revoked: {revoked}", account.email);
            }
            Users::Enable { account } => {
                let account = accounts::find(&app, &account).await?;
                accounts::enable(&app, account.clone()).await?;
                println!("{} can sign in again", account.email);
            }
            Users::ResetPassword { account, password_stdin } => {
                reset_password(&app, &account, password_stdin).await?;
            }
            Users::Remove { account } => {
                let account = accounts::find(&app, &account).await?;
                let revoked = accounts::remove(&app, account.clone()).await?;
                println!("removed {}; grants that were revoked: {revoked}", account.email);
            }
        }
        Ok(())
    }
}

async fn reset_password(app: &App, account: &str, from_input: bool) -> Result<(), Box<dyn Error>> {
    let account = accounts::find(app, account).await?;
    let email = account.email.clone();
    let ended = if from_input {
        accounts::set_password(app, account, &read_password()?).await?
    } else {
        let (link, ended) = links::reset(app, account).await?;
        println!("{link}\nGood once, for a day. Whoever has it chooses the password.");
        ended
    };
    println!(
        "{email} has no other password any more; grants that were revoked: {}, passkeys that were removed: {}",
        ended.grants, ended.passkeys
    );
    Ok(())
}

fn read_password() -> std::io::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// A line an account, with a head line, separated by tabs.
fn lines(accounts: &[Listed]) -> Vec<String> {
    let line = |account: &Listed| {
        let state = match account.disabled_at {
            None => "active".to_owned(),
            Some(at) => format!("disabled {}", Timestamp(at).day()),
        };
        let kind = if account.is_local() { "local" } else { "provider" };
        let email = if account.email.is_empty() { "-" } else { &account.email };
        let (created, grants) = (Timestamp(account.created_at).day(), account.grants.to_string());
        [&account.id, email, kind, &created, &state, &grants].join("\t")
    };
    let head = ["ID", "E-MAIL", "KIND", "CREATED", "STATE", "LIVE GRANTS"].join("\t");
    [head].into_iter().chain(accounts.iter().map(line)).collect()
}
