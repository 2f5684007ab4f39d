//! What single functions cost, beside the least their work can cost: `cargo bench -p auth-server`.
//!
//! | module | what is measured |
//! |---|---|
//! | [`keys`] | seal, open, MAC; sign and read tokens |
//! | [`clients`] | register, find; which redirect URI is let through, and which verifier |
//! | [`store`] | redeem and rotate on a durable SQLite file, one by one and sixteen at a time |
//! | [`flows`] | authorize, exchange and refresh, as the token endpoint has them done |
//! | [`house`] | a server to ask, and sixteen who ask |
//!
//! What is called `limit` is the library alone, with a key that is ready: the rest is ours. Where sixteen ask, the time
//! is that of a round in which each of them is answered once; the throughput counts answers.

#![expect(clippy::unwrap_used, reason = "what cannot be measured ends the run")]

mod clients;
mod flows;
mod house;
mod keys;
mod store;

use std::time::Duration;

use criterion::Criterion;

/// As in the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let criterion = Criterion::default().without_plots();
    let criterion = criterion.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    let mut criterion = criterion.configure_from_args();
    for bench in [keys::bench, clients::bench, store::bench, flows::bench] {
        bench(&mut criterion);
    }
    criterion.final_summary();
}
