//! A server as a process of its own, on the core of what is measured.

use std::{
    collections::BTreeMap,
    fs::File,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use conformance::failure::{Failure, Outcome};
use rustix::process::{Pid, Signal, kill_process};

use crate::{cpu::Cores, request, round::Target, wire::Connection};

/// A start that takes longer failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program with its settings, and its process while it runs.
pub struct Server {
    program: PathBuf,
    part: Option<&'static str>,
    log: PathBuf,
    settings: BTreeMap<String, String>,
    /// Where it listens.
    pub port: u16,
    cores: Cores,
    child: Option<Child>,
}

impl Server {
    /// A program that has a port of its own, one worker, and its log in that folder.
    ///
    /// # Errors
    /// There is no free port.
    pub fn new(program: &Path, folder: &Path, cores: Cores) -> Outcome<Server> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let name = program.file_name().unwrap_or_default();
        let mut server = Server {
            program: program.to_owned(),
            part: None,
            log: folder.join(name).with_extension(format!("{port}.log")),
            settings: BTreeMap::new(),
            port,
            cores,
            child: None,
        };
        server.set("LISTEN", format!("127.0.0.1:{port}")).set("WORKERS", "1");
        Ok(server)
    }

    /// This program in another part.
    #[must_use]
    pub fn acting_as(mut self, part: &'static str) -> Server {
        self.part = Some(part);
        self
    }

    /// Sets an environment variable for the next start.
    pub fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Server {
        self.settings.insert(name.to_owned(), value.into());
        self
    }

    /// What it is called by others.
    pub fn origin(&self) -> String {
        format!("http://{}", self.host())
    }

    /// The same as a `Host` header has it.
    pub fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// The settings it has, as it will read them.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Starts it. How long it took from there to its first answer, which is that to a GET of `path`.
    ///
    /// # Errors
    /// It does not start, or does not answer.
    pub async fn start(&mut self, path: &str) -> Outcome<Duration> {
        let mut command = Command::new(&self.program);
        // Nothing of this run's own surroundings: a figure must not depend on them.
        command
            .args(self.part)
            .env_clear()
            .envs(self.settings())
            .current_dir(self.log.parent().unwrap_or(Path::new(".")))
            .stdin(Stdio::null())
            .stdout(File::create(&self.log)?)
            .stderr(File::create(self.log.with_extension("err"))?);
        let begun = Instant::now();
        self.child = Some(self.cores.on_measured(|| command.spawn())??);
        let asked = request::get(path, &[]);
        while begun.elapsed() < PATIENCE {
            if let Ok(mut connection) = Connection::open(self.port).await {
                connection.ask(&asked, 200).await?;
                return Ok(begun.elapsed());
            }
            if self.child.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None))) {
                break;
            }
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        let told = std::fs::read_to_string(self.log.with_extension("err")).unwrap_or_default();
        Err(Failure::new(format!("{} does not start:\n{told}", self.program.display())))
    }

    /// Its process and port.
    ///
    /// # Errors
    /// It does not run.
    pub fn target(&self) -> Outcome<Target> {
        let child = self.child.as_ref().ok_or_else(|| Failure::new("a server does not run"))?;
        Ok(Target { process: child.id(), port: self.port })
    }

    /// Lets it finish what it does, and end.
    ///
    /// # Errors
    /// It cannot be told, or waited for.
    pub fn stop(&mut self) -> Outcome {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        if let Some(process) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            kill_process(process, Signal::TERM)?;
        }
        child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
