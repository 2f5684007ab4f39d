//! Two auth-servers and two mcp-servers on one PostgreSQL: each is killed under load, and so is the database, twice.
//!
//! | module | what it is |
//! |---|---|
//! | [`stage`] | what runs, and what is done to it |
//! | [`balancer`] | what stands in front of two replicas |
//! | [`client`] | who uses them, and remembers what was acknowledged |
//! | [`journal`] | which error is explained by what was done at that moment |
//! | [`audit`] | what was acknowledged against what is there |

mod audit;
mod balancer;
mod client;
mod journal;
mod stage;

use std::{sync::Arc, time::Instant};

use conformance::failure::Outcome;
use tokio::task::JoinSet;

use self::{
    client::Client,
    journal::Journal,
    stage::{Kind, Stage},
};
use crate::database::Cluster;

const PEOPLE: usize = 4;
const CLIENTS: usize = 2 * PEOPLE;
/// How many requests must be answered between two troubles, and while one server is away.
const ENOUGH: usize = 50 * CLIENTS;

/// Every server in turn, then the database; and all of it once more.
async fn troubles(stage: &mut Stage, journal: &Arc<Journal>) -> Outcome {
    for mode in ["fast", "immediate"] {
        for server in [(Kind::Auth, 0), (Kind::Mcp, 0), (Kind::Auth, 1), (Kind::Mcp, 1)] {
            journal.more(&journal.answered, ENOUGH).await?;
            stage.crash(server, journal).await?;
        }
        journal.more(&journal.answered, ENOUGH).await?;
        stage.restart(mode, journal).await?;
    }
    journal.more(&journal.answered, ENOUGH).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nobody_is_signed_out() -> Outcome {
    let Some(cluster) = Cluster::start().await? else { return Ok(()) };
    let mut stage = Stage::set(cluster).await?;
    let (begun, journal) = (Instant::now(), Arc::new(Journal::default()));
    let mut working = JoinSet::new();
    for number in 0..PEOPLE {
        let actor = stage.person(&format!("person-{number}@example.com")).await?;
        for _ in 0..CLIENTS / PEOPLE {
            let (mut client, journal) =
                (Client::new(actor.clone(), &journal, stage.token_at()), Arc::clone(&journal));
            working.spawn(async move {
                let worked = client.work().await;
                journal.finish();
                worked.map(|()| client)
            });
        }
    }
    let troubles = troubles(&mut stage, &journal).await;
    journal.finish();
    // Why a client failed says more than that one did.
    let mut clients = working.join_all().await.into_iter().collect::<Outcome<Vec<Client>>>()?;
    troubles?;
    println!("{} in {} s", audit::summary(&journal, &clients), begun.elapsed().as_secs());
    audit::go_on(&mut clients).await?;
    audit::compare(&stage.cluster, &mut clients).await
}
