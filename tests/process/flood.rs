//! A flood of registrations leaves the database as large as it was, and the server answering.
//!
//! `REGISTRATIONS=100000 cargo test -p conformance --test process flood -- --nocapture` is the whole of it, with numbers.

use std::{fs, path::Path, time::Instant};

use conformance::failure::{Failure, Outcome};
use tokio::task::JoinSet;

use crate::harness::Deployment;

const USUAL: usize = 3_000;
const CLIENTS: usize = 16;

/// How many registrations are sent.
fn registrations() -> usize {
    std::env::var("REGISTRATIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(USUAL)
}

/// The database and what SQLite keeps beside it, in bytes.
fn stored(folder: &Path) -> Outcome<u64> {
    let mut size = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("auth-server.db") {
            size += entry.metadata()?.len();
        }
    }
    Ok(size)
}

/// Resident memory in KiB, where the system tells.
fn resident(id: u32) -> Option<u64> {
    memory(id, "VmRSS:")
}

/// The most there ever was of it.
pub(crate) fn peak(id: u32) -> Option<u64> {
    memory(id, "VmHWM:")
}

fn memory(id: u32, which: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(which))?;
    line.trim().trim_end_matches(" kB").trim().parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_registrations_leaves_nothing_behind() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    // A line a registration would be all there is to read of a failure.
    deployment.auth.keep_in_files().set("LOG", "info,auth_server::flow::register=warn");
    deployment.auth.start().await?;
    deployment.add_user().await?;
    let mut first = deployment.actor().await?;
    first.sign_in().await?;
    let id = deployment.auth.process()?.id();
    let (size, memory, start) = (stored(deployment.folder())?, resident(id), Instant::now());
    let mut flood = JoinSet::new();
    for _ in 0..CLIENTS {
        let mut actor = first.clone();
        flood.spawn(async move {
            for _ in 0..registrations().div_ceil(CLIENTS) {
                actor.register().await?;
            }
            Ok::<_, Failure>(actor)
        });
    }
    let actors = flood.join_all().await.into_iter().collect::<Outcome<Vec<_>>>()?;
    let (seconds, after) = (start.elapsed().as_secs_f64(), stored(deployment.folder())?);
    println!(
        "{} registrations in {seconds:.1} s; {size} bytes stored before, {after} after; \
         {memory:?} KiB resident before, {:?} after",
        registrations(),
        resident(id),
    );
    assert_eq!(size, after, "registrations were stored");
    // Everybody who registered can be let in: the first, and the last of each.
    for mut actor in [first].into_iter().chain(actors.into_iter().take(2)) {
        actor.fresh().sign_in().await?;
    }
    Ok(())
}
