//! Client assertions that were used: each `jti` once, until the assertion has expired (RFC 7523 §3 no. 7).

use diesel::{
    RunQueryDsl, sql_query,
    sql_types::{BigInt, Text},
};
use shared::{clock::Timestamp, database::DatabaseError};

use super::Store;

/// How many expired rows one use clears away: more than it adds, so that they do not gather.
const SWEPT: i64 = 64;

impl Store {
    /// Notes that an assertion was used. False when it had been used before.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn use_assertion(
        &self,
        id: String,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let insert = move |connection: &mut _| {
            sql_query(
                "DELETE FROM client_assertions WHERE id IN
                 (SELECT id FROM client_assertions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
            )
            .bind::<BigInt, _>(now.seconds())
            .bind::<BigInt, _>(SWEPT)
            .execute(connection)?;
            sql_query(
                "INSERT INTO client_assertions (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
            )
            .bind::<Text, _>(&id)
            .bind::<BigInt, _>(expires_at.seconds())
            .execute(connection)
        };
        self.0.write(insert).await.map(|inserted| inserted == 1)
    }
}
