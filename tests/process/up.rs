//! `cargo up`: one command starts both, one key stops both.

mod upstream;

use std::{
    fs,
    net::TcpStream,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use conformance::{
    failure::{Failure, Outcome},
    up::package_variables,
};
use tempfile::TempDir;

use crate::harness::{Process, Signal, free_port, program, send, until};

/// `up` with what it started. Its children are ended with it, also when a test fails.
struct Up {
    process: Process,
    ports: [u16; 2],
}

impl Up {
    fn launch(data: &Path, ports: [u16; 2], settings: &[(&str, &str)]) -> Outcome<Up> {
        // It builds too: what takes long is done before, and here it finds nothing left to do.
        program("auth-server")?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_up"));
        for name in package_variables() {
            command.env_remove(name);
        }
        command
            .args(["--auth-port", &ports[0].to_string(), "--mcp-port", &ports[1].to_string(), "--data"])
            .arg(data)
            .envs(settings.iter().copied())
            .current_dir(data);
        Ok(Up { process: Process::start("up", command)?, ports })
    }

    async fn start(data: &Path) -> Outcome<Up> {
        let mut up = Up::launch(data, [free_port()?, free_port()?], &[])?;
        up.welcomes().await?;
        Ok(up)
    }

    async fn welcomes(&mut self) -> Outcome {
        self.process.says("Ctrl-C stops it").await?;
        self.process.says("cargo conform").await
    }

    fn issuer(&self) -> String {
        format!("http://localhost:{}", self.ports[0])
    }

    fn resource(&self) -> String {
        format!("http://localhost:{}/mcp", self.ports[1])
    }

    fn is_listening(&self) -> bool {
        self.ports.iter().any(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok())
    }

    /// The ids of the processes it started.
    fn children(&self) -> Vec<u32> {
        let parent = self.process.id().to_string();
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        ids.filter(|id| {
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            // proc(5): the name in parentheses, the state, the parent.
            stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)) == Some(&parent)
        })
        .collect()
    }

    async fn interrupt(&mut self) -> Outcome {
        self.process.signal(Signal::Interrupt).await?;
        let ended = self.process.ends().await?;
        assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
        assert!(!self.is_listening(), "a server was left behind:\n{}", ended.said);
        Ok(())
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // Asked first: killed outright it could not end its children.
        let end = Instant::now() + Duration::from_secs(30);
        self.process.ask_to_end();
        while self.process.is_running() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(3));
        }
    }
}

/// The password in what a newcomer is told.
fn password(said: &str) -> Option<&str> {
    said.split("with the password ").nth(1)?.split_whitespace().next().filter(|word| *word != "that")
}

async fn conform(url: &str, password: &str, more: &[&str]) -> Outcome<String> {
    conform_as("demo@example.com", (url, password), more).await
}

async fn conform_as(user: &str, (url, password): (&str, &str), more: &[&str]) -> Outcome<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conform"));
    command.args([url, "--user", user, "--password-stdin"]).args(more);
    let ended = Process::start_with_input("conform", command, Some(password))?.ends().await?;
    match ended.status.success() {
        true => Ok(ended.said),
        false => Err(Failure::new(format!("conform says:\n{}", ended.said))),
    }
}

#[tokio::test]
async fn a_newcomer_gets_everything_and_an_interrupt_ends_everything() -> Outcome {
    let data = TempDir::new()?;
    let mut up = Up::start(data.path()).await?;
    let said = up.process.said();
    for told in
        [&up.resource(), &up.issuer(), "demo@example.com", &format!("cargo conform {}", up.resource())]
    {
        assert!(said.contains(told), "`{told}` is missing in:\n{said}");
    }
    let first = password(&said).ok_or_else(|| Failure::new(format!("no password:\n{said}")))?;
    assert!(conform(&up.resource(), first, &[]).await?.contains("conformant: 7 of 7 steps"));
    let folder = data.path().display().to_string();
    let all = conform(&up.resource(), first, &["--persona", "all", "--authority", &folder]).await?;
    assert!(all.contains("15 of 15 clients get in") && !all.contains("--documents"), "{all}");
    let one = ["--persona", "chatgpt-stable", "--authority", &folder];
    assert!(conform(&up.resource(), first, &one).await?.contains("private_key_jwt"));
    up.interrupt().await?;

    // The second time the account is there, and its password is not known any more.
    let mut up = Up::start(data.path()).await?;
    let said = up.process.said();
    assert_eq!(password(&said), None, "{said}");
    assert!(said.contains("demo@example.com") && !said.contains(first), "{said}");
    // Nor need it be: the line that is told for that works as it stands.
    let line =
        said.lines().map(str::trim).find(|line| line.ends_with("users reset-password demo@example.com"));
    let line = line.ok_or_else(|| Failure::new(format!("no way back in:\n{said}")))?;
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(data.path());
    let ended = Process::start("the line", command)?.ends().await?;
    assert!(ended.said.contains(&format!("{}/welcome/", up.issuer())), "{}", ended.said);
    up.interrupt().await
}

#[tokio::test]
async fn a_taken_port_is_told_before_anything_is_done() -> Outcome {
    let (data, taken) = (TempDir::new()?, std::net::TcpListener::bind(("127.0.0.1", 0))?);
    let port = taken.local_addr()?.port();
    for (ports, name) in [([port, free_port()?], "auth-server"), ([free_port()?, port], "mcp-server")] {
        let ended = Up::launch(data.path(), ports, &[])?.process.ends().await?;
        assert_eq!(ended.status.code(), Some(1), "{}", ended.said);
        let is_told = ended.said.contains(&port.to_string()) && ended.said.contains(name);
        assert!(is_told && ended.said.contains("-port"), "which, and what to do: {}", ended.said);
    }
    assert_eq!(fs::read_dir(data.path())?.count(), 0, "nothing was made");
    Ok(())
}

#[tokio::test]
async fn when_one_server_dies_the_other_is_stopped_and_the_failure_told() -> Outcome {
    let data = TempDir::new()?;
    let mut up = Up::start(data.path()).await?;
    let servers =
        until("both servers", async || Some(up.children()).filter(|found| found.len() == 2)).await?;
    send(servers[0], Signal::Kill)?;
    let ended = up.process.ends().await?;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.said);
    assert!(ended.said.contains("ended by itself"), "{}", ended.said);
    assert!(!up.is_listening(), "the other one is left behind:\n{}", ended.said);
    Ok(())
}
