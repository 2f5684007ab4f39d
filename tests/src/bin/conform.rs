//! `conform URL`: the seven steps against any MCP server, as ChatGPT or as other clients.

#[path = "conform/arguments.rs"]
mod arguments;
#[path = "conform/screen.rs"]
mod screen;

use std::{
    io::{self, Read, Write},
    process::ExitCode,
    sync::Arc,
};

use clap::Parser;
use conformance::{
    agent::Agent,
    browser::{self, Listener},
    cast::Casting,
    checks,
    host::Host,
    human::{Credentials, Human},
    matrix::{Matrix, Row, run_all},
    persona::Persona,
};

use self::{arguments::Arguments, screen::Screen};

/// What a run may end with beside a verdict.
type Fault = Box<dyn std::error::Error>;

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
async fn conform(arguments: &Arguments) -> Result<bool, Fault> {
    if arguments.list_personas {
        for (name, title) in Persona::list() {
            writeln!(io::stdout(), "{name:<18} {title}")?;
        }
        return Ok(true);
    }
    if arguments.list_checks {
        writeln!(io::stdout(), "{}", checks::markdown())?;
        return Ok(true);
    }
    if arguments.write_documents.is_some() {
        return write_documents(arguments);
    }
    let (agents, _host) = agents(arguments).await?;
    let mut screen = Screen::new(arguments.json || agents.len() > 1);
    if let ([agent], true) = (agents.as_slice(), arguments.checks) {
        let checked = checks::run(arguments.url(), agent, &mut screen).await?;
        match arguments.json {
            true => writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&checked)?)?,
            false => writeln!(io::stdout(), "{}", checked.count())?,
        }
        return Ok(checked.is_sound());
    }
    let matrix = run_all(arguments.url(), &agents, &mut screen).await?;
    match matrix.clients.as_slice() {
        [only] => tell(only, arguments)?,
        _ => tell_all(&matrix, arguments.json)?,
    }
    Ok(matrix.all_get_in())
}

/// Told as ever when nobody was named, and else with the name.
fn tell(row: &Row, arguments: &Arguments) -> Result<(), Fault> {
    let (mut out, report) = (io::stdout().lock(), &row.report);
    let is_named = !arguments.personas.is_empty();
    if arguments.json && is_named {
        writeln!(out, "{}", serde_json::to_string_pretty(row)?)?;
    } else if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(report)?)?;
    } else if let Some(why) = &report.skipped {
        writeln!(out, "skipped: {why}")?;
    } else {
        let held = (1..=7).filter(|number| report.held(*number) == Some(true)).count();
        let verdict = if report.conformant { "conformant" } else { "not conformant" };
        let name = if is_named { format!(", as {}", row.title) } else { String::new() };
        writeln!(out, "{verdict}: {held} of 7 steps hold for {}{name}", report.target)?;
    }
    Ok(())
}

fn tell_all(matrix: &Matrix, is_json: bool) -> Result<(), Fault> {
    let mut out = io::stdout().lock();
    if is_json {
        writeln!(out, "{}", serde_json::to_string_pretty(matrix)?)?;
    } else {
        writeln!(out, "{}{}", matrix.markdown(), matrix.remarks())?;
    }
    Ok(())
}

/// Writes what the personas publish, and tells what to do with it.
fn write_documents(arguments: &Arguments) -> Result<bool, Fault> {
    let Some(folder) = &arguments.write_documents else { return Ok(true) };
    let casting = arguments.casting();
    let written = casting.personas(None).and_then(|personas| casting.write(&personas, folder));
    written.map_err(|fault| fault.to_string())?;
    let base = arguments.documents.as_deref().unwrap_or_default();
    writeln!(
        io::stdout(),
        "Publish what is in {} under {base}, then say the same without --write-documents.\n\
         The key stays in {}: keep it there, and publish it nowhere.",
        folder.display(),
        arguments.authority().display(),
    )?;
    Ok(true)
}

/// Everybody who is to be played, and the host of their documents, which serves for as long as it is kept.
async fn agents(arguments: &Arguments) -> Result<(Vec<Agent>, Option<Host>), Fault> {
    let Some(email) = &arguments.user else {
        return at_browser(arguments).await;
    };
    let credentials = Credentials { email: email.clone(), password: password()? };
    if arguments.personas.is_empty() {
        let mut persona = Persona::chatgpt();
        if !arguments.redirect_uris.is_empty() {
            persona.redirect_uris.clone_from(&arguments.redirect_uris);
        }
        return Ok((vec![Agent::new(persona, Human::Played(credentials))?], None));
    }
    let casting = arguments.casting();
    let personas = casting.personas(None).map_err(|fault| fault.to_string())?;
    played(&casting, personas, Human::Played(credentials)).await
}

/// One client, by way of this machine's browser.
async fn at_browser(arguments: &Arguments) -> Result<(Vec<Agent>, Option<Host>), Fault> {
    let listener = Arc::new(Listener::bind().await?);
    let (port, redirect_uri) = (listener.port(), listener.redirect_uri());
    let human = Human::AtBrowser { listener, announce: Arc::new(announce) };
    if arguments.personas.is_empty() {
        return Ok((vec![Agent::new(Persona::on_this_machine(redirect_uri), human)?], None));
    }
    let casting = arguments.casting();
    let mut personas = casting.personas(Some(port)).map_err(|fault| fault.to_string())?;
    if personas.len() > 1 {
        return Err("a person signs in for one client at a time: name one --persona, or a --user".into());
    }
    for persona in &mut personas {
        // Nobody of this machine answers at the address of somebody else.
        if !persona.listens_at(port) {
            *persona = persona.clone().called_back_at(redirect_uri.clone());
        }
    }
    played(&casting, personas, human).await
}

async fn played(
    casting: &Casting,
    personas: Vec<Persona>,
    human: Human,
) -> Result<(Vec<Agent>, Option<Host>), Fault> {
    let agent = Agent::new(Persona::chatgpt(), human)?;
    let home = casting.home(&personas).await.map_err(|fault| fault.to_string())?;
    let (agent, host) = match home {
        Some((home, host)) => (agent.at_home(home)?, host),
        None => (agent, None),
    };
    Ok((personas.into_iter().map(|persona| agent.playing(persona)).collect(), host))
}

/// The password on standard input.
fn password() -> Result<String, Fault> {
    let mut password = String::new();
    io::stdin().read_to_string(&mut password)?;
    match password.trim_end_matches(['\r', '\n']) {
        "" => Err("standard input holds no password".into()),
        password => Ok(password.to_owned()),
    }
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
