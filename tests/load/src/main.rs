//! `cargo load`: what the servers can carry, beside what the machine could carry at most.
//!
//! The server has one core, the load another. Callers keep their connections and ask again as soon as they are answered.
//! Every figure is taken in turn with its limit, in one run.

mod bare;
mod callers;
mod ceiling;
mod cpu;
mod goals;
mod growth;
mod measure;
mod plot;
mod report;
mod request;
mod round;
mod run;
mod scenarios;
mod server;
mod signatures;
mod stage;
mod wire;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand, builder::PossibleValuesParser};
use conformance::{failure::Outcome, up::build};

use crate::{
    cpu::Cores,
    measure::Plan,
    run::{Extent, Run},
    scenarios::Scenarios,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures both servers of this workspace on this machine.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Measure everything the goals name, and fail where a figure is below its floor
    #[arg(long)]
    check: bool,
    /// Scenarios alone: no plots, nothing that grows
    #[arg(long, conflicts_with = "check")]
    scenarios: bool,
    /// Only this scenario, and nothing else; may be repeated
    #[arg(long, value_parser = PossibleValuesParser::new(Scenarios::NAMES), conflicts_with = "check")]
    only: Vec<String>,
    /// Rounds of each
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds of a round
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Callers at one time
    #[arg(long, default_value_t = 16)]
    callers: usize,
    /// A PostgreSQL for the auth-server, whose time is not counted
    #[arg(long)]
    postgres: Option<String>,
    /// Where the plots go (default: load-plots, beside the programs)
    #[arg(long)]
    plots: Option<PathBuf>,
    #[command(subcommand)]
    part: Option<Part>,
}

/// What this program does for itself, in a process of its own.
#[derive(Clone, Copy, Subcommand)]
enum Part {
    /// Answer the same bytes from memory
    #[command(hide = true)]
    Ceiling,
    /// Answer MCP without asking for a token
    #[command(hide = true)]
    Bare,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = match arguments.part {
        Some(Part::Ceiling) => ceiling::serve().await,
        Some(Part::Bare) => bare::serve().await,
        None => measure(arguments).await,
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("load: {fault}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(arguments: Arguments) -> Outcome {
    let programs = build::services("load").await?;
    let plan = Plan {
        cores: Cores::take()?,
        rounds: arguments.rounds,
        span: Duration::from_secs_f64(arguments.seconds),
        callers: arguments.callers,
    };
    let plots = arguments.plots.unwrap_or_else(|| programs.join("load-plots"));
    let Arguments { only, postgres, .. } = arguments;
    let extent = match (arguments.check, arguments.scenarios || !only.is_empty()) {
        (true, _) => Extent::Check,
        (false, true) => Extent::Scenarios,
        (false, false) => Extent::Plots,
    };
    Run { plan, only, extent, postgres, programs, plots }.run().await
}
