//! Master secrets in the rows: which secret seals how many, and sealing all of them with the first.

use crate::{
    app::App,
    audit::{Entry, Kind},
    flow::Failure,
    store::reseal::{Sealed, SealedRow},
};

/// How many rows are looked at in one step.
const STEP: i64 = 100;

/// The rows of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Which.
    pub kind: Sealed,
    /// How many each secret seals, the first one first.
    pub by_secret: Vec<usize>,
    /// How many no secret opens.
    pub unreadable: usize,
    /// How many were sealed with another secret before, and are with the first now.
    pub resealed: usize,
}

/// What to do with rows that another secret than the first seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Count,
    Reseal,
}

/// How many rows each secret seals. What counts is how they are now; nothing is changed.
///
/// # Errors
/// The database did not answer.
pub async fn count(app: &App) -> Result<Vec<Count>, Failure> {
    walk(app, Task::Count).await
}

/// Seals with the first secret whatever another one seals, row by row, while servers go on. It can be broken off, and run
/// again: what is done is left alone.
///
/// # Errors
/// The database did not do it.
pub async fn reseal(app: &App) -> Result<Vec<Count>, Failure> {
    let counts = walk(app, Task::Reseal).await?;
    let resealed = counts.iter().map(|count| count.resealed).sum();
    app.audit.note(Entry::of(Kind::SecretsResealed).count(resealed));
    Ok(counts)
}

async fn walk(app: &App, task: Task) -> Result<Vec<Count>, Failure> {
    let mut counts = Vec::new();
    for kind in Sealed::ALL {
        let by_secret = vec![0; app.secrets.numbers().len()];
        let mut count = Count { kind, by_secret, unreadable: 0, resealed: 0 };
        let mut after = String::new();
        loop {
            let rows = app.store.sealed_rows(kind, after, STEP).await?;
            let Some(last) = rows.last() else { break };
            after = last.id.clone();
            for row in rows {
                take(app, task, row, &mut count).await?;
            }
        }
        counts.push(count);
    }
    Ok(counts)
}

async fn take(app: &App, task: Task, row: SealedRow, count: &mut Count) -> Result<(), Failure> {
    let purpose = count.kind.purpose();
    let Some((place, message)) = app.secrets.open_with(purpose, &row.sealed) else {
        count.unreadable += 1;
        return Ok(());
    };
    if place == 0 || task == Task::Count {
        count.by_secret[place] += 1;
    } else if app.store.replace_sealed(count.kind, row, app.secrets.seal(purpose, &message)).await? {
        count.by_secret[0] += 1;
        count.resealed += 1;
    }
    // Else it was used up meanwhile.
    Ok(())
}
