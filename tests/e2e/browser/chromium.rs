//! A browser of its own for a test: chromedriver on a free port, a profile that is empty, an end with the test.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use conformance::failure::{Failure, Outcome};
use reqwest::Method;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{
    BrowserLogEntry, ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, RequestData,
    SessionId, WebDriver, common::command::FormatRequestData,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

/// How long anything may take before a test gives up. Never a measure of speed: a busy machine may be slow.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// How often a condition is looked at.
const INTERVAL: Duration = Duration::from_millis(20);
/// More browsers than this only wait for each other.
static BROWSERS: Semaphore = Semaphore::const_new(2);

const ARGUMENTS: [&str; 12] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--window-size=1280,800",
    // Another provider's pages ask for fonts from elsewhere: a test waits for nobody.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];

/// A running browser. Dropping it ends it.
pub(super) struct Chromium {
    pub(super) driver: WebDriver,
    _chromedriver: Chromedriver,
    _permit: SemaphorePermit<'static>,
}

impl Chromium {
    /// Starts one. None, and a word about it, where there is none to start.
    pub(super) async fn start() -> Outcome<Option<Chromium>> {
        let browser = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(installed);
        let (Some(browser), Some(chromedriver)) = (browser, installed("chromedriver")) else {
            if std::env::var_os("NO_SKIP").is_some_and(|value| value == "1") {
                return Err(Failure::new("chromium or chromedriver is not installed, and NO_SKIP=1 is set"));
            }
            // Not by `println!`, which the test harness keeps to itself when a test passes.
            writeln!(std::io::stderr(), "SKIPPED: chromium is not installed")?;
            return Ok(None);
        };
        let permit = BROWSERS.acquire().await?;
        let (chromedriver, port) = match Chromedriver::start(&chromedriver).await {
            Ok(started) => started,
            // It looks for a free port by one version of IP, and ends if the other has it in use.
            Err(_) => Chromedriver::start(&chromedriver).await?,
        };
        let profile = format!("--user-data-dir={}", chromedriver.folder.path().join("profile").display());
        let mut capabilities = DesiredCapabilities::chrome();
        capabilities.set_binary(&browser.display().to_string())?;
        for argument in ARGUMENTS {
            capabilities.add_arg(argument)?;
        }
        capabilities.add_arg(&profile)?;
        capabilities.set_logging_prefs("browser", LoggingPrefsLogLevel::All)?;
        capabilities.set_logging_prefs("performance", LoggingPrefsLogLevel::All)?;
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities).await?;
        Ok(Some(Chromium { driver, _chromedriver: chromedriver, _permit: permit }))
    }

    /// Sends a command of the DevTools protocol.
    pub(super) async fn devtools(&self, name: &str, parameters: Value) -> Outcome<Value> {
        let command = DevTools { name: name.to_owned(), parameters };
        Ok(self.driver.cmd(command).await?.value()?)
    }

    /// The value of a script that has no arguments.
    pub(super) async fn script(&self, script: &str) -> Outcome<Value> {
        Ok(self.driver.execute(script, Vec::new()).await?.json().clone())
    }

    /// What the console has said since it was last asked.
    pub(super) async fn console(&self) -> Outcome<Vec<BrowserLogEntry>> {
        Ok(self.driver.browser_log().await?)
    }

    /// The addresses of everything that was requested since this was last asked.
    pub(super) async fn requested(&self) -> Outcome<Vec<String>> {
        let entries = self.driver.get_log("performance").await?;
        let requests = entries.iter().filter_map(|entry| {
            let event: Value = serde_json::from_str(&entry.message).ok()?;
            let event = &event["message"];
            let is_request = event["method"] == "Network.requestWillBeSent";
            event["params"]["request"]["url"].as_str().filter(|_| is_request).map(str::to_owned)
        });
        Ok(requests.collect())
    }
}

/// Waits until there is something to see.
pub(super) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Outcome<Option<T>>) -> Outcome<T> {
    let found = async {
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            tokio::time::sleep(INTERVAL).await;
        }
    };
    let late = |_| Failure::new(format!("{what}: not within {} seconds", PATIENCE.as_secs()));
    timeout(PATIENCE, found).await.map_err(late)?
}

#[derive(Debug)]
struct DevTools {
    name: String,
    parameters: Value,
}

impl FormatRequestData for DevTools {
    fn format_request(&self, session: &SessionId) -> RequestData {
        RequestData::new(Method::POST, format!("/session/{session}/goog/cdp/execute"))
            .add_body(json!({"cmd": self.name, "params": self.parameters}))
    }
}

/// Where a program is, by the search path.
fn installed(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // It is not asked to quit: what it runs in is killed next, and nothing of it is needed any more.
        drop(self.driver.clone().leak());
    }
}

/// A chromedriver in a process group of its own, which the browsers it starts belong to.
struct Chromedriver {
    child: Child,
    /// Everything they write.
    folder: TempDir,
}

impl Chromedriver {
    /// Starts one; it chooses a free port and says which.
    async fn start(program: &Path) -> Outcome<(Chromedriver, u16)> {
        let folder = TempDir::new()?;
        let mut command = Command::new(program);
        command.arg("--port=0").env("TMPDIR", folder.path()).process_group(0).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut chromedriver = Chromedriver { child: command.spawn()?, folder };
        let output =
            chromedriver.child.stdout.take().ok_or_else(|| Failure::new("chromedriver has no output"))?;
        let mut lines = BufReader::new(output).lines();
        let port = async {
            let mut said = String::new();
            while let Some(line) = lines.next_line().await? {
                let port = line.strip_prefix("ChromeDriver was started successfully on port ");
                if let Some(port) = port.and_then(|port| port.trim_end_matches('.').parse().ok()) {
                    return Ok(port);
                }
                said.push_str(&line);
            }
            Err(Failure::new(format!("chromedriver names no port: {said}")))
        };
        let port = timeout(PATIENCE, port).await??;
        // Read on, or it stops at a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok((chromedriver, port))
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        let group = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(group) = group {
            // Nobody is left of a group that cannot be killed.
            let _ = kill_process_group(group, Signal::KILL);
        }
        // Whoever is still dying may still be writing.
        for _ in 0..100 {
            match std::fs::remove_dir_all(self.folder.path()) {
                Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => {
                    std::thread::sleep(INTERVAL / 4)
                }
                _ => break,
            }
        }
    }
}
