//! A code becomes a grant, once: `INSERT … ON CONFLICT DO NOTHING` under the code's key. A count of 1 is a grant, 0 says that
//! somebody was here before.
//!
//! Each request that redeems has a number of its own, which the row keeps. When the connection breaks while the grant is being
//! committed, the request asks again and finds it or makes it: told to try again, its client would come with a code that was
//! used, as a thief does, and lose the grant.

use std::time::Duration;

use diesel::{
    OptionalExtension, QueryDsl, QueryResult, RunQueryDsl,
    query_builder::AstPass,
    sql_types::{BigInt, Text, Untyped},
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
    prepared::{Backend, Prepared, Statement},
    schema::grants,
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
    /// the next key, in an order every redemption of that code follows. While it is committed `meanwhile` works on what
    /// became of it.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn redeem<U>(
        &self,
        (approval, client_id): (Approval, String),
        now: Timestamp,
        meanwhile: impl Fn(&Redemption) -> U,
    ) -> Result<(Redemption, U), DatabaseError> {
        let number = i64::from_ne_bytes(random::bytes());
        let attempt = Attempt { number, approval, client_id, now };
        match self.redeem_by(attempt.clone(), &meanwhile).await {
            Err(DatabaseError::InDoubt) => {
                tracing::warn!("a redemption is in doubt: the connection was lost while it was committed");
                let settled = timeout(PATIENCE, self.settle(attempt, &meanwhile));
                settled.await.unwrap_or(Err(DatabaseError::InDoubt))
            }
            outcome => outcome,
        }
    }

    async fn redeem_by<U>(
        &self,
        attempt: Attempt,
        meanwhile: impl Fn(&Redemption) -> U,
    ) -> Result<(Redemption, U), DatabaseError> {
        self.0.write_while(move |connection| redeem(connection, &attempt), meanwhile).await
    }

    /// Asks until the database answers.
    async fn settle<U>(
        &self,
        attempt: Attempt,
        meanwhile: &impl Fn(&Redemption) -> U,
    ) -> Result<(Redemption, U), DatabaseError> {
        loop {
            match self.redeem_by(attempt.clone(), meanwhile).await {
                Err(error) if error.is_temporary() => sleep(PAUSE).await,
                outcome => return outcome,
            }
        }
    }
}

fn redeem(connection: &mut AnyConnection, attempt: &Attempt) -> QueryResult<Redemption> {
    let Attempt { approval, client_id, now, .. } = attempt;
    // Changes nothing and locks the row, as whatever ends grants does first: it waits for this grant, and then sees it.
    let locking = Prepared(Locking { user: approval.user.clone() });
    let codes_from = locking.get_result::<i64>(connection).optional()?;
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
    Prepared(Insertion { id, attempt: attempt.clone() }).execute(connection)
}

/// The row of a grant, unless there is one of that key.
struct Insertion {
    id: i64,
    attempt: Attempt,
}

impl Statement for Insertion {
    type Row = Untyped;

    fn write<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        let Attempt { number, approval, client_id, now } = &self.attempt;
        out.push_sql(
            "INSERT INTO grants (tag, user_id, client_id, redirect_uri, resource, scope, generation,
                                 id, rotated_at, created_at, attempt) VALUES (",
        );
        let redirect_uri = approval.redirect_uri.as_str();
        let Approval { tag, user, resource, scope, .. } = approval;
        for text in [tag, user, client_id, redirect_uri, resource, scope] {
            out.push_bind_param::<Text, str>(text)?;
            out.push_sql(", ");
        }
        out.push_sql("0");
        for number in [&self.id, &now.0, &now.0, number] {
            out.push_sql(", ");
            out.push_bind_param::<BigInt, i64>(number)?;
        }
        out.push_sql(") ON CONFLICT (id) DO NOTHING");
        Ok(())
    }
}

/// Locks an account that is in use, and tells from when on its codes count. Nothing is changed.
struct Locking {
    user: String,
}

impl Statement for Locking {
    type Row = BigInt;

    fn write<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql("UPDATE users SET codes_from = codes_from WHERE id = ");
        out.push_bind_param::<Text, str>(&self.user)?;
        out.push_sql(" AND disabled_at IS NULL RETURNING codes_from");
        Ok(())
    }
}
