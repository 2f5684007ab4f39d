//! Forgetting what nothing can come of any more, in steps: none looks at more rows than [`STEP`], and each is one short
//! write, between which others have their turn. Any number of servers may do it at once.
//!
//! What has an end of its own is found by the index of that. Grants have none, for a refresh would move every row in it:
//! they are gone through by their key, as clients and documents are.

use diesel::{
    ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, sql_query,
    sql_types::{BigInt, Text},
};
use shared::{
    clock::Timestamp,
    database::{AnyConnection, DatabaseError},
};

use super::{
    Store,
    schema::{client_documents, clients, grants},
};

/// The most rows a step looks at.
pub const STEP: i64 = 500;

/// Rows that have an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Browsers in which somebody was signed in.
    SignIns,
    /// People on the way to a provider.
    UpstreamAttempts,
    /// Links that let somebody in.
    Links,
    /// Client assertions that were used.
    Assertions,
    /// Ceremonies of passkeys that have succeeded.
    Ceremonies,
    /// What was refused.
    Incidents,
}

impl Ending {
    /// All of them.
    pub const ALL: [Ending; 6] = [
        Ending::SignIns,
        Ending::UpstreamAttempts,
        Ending::Links,
        Ending::Assertions,
        Ending::Ceremonies,
        Ending::Incidents,
    ];

    /// Their table.
    pub fn table(self) -> &'static str {
        match self {
            Ending::SignIns => "sign_ins",
            Ending::UpstreamAttempts => "upstream_attempts",
            Ending::Links => "links",
            Ending::Assertions => "client_assertions",
            Ending::Ceremonies => "passkey_ceremonies",
            Ending::Incidents => "incidents",
        }
    }

    /// Forgets those that ended first.
    fn statement(self) -> String {
        let (key, end) = match self {
            Ending::Incidents => ("slot", "noted_at"),
            _ => ("id", "expires_at"),
        };
        let table = self.table();
        format!(
            "DELETE FROM {table} WHERE {key} IN
             (SELECT {key} FROM {table} WHERE {end} <= $1 ORDER BY {end} LIMIT $2)"
        )
    }
}

/// When nothing can come of a grant any more: each says up to when something must have happened.
#[derive(Clone, Copy, Debug)]
pub struct Over {
    /// It was made. Its code, presented again, must find it for as long as that lives.
    pub made: Timestamp,
    /// It was refreshed last.
    pub refreshed: Timestamp,
    /// It was revoked.
    pub revoked: Timestamp,
}

impl Over {
    fn is(&self, (created_at, rotated_at, revoked_at): (i64, i64, Option<i64>)) -> bool {
        let ended = rotated_at <= self.refreshed.seconds()
            || revoked_at.is_some_and(|revoked_at| revoked_at <= self.revoked.seconds());
        created_at <= self.made.seconds() && ended
    }
}

/// What a step through a table did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<K> {
    /// How many it forgot.
    pub forgotten: usize,
    /// The key after which the next step begins; none at the end of the table.
    pub next: Option<K>,
}

impl Store {
    /// Forgets rows that ended by then. How many; fewer than [`STEP`] when there are no more.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn forget_ended(&self, ending: Ending, by: Timestamp) -> Result<usize, DatabaseError> {
        let forget = move |connection: &mut _| {
            let statement = sql_query(ending.statement()).bind::<BigInt, _>(by.seconds());
            statement.bind::<BigInt, _>(STEP).execute(connection)
        };
        self.0.write(forget).await
    }

    /// Looks at the grants after a key, and forgets those that are over. Whose client has a row, of that it is noted when.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn forget_grants(
        &self,
        after: i64,
        over: Over,
        now: Timestamp,
    ) -> Result<Step<i64>, DatabaseError> {
        let look = move |connection: &mut _| {
            grants::table
                .filter(grants::id.gt(after))
                .order(grants::id)
                .limit(STEP)
                .select((grants::id, (grants::created_at, grants::rotated_at, grants::revoked_at)))
                .load::<(i64, (i64, i64, Option<i64>))>(connection)
        };
        let rows = self.0.read(look).await?;
        let (next, ids) = seen(rows.iter().map(|row| row.0), after);
        let forgotten = match rows.into_iter().any(|(_, instants)| over.is(instants)) {
            true => self.0.write(move |connection| forget_grants(connection, ids, over, now)).await?,
            false => 0,
        };
        Ok(Step { forgotten, next })
    }

    /// Looks at the stored registrations after a key, and forgets those that have had no grant since then.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn forget_clients(
        &self,
        after: String,
        since: Timestamp,
    ) -> Result<Step<String>, DatabaseError> {
        let start = after.clone();
        let look = move |connection: &mut _| {
            let rows = clients::table.filter(clients::id.gt(&start)).order(clients::id).limit(STEP);
            rows.select((clients::id, clients::created_at)).load::<(String, i64)>(connection)
        };
        let forget = "DELETE FROM clients WHERE id > $1 AND id <= $2 AND created_at <= $3 AND used_at <= $3
                      AND NOT EXISTS (SELECT 1 FROM grants WHERE grants.client_id = clients.id)";
        self.forget_between(self.0.read(look).await?, (after, since), forget).await
    }

    /// Looks at the kept documents after a key, and forgets those that are older and of whose client there is no grant.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn forget_documents(
        &self,
        after: String,
        since: Timestamp,
    ) -> Result<Step<String>, DatabaseError> {
        let start = after.clone();
        let look = move |connection: &mut _| {
            let rows = client_documents::table.filter(client_documents::url.gt(&start));
            let rows = rows.order(client_documents::url).limit(STEP);
            rows.select((client_documents::url, client_documents::fetched_at))
                .load::<(String, i64)>(connection)
        };
        let forget = "DELETE FROM client_documents WHERE url > $1 AND url <= $2 AND fetched_at <= $3
                      AND NOT EXISTS (SELECT 1 FROM grants WHERE grants.client_id = client_documents.url)";
        self.forget_between(self.0.read(look).await?, (after, since), forget).await
    }

    async fn forget_between(
        &self,
        rows: Vec<(String, i64)>,
        (after, since): (String, Timestamp),
        statement: &'static str,
    ) -> Result<Step<String>, DatabaseError> {
        let (next, (after, last)) = seen(rows.iter().map(|row| row.0.clone()), after);
        if !rows.iter().any(|(_, at)| *at <= since.seconds()) {
            return Ok(Step { forgotten: 0, next });
        }
        let forget = move |connection: &mut _| {
            let statement = sql_query(statement).bind::<Text, _>(&after).bind::<Text, _>(&last);
            statement.bind::<BigInt, _>(since.seconds()).execute(connection)
        };
        Ok(Step { forgotten: self.0.write(forget).await?, next })
    }
}

/// Where the next step begins, and between which keys this one is.
fn seen<K: Clone>(keys: impl ExactSizeIterator<Item = K>, after: K) -> (Option<K>, (K, K)) {
    let is_last = i64::try_from(keys.len()).is_ok_and(|count| count < STEP);
    let last = keys.last().unwrap_or_else(|| after.clone());
    ((!is_last).then(|| last.clone()), (after, last))
}

fn forget_grants(
    connection: &mut AnyConnection,
    (after, last): (i64, i64),
    over: Over,
    now: Timestamp,
) -> QueryResult<usize> {
    // SQLite numbers what it is handed by where that stands first.
    let bound = |statement: &str| {
        sql_query(statement)
            .bind::<BigInt, _>(now.seconds())
            .bind::<BigInt, _>(after)
            .bind::<BigInt, _>(last)
            .bind::<BigInt, _>(over.made.seconds())
            .bind::<BigInt, _>(over.refreshed.seconds())
            .bind::<BigInt, _>(over.revoked.seconds())
    };
    bound(
        "UPDATE clients SET used_at = $1 WHERE id IN
         (SELECT client_id FROM grants WHERE id > $2 AND id <= $3
          AND created_at <= $4 AND (rotated_at <= $5 OR revoked_at <= $6))",
    )
    .execute(connection)?;
    bound(
        "DELETE FROM grants WHERE created_at <= $1 AND id > $2 AND id <= $3
         AND created_at <= $4 AND (rotated_at <= $5 OR revoked_at <= $6)",
    )
    .execute(connection)
}

#[cfg(test)]
mod tests;
