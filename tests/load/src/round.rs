//! A round: so many callers, each asking again as soon as it is answered, for so long.

use std::time::{Duration, Instant};

use conformance::failure::{Failure, Outcome};
use hdrhistogram::Histogram;
use tokio::task::LocalSet;

use crate::{cpu, wire::Connection};

/// Longer than anything may take, in nanoseconds.
const LONGEST: u64 = 60_000_000_000;

/// Somebody who asks: one operation at a time, on a connection of its own.
pub trait Caller: 'static {
    /// Does one operation. False when there is nothing left to do.
    fn turn(&mut self, connection: &mut Connection) -> impl Future<Output = Outcome<bool>>;
}

/// What came of a round.
pub struct Round {
    /// Operations.
    pub count: u64,
    /// How long it took.
    pub took: Duration,
    /// Time of the server on its core.
    pub cpu: Duration,
    /// How long each operation took, in nanoseconds.
    pub latencies: Histogram<u64>,
}

impl Round {
    /// Operations a second.
    pub fn rate(&self) -> f64 {
        self.count as f64 / self.took.as_secs_f64()
    }

    /// Microseconds of the server's core an operation.
    pub fn cost(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.count as f64
    }

    /// The latency that this share of the operations stayed below, in microseconds.
    pub fn percentile(&self, share: f64) -> f64 {
        self.latencies.value_at_quantile(share) as f64 / 1e3
    }
}

/// A server under load: its process, and where it listens.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its process.
    pub process: u32,
    /// Its port.
    pub port: u16,
}

/// Lets the callers ask until the time is up, or they have nothing left to ask.
///
/// # Errors
/// One of them was not answered as it must be, or none of them had anything to ask.
pub async fn run<C: Caller>(target: Target, callers: &mut Vec<C>, span: Duration) -> Outcome<Round> {
    let mut connections = Vec::new();
    for _ in 0..callers.len() {
        connections.push(Connection::open(target.port).await?);
    }
    let local = LocalSet::new();
    // A core that sleeps is woken by an interrupt, which costs the server that answers it as much as an answer does.
    let restless = local.spawn_local(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
    let (cpu, begun) = (cpu::time_of(target.process)?, Instant::now());
    let end = begun + span;
    let asking = callers
        .drain(..)
        .zip(connections)
        .map(|(caller, connection)| local.spawn_local(ask(caller, connection, end)));
    let asking: Vec<_> = asking.collect();
    let done = local
        .run_until(async {
            let mut done = Vec::new();
            for asked in asking {
                done.push(asked.await??);
            }
            restless.abort();
            Outcome::Ok(done)
        })
        .await?;
    let (took, cpu) = (begun.elapsed(), cpu::time_of(target.process)? - cpu);
    let mut latencies = histogram()?;
    for (caller, own) in done {
        latencies.add(&own)?;
        callers.push(caller);
    }
    if latencies.is_empty() {
        return Err(Failure::new("nothing was asked in this round"));
    }
    Ok(Round { count: latencies.len(), took, cpu, latencies })
}

async fn ask<C: Caller>(
    mut caller: C,
    mut connection: Connection,
    end: Instant,
) -> Outcome<(C, Histogram<u64>)> {
    let mut latencies = histogram()?;
    loop {
        let begun = Instant::now();
        if begun >= end || !caller.turn(&mut connection).await? {
            return Ok((caller, latencies));
        }
        let took = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(LONGEST);
        latencies.saturating_record(took);
    }
}

fn histogram() -> Outcome<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, LONGEST, 3)?)
}
