//! `cargo up`: both services on this machine, with SQLite in `./data` and a demo account.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;
use conformance::up::{Options, default_data, up};

/// Builds and starts the auth-server and the mcp-server, makes a demo account, and stops both on Ctrl-C.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Port of the auth-server
    #[arg(long, default_value_t = 9000)]
    auth_port: u16,
    /// Port of the mcp-server
    #[arg(long, default_value_t = 8000)]
    mcp_port: u16,
    /// Folder of both databases (default: data, beside the workspace's Cargo.toml)
    #[arg(long)]
    data: Option<PathBuf>,
    /// E-mail address of the demo account
    #[arg(long, default_value = "demo@example.com")]
    email: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Arguments { auth_port, mcp_port, data, email } = arguments;
    let data = data.unwrap_or_else(default_data);
    match up(&Options { auth_port, mcp_port, data, email }).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            // A closed standard error leaves nobody to tell.
            let _ = writeln!(io::stderr(), "up: {fault}");
            ExitCode::FAILURE
        }
    }
}
