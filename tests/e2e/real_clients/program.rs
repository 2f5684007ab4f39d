//! A client that is a program: it writes JSON documents, one a line, and reads them.

use std::{
    ffi::OsStr,
    io::Write,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use conformance::{
    failure::{Failure, Outcome},
    world::World,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::{UNTIL_EXPIRED, allow, round::Round};

/// How long a client may take from start to end. Never a measure of speed: a busy machine may be slow.
const PATIENCE: Duration = Duration::from_secs(60);
/// More of what it complains about nobody reads.
const LONGEST: usize = 4000;

/// What a client says.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    /// The address the human is to open.
    Open(String),
    /// What it got.
    Round(Box<Round>),
}

/// A running client. Dropping it ends it.
struct Program {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    /// What it writes to its standard error.
    complaints: NamedTempFile,
}

/// A file of the clients, or of what is installed for them: `tests/real-clients/…`, `target/real-clients/…`.
pub(super) fn path(below: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(below)
}

/// A client with what it is told at its start; none, and a word about it, where something it needs is not there.
pub(super) fn command(program: &OsStr, script: &str, needs: &Path) -> Outcome<Option<Command>> {
    if !needs.exists() || !is_installed(program) {
        let missing = format!("{} or {} is not installed", program.display(), needs.display());
        if std::env::var_os("NO_SKIP").is_some_and(|value| value == "1") {
            return Err(Failure::new(format!("{missing}, and NO_SKIP=1 is set")));
        }
        // Not by `println!`, which the test harness keeps to itself when a test passes.
        writeln!(std::io::stderr(), "SKIPPED: {missing}")?;
        return Ok(None);
    }
    let mut command = Command::new(program);
    command.arg(path("tests/real-clients").join(script)).env("NO_PROXY", "localhost,127.0.0.1");
    Ok(Some(command))
}

fn is_installed(program: &OsStr) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    // Joining an absolute path gives that path.
    std::env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}

/// Goes the whole way with a client: two rounds, and between them its access token expires.
pub(super) async fn converse(world: &World, command: Command, settings: &Value) -> Outcome<[Round; 2]> {
    let mut program = Program::start(command, settings)?;
    let way = async {
        let first = match program.hear().await? {
            Line::Open(address) => {
                let callback = allow(world, &address).await?;
                program.tell(&json!({"callback": callback})).await?;
                program.round().await?
            }
            Line::Round(round) => *round,
        };
        world.advance(UNTIL_EXPIRED);
        program.tell(&json!({"again": UNTIL_EXPIRED.as_secs()})).await?;
        let second = program.round().await?;
        program.tell(&json!({})).await?;
        let ended = program.child.wait().await?;
        if ended.success() {
            Ok([first, second])
        } else {
            Err(Failure::new(format!("it ended with {ended}")))
        }
    };
    let late = Failure::new(format!("not within {} seconds", PATIENCE.as_secs()));
    let rounds = timeout(PATIENCE, way).await.unwrap_or(Err(late));
    rounds.map_err(|failure| Failure::new(format!("{settings}: {failure}\n{}", program.complaint())))
}

impl Program {
    fn start(mut command: Command, settings: &Value) -> Outcome<Program> {
        let complaints = NamedTempFile::new()?;
        command.arg(settings.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(complaints.reopen()?).kill_on_drop(true).spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::new("a program without input or output"));
        };
        Ok(Program { child, input, lines: BufReader::new(output).lines(), complaints })
    }

    async fn hear(&mut self) -> Outcome<Line> {
        let line = self.lines.next_line().await?.ok_or_else(|| Failure::new("it ended early"))?;
        serde_json::from_str(&line).map_err(|fault| Failure::new(format!("it said {line}: {fault}")))
    }

    /// Hears what it got, and nothing before.
    async fn round(&mut self) -> Outcome<Round> {
        match self.hear().await? {
            Line::Round(round) => Ok(*round),
            Line::Open(address) => Err(Failure::new(format!("it wants a sign-in at {address}"))),
        }
    }

    async fn tell(&mut self, line: &Value) -> Outcome {
        self.input.write_all(format!("{line}\n").as_bytes()).await?;
        Ok(())
    }

    /// The end of what it complained about.
    fn complaint(&self) -> String {
        let bytes = std::fs::read(self.complaints.path()).unwrap_or_default();
        String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(LONGEST)..]).into_owned()
    }
}
