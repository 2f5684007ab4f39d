//! The demo account.

use std::{path::Path, process::Stdio};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tokio::{io::AsyncWriteExt, process::Command};

use crate::up::{Options, Tried, UpError};

/// The demo account.
pub(super) struct Account {
    /// Known only right after it was made: nothing but a hash is stored.
    pub(super) password: Option<String>,
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
