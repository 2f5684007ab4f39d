//! Builds both services. Silent when that is quick, visible when it is not.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    time::{Instant, timeout_at},
};

use crate::up::{Tried, UpError, say};

/// A build that takes longer shows what it is doing.
const QUIET: Duration = Duration::from_secs(3);

/// What cargo tells a program of its package, by name. A cargo that inherits it runs build scripts again that look at it,
/// and compiles everything anew that depends on them.
pub fn package_variables() -> impl Iterator<Item = OsString> {
    std::env::vars_os().map(|(name, _)| name).filter(|name| {
        let text = name.to_string_lossy();
        text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_")
    })
}

/// Builds both binaries for a program of that package; the folder they are in, which is this one's own.
///
/// # Errors
/// The build failed, and its output was shown; or cargo does not start.
pub async fn services(package: &str) -> Result<PathBuf, UpError> {
    let own = std::env::current_exe().tried("cannot find this program")?;
    let folder = own.parent().unwrap_or(Path::new(".")).to_owned();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    // That package is named too: cargo then chooses the same features as for its program, and builds nothing twice.
    command
        .args(["build", "-p", "auth-server", "-p", "mcp-server", "-p", package])
        .args(["--bin", "auth-server", "--bin", "mcp-server"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    for name in package_variables() {
        command.env_remove(name);
    }
    if folder.file_name().is_some_and(|name| name == "release") {
        command.arg("--release");
    }
    let mut build = command.spawn().tried("cannot start cargo")?;
    let mut held = Vec::new();
    if let Some(output) = build.stderr.take() {
        let (mut lines, end) = (BufReader::new(output).lines(), Instant::now() + QUIET);
        let mut is_shown = false;
        loop {
            let next =
                if is_shown { Ok(lines.next_line().await) } else { timeout_at(end, lines.next_line()).await };
            match next {
                Err(_) => {
                    is_shown = true;
                    say("building both services …");
                    held.drain(..).for_each(|line: String| say(&line));
                }
                Ok(Ok(Some(line))) if is_shown => say(&line),
                Ok(Ok(Some(line))) => held.push(line),
                Ok(_) => break,
            }
        }
    }
    if build.wait().await.tried("cannot wait for cargo")?.success() {
        return Ok(folder);
    }
    held.iter().for_each(|line| say(line));
    Err(UpError::Build)
}
