//! The `mcp-server` binary: settings from the environment, logs, signals.

use std::{error::Error, fmt::Display, io, net::TcpListener, process::ExitCode};

use actix_web::dev::ServerHandle;
use clap::Parser;
use mcp_server::{App, Settings, serve};
use shared::{clock::Clock, env::Env};

/// Half of what an answer of rmcp costs is allocation.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The MCP resource server. Without arguments it serves; its settings come from the environment and a `.env` file.
#[derive(Parser)]
#[command(name = "mcp-server", version, after_help = SETTINGS)]
struct Arguments {}

const SETTINGS: &str = "\
Settings (environment):
  LISTEN            where to listen                     127.0.0.1:8000
  RESOURCE          the URL clients use for this server http://localhost:8000/mcp
  ISSUER            the authorization server            http://localhost:9000
  ISSUER_FETCH_URL  where the issuer is reached         the issuer
  DATABASE_URL      sqlite:PATH or postgres://…         sqlite:data/mcp-server.db
  CHALLENGE_STYLE   auto, http or result                auto
  ALLOWED_ORIGINS   browser origins, space-separated    none besides our own
  JWKS_MAX_AGE      seconds                             300
  WORKERS           threads                             one a core
  LOG, LOG_FORMAT   filter; text or json                info, text";

fn main() -> ExitCode {
    Arguments::parse();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn complain(error: &dyn Display) {
    eprintln!("mcp-server: {error}");
}

fn run() -> Result<(), Box<dyn Error>> {
    let settings = Settings::from_env(&Env::from_process())?;
    settings.logs.start();
    let (listen, resource) = (settings.listen, settings.resource.as_str().to_owned());
    actix_web::rt::System::new().block_on(async move {
        // Bound first: a second server on the same port must not touch the database.
        let listener =
            TcpListener::bind(listen).map_err(|error| format!("cannot listen on {listen}: {error}"))?;
        let server = serve(App::open(settings, Clock::system()).await?, listener)?;
        stop_on_signal(server.handle())?;
        tracing::info!(%listen, resource, "serving");
        Ok(server.await?)
    })
}

/// Lets open requests finish on Ctrl-C and SIGTERM.
fn stop_on_signal(handle: ServerHandle) -> io::Result<()> {
    use actix_web::rt::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    actix_web::rt::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
        handle.stop(true).await;
    });
    Ok(())
}
