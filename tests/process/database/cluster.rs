//! A PostgreSQL of a test's own, on loopback, that can be stopped and started again.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use conformance::failure::{Failure, Outcome};
use diesel::{Connection, PgConnection, connection::SimpleConnection};
use rustix::process::geteuid;
use tempfile::TempDir;
use tokio::process::Command;

use crate::harness::{Deployment, free_port};

/// A cluster. Dropping it ends it.
pub(crate) struct Cluster {
    bin: PathBuf,
    folder: TempDir,
    port: u16,
}

impl Cluster {
    /// A running cluster; none where PostgreSQL is not installed.
    pub(crate) async fn start() -> Outcome<Option<Cluster>> {
        let Some(bin) = newest() else {
            if std::env::var_os("NO_SKIP").is_some_and(|value| value == "1") {
                return Err(Failure::new("PostgreSQL is not installed, and NO_SKIP=1 is set"));
            }
            eprintln!("skipped: PostgreSQL is not installed");
            return Ok(None);
        };
        let cluster = Cluster { bin, folder: TempDir::new()?, port: free_port()? };
        if geteuid().is_root() {
            done(Command::new("chown").arg("postgres").arg(cluster.folder.path())).await?;
        }
        let data = cluster.data();
        done(cluster.program("initdb").arg("-D").arg(data).args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "--no-sync",
        ]))
        .await?;
        cluster.run().await?;
        Ok(Some(cluster))
    }

    /// Starts it, and returns once it answers.
    pub(crate) async fn run(&self) -> Outcome {
        let sockets = self.folder.path().display();
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories={sockets}",
            self.port
        );
        let log = self.folder.path().join("log");
        let mut command = self.program("pg_ctl");
        command.args(["start", "-s", "-w", "-D"]).arg(self.data()).arg("-l").arg(log).arg("-o").arg(options);
        done(&mut command).await
    }

    /// Stops it: `fast` breaks every connection off, `immediate` is a crash.
    pub(crate) async fn stop(&self, mode: &str) -> Outcome {
        done(self.program("pg_ctl").args(["stop", "-s", "-w", "-m", mode, "-D"]).arg(self.data())).await
    }

    /// Makes a database in it, and says where that is.
    pub(crate) fn create(&self, name: &str) -> Outcome<String> {
        PgConnection::establish(&self.url("postgres"))?.batch_execute(&format!("CREATE DATABASE {name}"))?;
        Ok(self.url(name))
    }

    /// Where a database of that name is.
    pub(crate) fn url(&self, name: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// Both services on it, running, with the account.
    pub(crate) async fn deployment(&self) -> Outcome<Deployment> {
        let mut deployment = Deployment::prepare()?;
        let secret = URL_SAFE_NO_PAD.encode(shared::random::bytes::<32>());
        deployment.auth.set("DATABASE_URL", &self.create("auth")?).set("SECRET_KEYS", &secret);
        deployment.mcp.set("DATABASE_URL", &self.create("mcp")?);
        deployment.auth.start().await?;
        deployment.mcp.start().await?;
        deployment.add_user().await?;
        Ok(deployment)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// PostgreSQL refuses to run as root.
    fn program(&self, name: &str) -> Command {
        let program = self.bin.join(name);
        let mut command = match geteuid().is_root() {
            true => {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--"]).arg(program);
                command
            }
            false => Command::new(program),
        };
        command.current_dir("/");
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut command = self.program("pg_ctl").into_std();
        command.args(["stop", "-s", "-m", "immediate", "-D"]).arg(self.data());
        // A test may have stopped it already.
        let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// Where the newest PostgreSQL of this machine is.
fn newest() -> Option<PathBuf> {
    let versions = Path::new("/usr/lib/postgresql").read_dir().ok()?.flatten();
    let bins = versions.map(|version| version.path().join("bin"));
    bins.filter(|bin| bin.join("initdb").exists()).max()
}

/// Runs a command that says nothing: what it starts would keep a pipe open.
async fn done(command: &mut Command) -> Outcome {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = quiet.status().await?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::new(format!("{command:?}: {status}"))),
    }
}
