//! One service as a child process: its log with its name in front, and a stop that lets it finish.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    task::JoinHandle,
    time::timeout,
};

use crate::up::{Tried, UpError, say};

/// The services give open requests ten seconds.
const PATIENCE: Duration = Duration::from_secs(12);

/// A running service.
pub(super) struct Service {
    name: &'static str,
    child: Child,
    logs: Vec<JoinHandle<()>>,
}

impl Service {
    /// Starts the binary of that name.
    pub(super) fn start(
        name: &'static str,
        folder: &Path,
        environment: Vec<(&'static str, String)>,
    ) -> Result<Service, UpError> {
        let mut command = Command::new(folder.join(name));
        command
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // A Ctrl-C at the terminal reaches this program only, which then stops both in order.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().tried(format!("cannot start the {name}"))?;
        let mut logs = Vec::new();
        if let Some(output) = child.stdout.take() {
            logs.push(tokio::spawn(show(name, output)));
        }
        if let Some(output) = child.stderr.take() {
            logs.push(tokio::spawn(show(name, output)));
        }
        Ok(Service { name, child, logs })
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Waits until it ends by itself.
    pub(super) async fn died(&mut self) -> UpError {
        match self.child.wait().await {
            Ok(status) => {
                self.drain().await;
                UpError::Died { name: self.name, status }
            }
            Err(fault) => UpError::Io { what: format!("cannot wait for the {}", self.name), fault },
        }
    }

    /// Asks it to stop, waits, and ends it if it does not.
    pub(super) async fn stop(mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        terminate(&mut self.child);
        if timeout(PATIENCE, self.child.wait()).await.is_err() {
            say(&format!("the {} does not stop: it is killed", self.name));
            // It may have ended meanwhile; then there is nothing to kill.
            let _ = self.child.kill().await;
        }
        self.drain().await;
    }

    /// Shows what it last wrote.
    async fn drain(&mut self) {
        for log in self.logs.drain(..) {
            // A log that does not end is held open by somebody else.
            let _ = timeout(Duration::from_secs(1), log).await;
        }
    }
}

#[cfg(unix)]
fn terminate(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process};
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(id) = id {
        // It may have ended meanwhile; the wait that follows notices.
        let _ = kill_process(id, Signal::TERM);
    }
}

#[cfg(not(unix))]
fn terminate(child: &mut Child) {
    // There is no polite way; the databases are made for this.
    let _ = child.start_kill();
}

async fn show(name: &'static str, output: impl AsyncRead + Unpin) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        say(&format!("{name:<11} │ {line}"));
    }
}
