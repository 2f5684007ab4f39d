//! The `mcp-server` binary: a command or serving, settings from the environment, logs, signals.

use std::{
    error::Error,
    fmt::Display,
    io,
    net::{SocketAddr, TcpListener},
    process::ExitCode,
};

use actix_web::dev::ServerHandle;
use clap::Parser;
use mcp_server::{App, Settings, cli::Command, serve, serve_metrics};
use shared::{clock::Clock, env::Env};

/// Half of what an answer of rmcp costs is allocation.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The MCP resource server. Without a command it serves; its settings come from the environment and a `.env` file.
#[derive(Parser)]
#[command(name = "mcp-server", version, after_help = SETTINGS)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

const SETTINGS: &str = "\
Settings (environment):
  LISTEN                 where to listen                         127.0.0.1:8000
  RESOURCE               the URL clients use for this server     http://localhost:8000/mcp
  ISSUER                 the authorization server                http://localhost:9000
  ISSUER_FETCH_URL       where the issuer is reached             the issuer
  DATABASE_URL           sqlite:PATH or postgres://…             sqlite:data/mcp-server.db
  DATABASE_CONNECTIONS   readers and writers                     3, on PostgreSQL 8
  DATABASE_WAIT          seconds a start waits for it            30
  STATIC_TOKENS          on: a token in a URL opens /sse, /mcp   off
  MIXED_MODE             on: lists, handshake without a token    off
  CHALLENGE_STYLE        auto, http or result                    auto
  ALLOWED_ORIGINS        browser origins, space-separated        none besides our own
  OPENAI_APPS_CHALLENGE  text OpenAI looks for                   none
  JWKS_MAX_AGE           seconds                                 300
  RATE_LIMITS            off: nobody has to wait                 on
  TRUSTED_PROXIES        networks, private, or a number of hops  none
  WORKERS                threads                                 one a core
  METRICS_LISTEN         where the metrics are shown             nowhere
  LOG, LOG_FORMAT        filter; text or json                    info, text
  OTEL_EXPORTER_OTLP_ENDPOINT  where traces are sent             none";

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
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

fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let settings = Settings::from_env(&Env::from_process())?;
    let telemetry = match arguments.command {
        Some(_) => settings.logs.start(),
        None => settings.logs.start_with_traces("mcp-server")?,
    };
    actix_web::rt::System::new().block_on(async move {
        match arguments.command {
            Some(command) => command.run(settings).await,
            None => {
                let served = listen_and_serve(settings).await;
                telemetry.end().await;
                served
            }
        }
    })
}

async fn listen_and_serve(settings: Settings) -> Result<(), Box<dyn Error>> {
    let (listen, resource) = (settings.listen, settings.resource.as_str().to_owned());
    // Bound first: a second server on the same port must not touch the database.
    let listener = bind(listen)?;
    let metrics = settings.metrics_listen.map(bind).transpose()?;
    let app = App::open(settings, Clock::system()).await?;
    if let Some(listener) = metrics {
        actix_web::rt::spawn(serve_metrics(app.clone(), listener)?);
    }
    let server = serve(app.clone(), listener)?;
    stop_on_signal(app, server.handle())?;
    tracing::info!(%listen, resource, "serving");
    Ok(server.await?)
}

fn bind(listen: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(listen).map_err(|error| format!("cannot listen on {listen}: {error}"))
}

/// Lets open requests finish on Ctrl-C and SIGTERM.
fn stop_on_signal(app: App, handle: ServerHandle) -> io::Result<()> {
    use actix_web::rt::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    actix_web::rt::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping");
        app.end_streams();
        handle.stop(true).await;
    });
    Ok(())
}
