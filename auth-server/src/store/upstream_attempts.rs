//! People who were sent to another provider and are not back yet: each row is used once.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, delete,
    sql_query,
    sql_types::{BigInt, Text},
};
use shared::{
    clock::Timestamp,
    database::{AnyConnection, DatabaseError},
};

use super::{Store, schema::upstream_attempts};

/// How many expired rows one attempt clears away: more than it adds, so that they do not gather.
const SWEPT: i64 = 64;

/// Somebody on the way to a provider.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Digest of the state.
    pub id: String,
    /// What the browser is bound to.
    pub browser: String,
    /// What was allowed, and what the answer must fit.
    pub sealed: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// How many rows there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Of one browser, this one included: its oldest make way.
    pub of_browser: i64,
    /// In all: after that nobody is sent anywhere.
    pub of_all: i64,
}

impl Store {
    /// Remembers an attempt, and forgets some that have expired and the oldest of a browser that has too many. False when
    /// there is no room. Attempts that come at the same moment may exceed it by as many as they are.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn add_upstream_attempt(
        &self,
        attempt: Attempt,
        room: Room,
        now: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let add = move |connection: &mut AnyConnection| {
            sweep(connection, now)?;
            make_way(connection, &attempt.browser, room.of_browser)?;
            insert(connection, &attempt, room.of_all)
        };
        self.0.write(add).await.map(|inserted| inserted == 1)
    }

    /// Takes an attempt away, if it is this browser's and has not expired: of two that ask for it one gets it. Another
    /// browser that knows the state neither gets it nor ends it.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn take_upstream_attempt(
        &self,
        id: String,
        browser: String,
        now: Timestamp,
    ) -> Result<Option<String>, DatabaseError> {
        let take = move |connection: &mut _| {
            let own = upstream_attempts::id.eq(&id).and(upstream_attempts::browser.eq(&browser));
            let good =
                upstream_attempts::table.filter(own).filter(upstream_attempts::expires_at.gt(now.seconds()));
            delete(good).returning(upstream_attempts::sealed).get_result::<String>(connection).optional()
        };
        self.0.write(take).await
    }
}

fn sweep(connection: &mut AnyConnection, now: Timestamp) -> QueryResult<usize> {
    sql_query(
        "DELETE FROM upstream_attempts WHERE id IN
         (SELECT id FROM upstream_attempts WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
    )
    .bind::<BigInt, _>(now.seconds())
    .bind::<BigInt, _>(SWEPT)
    .execute(connection)
}

/// Forgets the oldest of a browser until one more fits.
fn make_way(connection: &mut AnyConnection, browser: &str, most: i64) -> QueryResult<usize> {
    sql_query(
        "DELETE FROM upstream_attempts WHERE id IN
         (SELECT id FROM upstream_attempts WHERE browser = $1 ORDER BY expires_at DESC, id LIMIT $2 OFFSET $3)",
    )
    .bind::<Text, _>(browser)
    .bind::<BigInt, _>(SWEPT)
    .bind::<BigInt, _>(most - 1)
    .execute(connection)
}

/// One row, if there is room: no more are counted than there may be.
fn insert(connection: &mut AnyConnection, attempt: &Attempt, most: i64) -> QueryResult<usize> {
    sql_query(
        "INSERT INTO upstream_attempts (id, browser, sealed, expires_at) SELECT $1, $2, $3, $4
         WHERE (SELECT COUNT(*) FROM (SELECT 1 FROM upstream_attempts LIMIT $5) AS counted) < $6",
    )
    .bind::<Text, _>(&attempt.id)
    .bind::<Text, _>(&attempt.browser)
    .bind::<Text, _>(&attempt.sealed)
    .bind::<BigInt, _>(attempt.expires_at.seconds())
    .bind::<BigInt, _>(most)
    .bind::<BigInt, _>(most)
    .execute(connection)
}
