//! Forgetting what nothing can come of any more: whatever could still succeed succeeds afterwards, and what is refused is
//! refused as before.

use std::time::Duration;

use shared::{clock::Timestamp, random};

use crate::{
    app::App,
    flow::Failure,
    store::sweep::{Ending, Over, STEP, Step},
};

/// Clocks of servers differ: what has ended here may have some time left there. Longer than any code lives, too
/// (OAuth 2.1 §4.1.2), so that a code that was redeemed is known to have been.
const SLACK: Duration = Duration::from_secs(3600);
/// Who asks why something was refused is told of grants that were revoked this lately, and of incidents no older.
const EXPLAINED: Duration = Duration::from_secs(7 * 24 * 3600);
/// Between two steps of a server, for whatever else waits.
const PAUSE: Duration = Duration::from_millis(50);

/// How many rows of each table were forgotten, and in how many steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// By the table's name, in the order they were gone through.
    pub tables: Vec<(&'static str, usize)>,
    /// How often the database was asked.
    pub steps: usize,
}

impl Swept {
    /// All of them together.
    pub fn rows(&self) -> usize {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// Goes once through everything, with a pause after each step.
///
/// # Errors
/// The database did not answer. What was forgotten is forgotten; the next round begins anew.
pub async fn sweep(app: &App, pause: Duration) -> Result<Swept, Failure> {
    let mut round = Round { app, pause, now: app.clock.now(), swept: Swept::default() };
    for ending in Ending::ALL {
        round.forget_ended(ending).await?;
    }
    round.forget_grants().await?;
    if let Some(retention) = app.settings.sweep.clients {
        let since = round.now - retention;
        round.forget_clients(since).await?;
        round.forget_documents(since).await?;
    }
    Ok(round.swept)
}

/// Goes through everything again and again, for as long as the server runs. Not all servers at the same moment.
pub async fn keep_sweeping(app: App) {
    let Some(every) = app.settings.sweep.every else { return };
    let spread = u64::from_le_bytes(random::bytes()) % every.as_secs().max(1);
    tokio::time::sleep(Duration::from_secs(spread)).await;
    loop {
        match sweep(&app, PAUSE).await {
            Ok(swept) if swept.rows() > 0 => tracing::info!(rows = swept.rows(), "forgot what was over"),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "could not forget what was over"),
        }
        tokio::time::sleep(every).await;
    }
}

struct Round<'a> {
    app: &'a App,
    pause: Duration,
    now: Timestamp,
    swept: Swept,
}

impl Round<'_> {
    async fn forget_ended(&mut self, ending: Ending) -> Result<(), Failure> {
        let by = match ending {
            Ending::Incidents => self.now - EXPLAINED,
            _ => self.now - SLACK,
        };
        let mut rows = 0;
        loop {
            let forgotten = self.app.store.forget_ended(ending, by).await?;
            rows += forgotten;
            self.rest().await;
            if i64::try_from(forgotten).is_ok_and(|forgotten| forgotten < STEP) {
                self.swept.tables.push((ending.table(), rows));
                return Ok(());
            }
        }
    }

    async fn forget_grants(&mut self) -> Result<(), Failure> {
        let lifetimes = &self.app.settings.lifetimes;
        // An access token outlives its grant's last refresh, and whoever asks about it looks at the grant.
        let idle = lifetimes.refresh_token.max(lifetimes.access_token);
        let over = Over {
            made: self.now - SLACK,
            refreshed: self.now - idle - SLACK,
            revoked: self.now - EXPLAINED,
        };
        let (mut next, mut rows) = (Some(i64::MIN), 0);
        while let Some(after) = next {
            let step = self.app.store.forget_grants(after, over, self.now).await?;
            next = self.take(step, &mut rows).await;
        }
        self.swept.tables.push(("grants", rows));
        Ok(())
    }

    async fn forget_clients(&mut self, since: Timestamp) -> Result<(), Failure> {
        let (mut next, mut rows) = (Some(String::new()), 0);
        while let Some(after) = next {
            let step = self.app.store.forget_clients(after, since).await?;
            next = self.take(step, &mut rows).await;
        }
        self.swept.tables.push(("clients", rows));
        Ok(())
    }

    async fn forget_documents(&mut self, since: Timestamp) -> Result<(), Failure> {
        let (mut next, mut rows) = (Some(String::new()), 0);
        while let Some(after) = next {
            let step = self.app.store.forget_documents(after, since).await?;
            next = self.take(step, &mut rows).await;
        }
        self.swept.tables.push(("client_documents", rows));
        Ok(())
    }

    async fn take<K>(&mut self, step: Step<K>, rows: &mut usize) -> Option<K> {
        *rows += step.forgotten;
        self.rest().await;
        step.next
    }

    async fn rest(&mut self) {
        self.swept.steps += 1;
        match self.pause.is_zero() {
            true => tokio::task::yield_now().await,
            false => tokio::time::sleep(self.pause).await,
        }
    }
}
