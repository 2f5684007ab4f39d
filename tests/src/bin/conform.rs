//! `conform URL`: the seven steps of ChatGPT's flow against any MCP server, a line a step.

use std::{
    io::{self, IsTerminal, Read, Write},
    process::ExitCode,
    sync::Arc,
};

use clap::Parser;
use conformance::{
    agent::Agent,
    browser::{self, Listener},
    human::{Credentials, Human},
    persona::Persona,
    report::StepReport,
    run::{Watch, run},
};

/// Checks that an MCP server works with ChatGPT: discovery, registration, sign-in, tokens and tools.
///
/// Exit code 0: all seven steps hold. 1: one does not. 2: the command line is wrong.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
struct Arguments {
    /// URL of the MCP endpoint, as a user types it, for example `https://mcp.example.com/mcp`
    url: String,
    /// Sign in as this user, on the server's own page; the password comes from standard input
    #[arg(long, value_name = "EMAIL", requires = "password_stdin", conflicts_with = "browser")]
    user: Option<String>,
    /// Read the password from standard input
    #[arg(long, requires = "user")]
    password_stdin: bool,
    /// Sign in with this machine's browser (what happens anyway without --user)
    #[arg(long)]
    browser: bool,
    /// Print one JSON report instead of lines
    #[arg(long)]
    json: bool,
    /// Register this redirect URI instead of ChatGPT's; may be repeated, the first one is used
    #[arg(long = "redirect-uri", value_name = "URI", requires = "user")]
    redirect_uris: Vec<String>,
}

const EXAMPLES: &str = "Examples:
  conform http://localhost:8000/mcp
  conform https://mcp.example.com/mcp --user me@example.com --password-stdin < password.txt
  conform https://mcp.example.com/mcp --json > report.json";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match conform(&arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            // A closed standard error leaves nobody to tell.
            let _ = writeln!(io::stderr(), "conform: {fault}");
            ExitCode::from(2)
        }
    }
}

/// Whether the server is conformant.
async fn conform(arguments: &Arguments) -> Result<bool, Box<dyn std::error::Error>> {
    let agent = agent(arguments).await?;
    let mut screen = Screen { is_quiet: arguments.json, is_live: io::stderr().is_terminal() };
    let report = run(&arguments.url, &agent, &mut screen).await?;
    let mut out = io::stdout().lock();
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        let passed = report.steps.iter().filter(|step| step.passed).count();
        let verdict = if report.conformant { "conformant" } else { "not conformant" };
        writeln!(out, "{verdict}: {passed} of 7 steps hold for {}", report.target)?;
    }
    Ok(report.conformant)
}

async fn agent(arguments: &Arguments) -> Result<Agent, Box<dyn std::error::Error>> {
    let Some(email) = &arguments.user else {
        let listener = Arc::new(Listener::bind().await?);
        let persona = Persona::on_this_machine(listener.redirect_uri());
        let announce = Arc::new(announce);
        return Ok(Agent::new(persona, Human::AtBrowser { listener, announce })?);
    };
    let mut password = String::new();
    io::stdin().read_to_string(&mut password)?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        return Err("standard input holds no password".into());
    }
    let mut persona = Persona::chatgpt();
    if !arguments.redirect_uris.is_empty() {
        persona.redirect_uris.clone_from(&arguments.redirect_uris);
    }
    Ok(Agent::new(persona, Human::Played(Credentials { email: email.clone(), password }))?)
}

/// Opens the page, and tells which. On standard error, so that `--json` stays one document.
fn announce(address: &str) {
    browser::open(address);
    let mut err = io::stderr().lock();
    // Should the page not open and this not print, the run ends by its own time limit.
    let _ = writeln!(
        err,
        "\r\x1b[KSign in and allow in the browser. If none opened, open this page:\n\n{address}\n"
    );
}

/// Prints each step as soon as it is known.
struct Screen {
    is_quiet: bool,
    is_live: bool,
}

impl Watch for Screen {
    fn begun(&mut self, number: u8, name: &'static str) {
        if self.is_live {
            let mut err = io::stderr().lock();
            // A failed write of progress changes no result.
            let _ = write!(err, "\r\x1b[K …   {number} {name}");
            let _ = err.flush();
        }
    }

    fn ended(&mut self, step: &StepReport) {
        if self.is_live {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
        if !self.is_quiet {
            let mut out = io::stdout().lock();
            // The exit code tells the outcome even when nobody reads the lines.
            let _ = writeln!(out, "{}", step.text());
            let _ = out.flush();
        }
    }
}
