//! What more rows, more memory and another start cost.

use std::{path::Path, time::Duration};

use conformance::{
    actor::Actor,
    failure::{Failure, Outcome},
};
use tokio::task::LocalSet;

use crate::{
    callers::Counted,
    cpu,
    measure::Plan,
    round,
    scenarios::Scenarios,
    server::Server,
    stage::{ALIVE, Stage},
};

/// Asked for at a start: it is the first thing a client wants.
const METADATA: &str = "/.well-known/oauth-authorization-server";
/// So many starts, of which the middle one counts.
const STARTS: usize = 9;
/// Long enough for a server that has nothing to do.
const REST: Duration = Duration::from_secs(1);
/// So often somebody who is sent away comes back.
const TRIES: usize = 60;

/// What a refresh takes of the core with so many grants stored, in RSA signatures: a processor changes its pace.
///
/// # Errors
/// A caller was not answered as it must be.
pub async fn cost_of_refresh(
    plan: Plan,
    (stage, scenarios): (&Stage, &Scenarios<'_>),
    grants: i64,
) -> Outcome<f64> {
    let (target, mut callers) = (stage.auth.target()?, scenarios.refreshing(grants, plan.callers).await?);
    let measured = plan.beside_signatures("refresh", target, &mut callers).await?;
    Ok(1.0 / measured.share_of_core())
}

/// How many rows come of a thousand refreshes of one grant.
///
/// # Errors
/// As above.
pub async fn rows_of_refreshes((stage, scenarios): (&Stage, &Scenarios<'_>)) -> Outcome<f64> {
    let own = scenarios.refreshing(1, 1).await?;
    let before = stage.rows().await?;
    let mut callers = own.into_iter().map(|caller| Counted { caller, left: 1000 }).collect();
    let round = round::run(stage.auth.target()?, &mut callers, Duration::from_secs(600)).await?;
    match round.count {
        1000 => Ok((stage.rows().await? - before) as f64),
        other => Err(Failure::new(format!("{other} refreshes in place of 1000"))),
    }
}

/// Milliseconds until the first answer of an auth-server that was there before.
///
/// # Errors
/// It does not start.
pub async fn start(server: &mut Server) -> Outcome<f64> {
    let mut took = Vec::new();
    for _ in 0..STARTS {
        server.stop()?;
        took.push(server.start(METADATA).await?.as_secs_f64() * 1e3);
    }
    middle(took)
}

/// Milliseconds until the first answer of one that was never there before.
///
/// # Errors
/// It does not start.
pub async fn first_start(plan: Plan, programs: &Path) -> Outcome<f64> {
    let mut took = Vec::new();
    for _ in 0..STARTS {
        let mut stage = Stage::prepare(programs, plan.cores, None)?;
        took.push(stage.auth.start(METADATA).await?.as_secs_f64() * 1e3);
    }
    middle(took)
}

/// MiB of both servers when nobody asks: auth-server, mcp-server.
///
/// # Errors
/// One of them does not start.
pub async fn idle_memory(plan: Plan, programs: &Path) -> Outcome<(f64, f64)> {
    let mut stage = Stage::prepare(programs, plan.cores, None)?;
    stage.auth.start(METADATA).await?;
    stage.mcp.start(ALIVE).await?;
    tokio::time::sleep(REST).await;
    Ok((memory(&stage.auth)?, memory(&stage.mcp)?))
}

/// MiB of the auth-server after 10,000 and after 1,000,000 registrations.
///
/// # Errors
/// A registration was refused.
pub async fn memory_of_registrations(
    plan: Plan,
    (stage, scenarios): (&Stage, &Scenarios<'_>),
) -> Outcome<(f64, f64)> {
    let after = async |count: u64| {
        let share = count / u64::try_from(plan.callers)?;
        let caller = Counted { caller: scenarios.registration(), left: share };
        round::run(stage.auth.target()?, &mut vec![caller; plan.callers], Duration::from_secs(3600)).await?;
        memory(&stage.auth)
    };
    Ok((after(10_000).await?, after(990_000).await?))
}

/// MiB of the auth-server after a hundred people have signed in at once, and a minute of 64 callers.
///
/// # Errors
/// Somebody could not sign in.
pub async fn memory_after_storm((stage, scenarios): (&Stage, &Scenarios<'_>)) -> Outcome<f64> {
    let local = LocalSet::new();
    local
        .run_until(async {
            let strangers = (0..100).map(|_| stage.stranger());
            let signing = strangers.map(|stranger| {
                let mut actor = stranger?;
                actor.client = scenarios.client();
                Outcome::Ok(tokio::task::spawn_local(insist(actor)))
            });
            for signed_in in signing.collect::<Outcome<Vec<_>>>()? {
                signed_in.await??;
            }
            Outcome::Ok(())
        })
        .await?;
    let mut callers = scenarios.refreshing(1000, 64).await?;
    round::run(stage.auth.target()?, &mut callers, Duration::from_secs(60)).await?;
    memory(&stage.auth)
}

/// Signs in. The server lets so many wait for their turn, and asks others to come back in a moment.
async fn insist(mut actor: Actor) -> Outcome {
    for _ in 0..TRIES {
        match actor.approve().await {
            Err(fault) if fault.to_string().contains("503 came") => tokio::time::sleep(REST).await,
            signed_in => return signed_in.map(drop),
        }
    }
    Err(Failure::new(format!("somebody was sent away {TRIES} times")))
}

fn memory(server: &Server) -> Outcome<f64> {
    cpu::memory_of(server.target()?.process)
}

fn middle(mut figures: Vec<f64>) -> Outcome<f64> {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().ok_or_else(|| Failure::new("nothing was measured"))
}
