//! The `mcp-server` binary: settings from the environment, logs, signals.

use std::{error::Error, fmt::Display, net::TcpListener, process::ExitCode};

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
        let app = App::open(settings, Clock::system()).await?;
        let listener =
            TcpListener::bind(listen).map_err(|error| format!("cannot listen on {listen}: {error}"))?;
        tracing::info!(%listen, resource, "serving");
        let server = serve(app, listener)?;
        let handle = server.handle();
        actix_web::rt::spawn(async move {
            stop_signal().await;
            tracing::info!("stopping");
            handle.stop(true).await;
        });
        Ok(server.await?)
    })
}

/// Ends when the process is asked to stop.
async fn stop_signal() {
    use actix_web::rt::signal;
    #[cfg(unix)]
    if let Ok(mut terminate) = signal::unix::signal(signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = signal::ctrl_c() => {}
        }
        return;
    }
    // Without signals the process is ended from outside.
    if signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
