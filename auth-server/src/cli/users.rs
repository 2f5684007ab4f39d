//! `auth-server users …`

use std::io::BufRead;

use clap::Subcommand;

use crate::app::App;

/// Local accounts.
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
}

impl Users {
    pub(super) async fn run(self, app: App) -> Result<(), Box<dyn std::error::Error>> {
        match self {
            Users::Add { email, .. } => {
                let mut password = String::new();
                std::io::stdin().lock().read_line(&mut password)?;
                let user = app.add_user(&email, password.trim_end_matches(['\r', '\n'])).await?;
                println!("{} can sign in ({})", user.email, user.id);
                Ok(())
            }
        }
    }
}
