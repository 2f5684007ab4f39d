//! Both services on this machine: built, started, watched and stopped together.

mod account;
pub mod build;
mod child;
mod stop;
mod ways;
mod welcome;

pub use build::package_variables;

use std::{
    io::{self, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    time::Duration,
};

use shared::env::Env;
use tokio::time::{Instant, sleep};

use self::{child::Service, stop::Stop, ways::Ways};
use crate::host::Authority;

/// How long a service may take until it is ready; the first start makes a signing key and migrates a database.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the services listen and what they keep.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port of the auth-server.
    pub auth_port: u16,
    /// Port of the mcp-server.
    pub mcp_port: u16,
    /// Folder of both databases.
    pub data: PathBuf,
    /// E-mail address of the demo account.
    pub email: String,
}

/// Where the databases are kept when nothing else is said: `data`, beside the workspace's Cargo.toml, wherever inside it
/// cargo was called.
pub fn default_data() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).join("data")
}

impl Options {
    fn issuer(&self) -> String {
        format!("http://localhost:{}", self.auth_port)
    }

    fn mcp_origin(&self) -> String {
        format!("http://localhost:{}", self.mcp_port)
    }

    fn resource(&self) -> String {
        format!("{}/mcp", self.mcp_origin())
    }

    /// What differs from the services' own defaults, or must not come from a `.env` that was made for one of them.
    fn auth_environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("LISTEN", format!("127.0.0.1:{}", self.auth_port)),
            ("ISSUER", self.issuer()),
            ("RESOURCES", format!("{} {}/sse", self.resource(), self.mcp_origin())),
            ("DATABASE_URL", self.database("auth-server.db")),
            // Empty is absent: the secret is the file beside the database, whatever `.env` holds for docker compose.
            ("SECRET_KEYS", String::new()),
            ("SECRET_KEYS_FILE", String::new()),
            // The demo account is the first.
            ("SETUP_LINK", "off".to_owned()),
            // Clients may publish their documents on this machine: `conform --persona` does.
            ("CIMD_ALLOW_LOOPBACK", "on".to_owned()),
            ("EXTRA_CA_FILE", self.data.join("conformance-ca.pem").display().to_string()),
        ]
    }

    fn mcp_environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("LISTEN", format!("127.0.0.1:{}", self.mcp_port)),
            ("ISSUER", self.issuer()),
            ("RESOURCE", self.resource()),
            ("DATABASE_URL", self.database("mcp-server.db")),
        ]
    }

    fn database(&self, file: &str) -> String {
        format!("sqlite:{}", self.data.join(file).display())
    }
}

/// Why the services do not run (any more).
#[derive(Debug, thiserror::Error)]
pub enum UpError {
    /// Somebody else listens there.
    #[error(
        "port {port} for the {name} is taken. `ss -ltnp 'sport = :{port}'` (or `lsof -iTCP:{port} -sTCP:LISTEN`) \
         tells by whom; stop that, or choose another with --{flag} PORT"
    )]
    PortTaken {
        /// The port.
        port: u16,
        /// Who wanted it.
        name: &'static str,
        /// The option that changes it.
        flag: &'static str,
    },
    /// The build failed; its output was shown.
    #[error("the build failed")]
    Build,
    /// A service ended by itself.
    #[error("the {name} ended by itself ({status}); its last lines stand above")]
    Died {
        /// Which one.
        name: &'static str,
        /// How.
        status: std::process::ExitStatus,
    },
    /// A service did not become ready.
    #[error("the {0} is not ready after {seconds} seconds", seconds = PATIENCE.as_secs())]
    NotReady(&'static str),
    /// The account could not be made.
    #[error("the demo account could not be made: {0}")]
    Account(String),
    /// Files, processes, sockets.
    #[error("{what}: {fault}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        fault: io::Error,
    },
    /// The certificate authority of this machine could not be made or read.
    #[error("the certificate authority for clients on this machine: {0}")]
    Authority(String),
    /// TLS could not be set up.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
}

/// Notes what was tried when something failed.
trait Tried<T> {
    fn tried(self, what: impl Into<String>) -> Result<T, UpError>;
}

impl<T> Tried<T> for io::Result<T> {
    fn tried(self, what: impl Into<String>) -> Result<T, UpError> {
        self.map_err(|fault| UpError::Io { what: what.into(), fault })
    }
}

/// Builds and starts both services, and keeps them until they are told to stop.
///
/// # Errors
/// What keeps them from starting, or which one ended by itself. Neither is left running.
pub async fn up(options: &Options) -> Result<(), UpError> {
    free(options.auth_port, "auth-server", "auth-port")?;
    free(options.mcp_port, "mcp-server", "mcp-port")?;
    let mut stop = Stop::listen()?;
    let folder = tokio::select! {
        built = build::services("conformance") => built?,
        () = stop.wait() => return Ok(()),
    };
    std::fs::create_dir_all(&options.data).tried(format!("cannot make {}", options.data.display()))?;
    Authority::read_or_create(&options.data).map_err(|fault| UpError::Authority(fault.to_string()))?;
    let mut auth = Service::start("auth-server", &folder, options.auth_environment())?;
    let mut mcp = match Service::start("mcp-server", &folder, options.mcp_environment()) {
        Ok(mcp) => mcp,
        Err(fault) => {
            auth.stop().await;
            return Err(fault);
        }
    };
    let outcome = tokio::select! {
        outcome = watch(options, &folder, (&mut auth, &mut mcp)) => outcome,
        () = stop.wait() => {
            say("\nstopping …");
            Ok(())
        }
    };
    tokio::join!(auth.stop(), mcp.stop());
    outcome
}

/// Waits until both are ready, tells how to go on, and then until one of them ends.
async fn watch(
    options: &Options,
    folder: &Path,
    (auth, mcp): (&mut Service, &mut Service),
) -> Result<(), UpError> {
    ready(auth, options.auth_port).await?;
    ready(mcp, options.mcp_port).await?;
    let ways = Ways::read(&Env::from_process());
    let account = if ways.is_local { Some(account::demo(options, folder).await?) } else { None };
    say(&welcome::text(options, folder, account.as_ref(), &ways));
    tokio::select! {
        died = auth.died() => Err(died),
        died = mcp.died() => Err(died),
    }
}

async fn ready(service: &mut Service, port: u16) -> Result<(), UpError> {
    let http = reqwest::Client::builder().timeout(Duration::from_secs(5)).build()?;
    let (address, end) = (format!("http://127.0.0.1:{port}/readyz"), Instant::now() + PATIENCE);
    while Instant::now() < end {
        let asked = async {
            let answer = http.get(&address).send().await;
            let is_ready = answer.is_ok_and(|answer| answer.status().is_success());
            if !is_ready {
                sleep(Duration::from_millis(50)).await;
            }
            is_ready
        };
        tokio::select! {
            died = service.died() => return Err(died),
            is_ready = asked => if is_ready { return Ok(()) },
        }
    }
    Err(UpError::NotReady(service.name()))
}

fn free(port: u16, name: &'static str, flag: &'static str) -> Result<(), UpError> {
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Ok(()),
        Err(fault) if fault.kind() == io::ErrorKind::AddrInUse => {
            Err(UpError::PortTaken { port, name, flag })
        }
        Err(fault) => Err(fault).tried(format!("cannot listen on 127.0.0.1:{port}")),
    }
}

/// Prints for the person at the terminal.
fn say(text: &str) {
    // The services run on when nobody reads.
    let _ = writeln!(io::stdout().lock(), "{text}");
}
