//! One process: started, listened to, killed at the latest with its test.

use std::{
    io::Read,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};

use conformance::failure::{Failure, Outcome};
use rustix::process::{Pid, Signal as Posix, kill_process};

use super::until;

/// A child process with everything it has said. Dropping it kills it, and prints what it said for a failed test to show.
pub(crate) struct Process {
    name: String,
    child: Child,
    said: Arc<Mutex<String>>,
    listeners: Vec<JoinHandle<()>>,
}

/// A signal that asks a program to end, by its number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Signal {
    /// SIGINT: Ctrl-C.
    Interrupt = 2,
    /// SIGTERM: what supervisors send.
    Terminate = 15,
    /// SIGKILL.
    Kill = 9,
}

impl Signal {
    fn named(self) -> Posix {
        match self {
            Signal::Interrupt => Posix::INT,
            Signal::Terminate => Posix::TERM,
            Signal::Kill => Posix::KILL,
        }
    }
}

/// How a process ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// Standard output and error, in the order they came.
    pub(crate) said: String,
}

impl Process {
    /// Starts a command. It gets nothing on its standard input.
    pub(crate) fn start(name: &str, command: Command) -> Outcome<Process> {
        Process::start_with_input(name, command, None)
    }

    /// Starts a command with this on its standard input.
    pub(crate) fn start_with_input(
        name: &str,
        mut command: Command,
        input: Option<&str>,
    ) -> Outcome<Process> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child =
            command.spawn().map_err(|fault| Failure::new(format!("{name} does not start: {fault}")))?;
        let said = Arc::new(Mutex::new(String::new()));
        let mut listeners = Vec::new();
        listeners.extend(child.stdout.take().map(|stream| listen(stream, &said)));
        listeners.extend(child.stderr.take().map(|stream| listen(stream, &said)));
        let input = input.zip(child.stdin.take());
        // Owned by now: whatever fails from here on, the child is killed.
        let process = Process { name: name.to_owned(), child, said, listeners };
        if let Some((text, mut stream)) = input {
            std::io::Write::write_all(&mut stream, text.as_bytes())
                .map_err(|fault| process.failure(&format!("reads no input: {fault}")))?;
        }
        Ok(process)
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended yet.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Everything it has said so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it has said this.
    pub(crate) async fn says(&mut self, text: &str) -> Outcome {
        let what = format!("`{text}`");
        let heard = until(&what, async || {
            let is_over = !self.is_running();
            if is_over {
                self.hear_out();
            }
            match self.said().contains(text) {
                true => Some(true),
                false => is_over.then_some(false),
            }
        });
        match heard.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.failure(&format!("ended without `{text}`"))),
            Err(fault) => Err(self.failure(&fault.to_string())),
        }
    }

    /// Waits until it ends by itself.
    pub(crate) async fn ends(&mut self) -> Outcome<Ended> {
        let ended = until("its end", async || self.child.try_wait().ok().flatten()).await;
        let status = ended.map_err(|fault| self.failure(&fault.to_string()))?;
        self.hear_out();
        Ok(Ended { status, said: self.said() })
    }

    /// `kill -9`: it gets no chance to write anything more. Nothing happens to a process that has ended.
    pub(crate) fn kill(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.hear_out();
    }

    /// Sends SIGTERM or SIGINT, once the program is ready to take it.
    pub(crate) async fn signal(&self, signal: Signal) -> Outcome {
        let caught = until("a handler for the signal", async || self.catches(signal).then_some(()));
        caught.await.map_err(|fault| self.failure(&fault.to_string()))?;
        send(self.child.id(), signal)
            .map_err(|fault| self.failure(&format!("does not take {signal:?}: {fault}")))
    }

    /// Asks it to end, if it still runs.
    pub(crate) fn ask_to_end(&mut self) {
        if self.is_running() {
            // It may end in between; then there is nobody to ask.
            let _ = send(self.child.id(), Signal::Terminate);
        }
    }

    /// Linux tells which signals a process catches; elsewhere it is believed to.
    fn catches(&self, signal: Signal) -> bool {
        let Ok(status) = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())) else {
            return true;
        };
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
        mask >> (signal as u8 - 1) & 1 == 1
    }

    /// A failure that shows what the process said.
    pub(crate) fn failure(&self, what: &str) -> Failure {
        Failure::new(format!("{} (process {}) {what}; it said:\n{}", self.name, self.child.id(), self.said()))
    }

    /// Reads to the end what an ended process has said.
    fn hear_out(&mut self) {
        for listener in self.listeners.drain(..) {
            // A listener that panicked is told by its own message.
            let _ = listener.join();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        // Captured by the test harness, shown when the test fails.
        println!("--- {} (process {}) said:\n{}", self.name, self.child.id(), self.said());
    }
}

/// Sends a signal to a process that was started here, or by a process that was.
pub(crate) fn send(id: u32, signal: Signal) -> Outcome {
    let id = i32::try_from(id).ok().and_then(Pid::from_raw);
    kill_process(id.ok_or_else(|| Failure::new("no process id"))?, signal.named())?;
    Ok(())
}

fn listen(mut stream: impl Read + Send + 'static, said: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..count]);
            said.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
        }
    })
}
