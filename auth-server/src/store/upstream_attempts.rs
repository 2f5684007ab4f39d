//! People who were sent to another provider and are not back yet: each row is used once.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, delete, insert_into,
    sql_query, sql_types::BigInt,
};
use shared::{clock::Timestamp, database::DatabaseError};

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

impl Store {
    /// Remembers an attempt, and forgets some that have expired.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn add_upstream_attempt(&self, attempt: Attempt, now: Timestamp) -> Result<(), DatabaseError> {
        let insert = move |connection: &mut _| {
            sql_query(
                "DELETE FROM upstream_attempts WHERE id IN
                 (SELECT id FROM upstream_attempts WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
            )
            .bind::<BigInt, _>(now.seconds())
            .bind::<BigInt, _>(SWEPT)
            .execute(connection)?;
            insert_into(upstream_attempts::table)
                .values((
                    upstream_attempts::id.eq(&attempt.id),
                    upstream_attempts::browser.eq(&attempt.browser),
                    upstream_attempts::sealed.eq(&attempt.sealed),
                    upstream_attempts::expires_at.eq(attempt.expires_at.seconds()),
                ))
                .execute(connection)
        };
        self.0.write(insert).await.map(drop)
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
