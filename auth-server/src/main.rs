//! `auth-server`: without arguments it serves.

use std::{
    net::{SocketAddr, TcpListener},
    process::ExitCode,
};

use auth_server::{
    App, Settings,
    cli::Command,
    flow::{links, sweep},
    serve, serve_metrics,
};
use clap::Parser;
use shared::{clock::Clock, env::Env};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// An OAuth 2.1 authorization server made for MCP. Without a command it serves; README.md lists its settings.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[actix_web::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("auth-server: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let env = Env::from_process();
    if let Some(Command::Doctor(doctor)) = arguments.command {
        // Whatever keeps the server from starting is what it is for.
        return doctor.run(&env).await;
    }
    if let Some(Command::Health(health)) = arguments.command {
        return health.run(&env).await;
    }
    if let Some(Command::Secrets(secrets)) = &arguments.command
        && secrets.run_alone()?
    {
        return Ok(());
    }
    if let Some(Command::Database(database)) = &arguments.command {
        // The databases are those it is told.
        return database.run(&env);
    }
    let settings = Settings::from_env(&env)?;
    let telemetry = match arguments.command {
        Some(_) => settings.logs.start(),
        None => settings.logs.start_with_traces("auth-server")?,
    };
    let (listen, issuer) = (settings.listen, settings.issuer.as_str().to_owned());
    let metrics_listen = settings.metrics_listen;
    match arguments.command {
        Some(command) => command.run(App::open(settings, Clock::system()).await?).await,
        None => {
            // Bound first: a second server on the same port must not touch the database.
            let listener = bind(listen)?;
            let metrics = metrics_listen.map(bind).transpose()?;
            let app = App::open(settings, Clock::system()).await?;
            if let Some(listener) = metrics {
                actix_web::rt::spawn(serve_metrics(app.clone(), listener)?);
            }
            let server = serve(app.clone(), listener)?;
            stop_on_signal(server.handle())?;
            greet(&app).await?;
            actix_web::rt::spawn(sweep::keep_sweeping(app));
            tracing::info!(%listen, issuer, "serving");
            server.await?;
            tracing::info!("stopped");
            telemetry.end().await;
            Ok(())
        }
    }
}

fn bind(listen: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(listen).map_err(|fault| format!("cannot listen on {listen}: {fault}"))
}

/// While nobody can sign in, says how somebody can. Not by the log, which others read and keep.
async fn greet(app: &App) -> Result<(), Box<dyn std::error::Error>> {
    if let Some(link) = links::set_up(app).await? {
        eprintln!(
            "\nThere is no account yet. Open this link to make the first one; it is good once, for a day:\n\n  {link}\n"
        );
    }
    Ok(())
}

/// Lets open requests finish on Ctrl-C and SIGTERM.
fn stop_on_signal(handle: actix_web::dev::ServerHandle) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    actix_web::rt::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        handle.stop(true).await;
    });
    Ok(())
}
