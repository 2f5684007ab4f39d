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

#[cfg(test)]
mod tests {
    use diesel::{QueryDsl, QueryResult};

    use super::{super::schema::client_assertions, *};

    async fn count(store: &Store) -> i64 {
        let rows = |connection: &mut _| -> QueryResult<i64> {
            client_assertions::table.count().get_result(connection)
        };
        store.0.read(rows).await.unwrap()
    }

    #[tokio::test]
    async fn each_is_used_once_and_forgotten_when_it_has_expired() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("a.db").display())).unwrap();
        let using = async |id: i64, now: i64| {
            store.use_assertion(id.to_string(), Timestamp(now + 60), Timestamp(now)).await.unwrap()
        };
        for id in 0..200 {
            assert!(using(id, 1_000).await && !using(id, 1_000).await);
        }
        assert_eq!(count(&store).await, 200);
        assert!(!using(7, 1_059).await, "it has not expired yet");
        for id in 200..204 {
            assert!(using(id, 1_060).await);
        }
        assert_eq!(count(&store).await, 4, "one use clears away more than it adds");
    }
}
