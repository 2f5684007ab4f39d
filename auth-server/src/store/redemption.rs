//! A code becomes a grant, once: `INSERT … ON CONFLICT DO NOTHING` under the code's key. A count of 1 is a grant, 0 says that
//! somebody was here before.
//!
//! Each request that redeems has a number of its own, which the row keeps. When the connection breaks while the grant is being
//! committed, the request asks again and finds it or makes it: told to try again, its client would come with a code that was
//! used, as a thief does, and lose the grant.

use std::time::Duration;

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, sql_query,
    sql_types::{BigInt, Text},
    update,
};
use shared::{
    clock::Timestamp,
    database::{AnyConnection, DatabaseError},
    random,
};
use tokio::time::{sleep, timeout};

use super::{
    Store,
    blocks::is_blocked,
    connections::made_before,
    grants::revoke,
    schema::{grants, users},
};
use crate::oauth::{code::Approval, refresh_token::RefreshToken};

/// How long a request in doubt waits for the database, and how often it asks. A restart takes less.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(200);

/// What became of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redemption {
    /// The grant now exists; this is its first refresh token.
    Granted(RefreshToken),
    /// The code had been redeemed before. The grant it made is revoked now.
    Replayed {
        /// Its key.
        grant: i64,
        /// Whether it was not before.
        was_live: bool,
    },
    /// The account is gone or disabled, or has ended what the code stood for.
    NoUser,
    /// The client was shut out meanwhile.
    NoClient,
}

/// A request that redeems a code.
#[derive(Clone)]
struct Attempt {
    number: i64,
    approval: Approval,
    client_id: String,
    now: Timestamp,
}

impl Store {
    /// Makes the grant of an approval, once. The code's key decides; a collision of keys is not a replay and moves on to
    /// the next key, in an order every redemption of that code follows.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn redeem(
        &self,
        approval: Approval,
        client_id: String,
        now: Timestamp,
    ) -> Result<Redemption, DatabaseError> {
        let number = i64::from_ne_bytes(random::bytes());
        let attempt = Attempt { number, approval, client_id, now };
        match self.redeem_by(attempt.clone()).await {
            Err(DatabaseError::InDoubt) => {
                tracing::warn!("a redemption is in doubt: the connection was lost while it was committed");
                timeout(PATIENCE, self.settle(attempt)).await.unwrap_or(Err(DatabaseError::InDoubt))
            }
            outcome => outcome,
        }
    }

    async fn redeem_by(&self, attempt: Attempt) -> Result<Redemption, DatabaseError> {
        self.0.write(move |connection| redeem(connection, &attempt)).await
    }

    /// Asks until the database answers.
    async fn settle(&self, attempt: Attempt) -> Result<Redemption, DatabaseError> {
        loop {
            match self.redeem_by(attempt.clone()).await {
                Err(error) if error.is_temporary() => sleep(PAUSE).await,
                outcome => return outcome,
            }
        }
    }
}

fn redeem(connection: &mut AnyConnection, attempt: &Attempt) -> QueryResult<Redemption> {
    let Attempt { approval, client_id, now, .. } = attempt;
    // Changes nothing and locks the row, as whatever ends grants does first: it waits for this grant, and then sees it.
    let account = users::table.find(&approval.user).filter(users::disabled_at.is_null());
    let codes_from = update(account)
        .set(users::codes_from.eq(users::codes_from))
        .returning(users::codes_from)
        .get_result::<i64>(connection)
        .optional()?;
    let Some(codes_from) = codes_from else { return Ok(Redemption::NoUser) };
    // It may have been shut out since it was looked up.
    if is_blocked(connection, client_id)? {
        return Ok(Redemption::NoClient);
    }
    if approval.grant < codes_from {
        let Some(made) = made_before(connection, approval)? else { return Ok(Redemption::NoUser) };
        return replayed(connection, made, *now);
    }
    let mut id = approval.grant;
    loop {
        if insert(connection, id, attempt)? == 1 {
            return Ok(Redemption::Granted(RefreshToken { grant: id, generation: 0 }));
        }
        let columns = (grants::tag, grants::attempt, grants::revoked_at);
        let row = grants::table.find(id).select(columns);
        let (tag, number, revoked_at) = row.first::<(String, Option<i64>, Option<i64>)>(connection)?;
        if tag == approval.tag {
            return match revoked_at {
                _ if number != Some(attempt.number) => replayed(connection, id, *now),
                // Our own, committed before.
                None => Ok(Redemption::Granted(RefreshToken { grant: id, generation: 0 })),
                Some(_) => Ok(Redemption::NoUser),
            };
        }
        id += 1;
    }
}

fn replayed(connection: &mut AnyConnection, grant: i64, now: Timestamp) -> QueryResult<Redemption> {
    Ok(Redemption::Replayed { grant, was_live: revoke(connection, grant, now)? == 1 })
}

fn insert(connection: &mut AnyConnection, id: i64, attempt: &Attempt) -> QueryResult<usize> {
    let Attempt { number, approval, client_id, now } = attempt;
    sql_query(
        "INSERT INTO grants (id, tag, user_id, client_id, redirect_uri, resource, scope,
                             generation, rotated_at, created_at, attempt)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10) ON CONFLICT (id) DO NOTHING",
    )
    .bind::<BigInt, _>(id)
    .bind::<Text, _>(&approval.tag)
    .bind::<Text, _>(&approval.user)
    .bind::<Text, _>(client_id)
    .bind::<Text, _>(approval.redirect_uri.as_str())
    .bind::<Text, _>(&approval.resource)
    .bind::<Text, _>(&approval.scope)
    .bind::<BigInt, _>(now.seconds())
    .bind::<BigInt, _>(now.seconds())
    .bind::<BigInt, _>(number)
    .execute(connection)
}
