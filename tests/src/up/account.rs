//! The demo account, and what a newcomer is told.

use std::{path::Path, process::Stdio};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tokio::{io::AsyncWriteExt, process::Command};

use crate::up::{Options, Tried, UpError, default_data};

/// The demo account.
pub(super) struct Account {
    /// Known only right after it was made: nothing but a hash is stored.
    password: Option<String>,
}

/// Makes the account, if there is none yet.
pub(super) async fn demo(options: &Options, folder: &Path) -> Result<Account, UpError> {
    let password = URL_SAFE_NO_PAD.encode(shared::random::bytes::<12>());
    let mut child = Command::new(folder.join("auth-server"))
        .args(["users", "add", &options.email, "--password-stdin"])
        .envs(options.auth_environment())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .tried("cannot start the auth-server")?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(format!("{password}\n").as_bytes()).await.tried("cannot hand over the password")?;
    }
    let output = child.wait_with_output().await.tried("cannot wait for the auth-server")?;
    if output.status.success() {
        return Ok(Account { password: Some(password) });
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if said.contains("account already") {
        Ok(Account { password: None })
    } else {
        Err(UpError::Account(said))
    }
}

impl Account {
    /// What is running, how to sign in, and what to try next.
    pub(super) fn welcome(&self, options: &Options) -> String {
        let (email, resource, data) = (&options.email, options.resource(), options.data.display());
        let sign_in = match &self.password {
            Some(password) => {
                format!("{email} with the password {password}\n                 (shown only this once)")
            }
            None => format!(
                "{email} with the password that was shown when it was made\n                 \
                 lost? another account: cargo run -p auth-server -- users add EMAIL --password-stdin\n                 \
                 or start afresh: stop, remove {data}, and run this again"
            ),
        };
        // Where conform looks by itself for the authority that vouches for its documents.
        let authority = match options.data == default_data() {
            true => String::new(),
            false => format!(" --authority {data}"),
        };
        let typed = self.password.as_deref().unwrap_or("PASSWORD");
        format!(
            "\n  Gatehouse is up. Ctrl-C stops it.\n\n  \
             MCP server     {resource}\n  \
             auth server    {issuer}\n  \
             data           {data}\n  \
             sign in as     {sign_in}\n\n  \
             Try in another terminal:\n    \
             cargo conform {resource}\n    \
             cargo conform {resource} --user {email} --password-stdin <<< '{typed}'\n    \
             cargo conform {resource} --persona all{authority} --user {email} --password-stdin <<< '{typed}'\n",
            issuer = options.issuer(),
        )
    }
}
