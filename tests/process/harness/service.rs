//! One service of a deployment: its settings, and its process while it runs.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use conformance::{
    failure::{Failure, Outcome},
    world::schema::Schema,
};

use super::{
    binaries, port,
    process::{Ended, Process},
};

/// A service that can be started, killed and started again with the same settings.
pub(crate) struct Service {
    name: &'static str,
    folder: PathBuf,
    settings: BTreeMap<String, String>,
    /// The port it listens on.
    pub(crate) port: u16,
    process: Option<Process>,
    // Dropped after the process.
    _schema: Option<Schema>,
}

impl Service {
    /// A service that has never run, with a database and a port of its own.
    pub(crate) fn new(name: &'static str, folder: &Path) -> Outcome<Service> {
        let (port, schema) = (port::free()?, Schema::create()?);
        let database = match &schema {
            Some(schema) => schema.url(),
            None => format!("sqlite:{}", folder.join(name).with_extension("db").display()),
        };
        let mut service = Service {
            name,
            folder: folder.to_owned(),
            settings: BTreeMap::new(),
            port,
            process: None,
            _schema: schema,
        };
        service
            .set("DATABASE_URL", &database)
            .set("LISTEN", &format!("127.0.0.1:{port}"))
            .set("WORKERS", "2");
        Ok(service)
    }

    /// Sets an environment variable for the next start.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> &mut Service {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Leaves an environment variable out of the next start.
    pub(crate) fn unset(&mut self, name: &str) -> &mut Service {
        self.settings.remove(name);
        self
    }

    /// Keeps its rows in a file from the next start on, whatever database the other tests use.
    pub(crate) fn keep_in_files(&mut self) -> &mut Service {
        let file = self.folder.join(self.name).with_extension("db");
        self.set("DATABASE_URL", &format!("sqlite:{}", file.display())).unset("SECRET_KEYS")
    }

    /// The value of an environment variable.
    pub(crate) fn setting(&self, name: &str) -> &str {
        self.settings.get(name).map_or("", String::as_str)
    }

    /// Its address.
    pub(crate) fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Another server with the same settings on a port of its own: a second replica.
    pub(crate) fn replica(&self) -> Outcome<Service> {
        let port = port::free()?;
        let mut settings = self.settings.clone();
        settings.insert("LISTEN".to_owned(), format!("127.0.0.1:{port}"));
        Ok(Service {
            name: self.name,
            folder: self.folder.clone(),
            settings,
            port,
            process: None,
            _schema: None,
        })
    }

    /// Starts it and waits until it says that it serves.
    pub(crate) async fn start(&mut self) -> Outcome {
        self.launch()?;
        self.process()?.says("serving").await
    }

    /// Starts it and waits for nothing.
    pub(crate) fn launch(&mut self) -> Outcome {
        self.process = None;
        self.process = Some(Process::start(self.name, self.command(&[])?)?);
        Ok(())
    }

    /// `kill -9`, and a new start.
    pub(crate) async fn crash(&mut self) -> Outcome {
        self.kill()?;
        self.start().await
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) -> Outcome {
        self.process()?.kill();
        self.process = None;
        Ok(())
    }

    /// The running process.
    pub(crate) fn process(&mut self) -> Outcome<&mut Process> {
        let name = self.name;
        self.process.as_mut().ok_or_else(|| Failure::new(format!("{name} does not run")))
    }

    /// Runs the program with arguments to its end.
    pub(crate) async fn run(&self, arguments: &[&str], input: Option<&str>) -> Outcome<Ended> {
        let name = format!("{} {}", self.name, arguments.join(" "));
        Process::start_with_input(name.trim(), self.command(arguments)?, input)?.ends().await
    }

    /// The program with nothing in its environment but the settings, where no `.env` file is.
    fn command(&self, arguments: &[&str]) -> Outcome<Command> {
        let mut command = Command::new(binaries::path(self.name)?);
        command.args(arguments).current_dir(&self.folder).env_clear().envs(&self.settings);
        Ok(command)
    }
}
