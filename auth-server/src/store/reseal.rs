//! Every row that holds something sealed with a master secret, and its replacement by the same under another one.

use diesel::{
    QueryableByName, RunQueryDsl, sql_query,
    sql_types::{BigInt, Text},
};
use shared::database::{AnyConnection, DatabaseError};

use super::Store;

/// What is stored sealed. A table with a column `sealed` is not complete without a line here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// Private keys.
    SigningKeys,
    /// What waits for people who are at a provider.
    UpstreamAttempts,
}

/// A row with something sealed.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct SealedRow {
    /// Its key.
    #[diesel(sql_type = Text)]
    pub id: String,
    /// What is sealed.
    #[diesel(sql_type = Text)]
    pub sealed: String,
}

impl Sealed {
    /// All of them.
    pub const ALL: [Sealed; 2] = [Sealed::SigningKeys, Sealed::UpstreamAttempts];

    /// What the seals are bound to.
    pub const fn purpose(self) -> &'static str {
        match self {
            Sealed::SigningKeys => "signing_key",
            Sealed::UpstreamAttempts => "upstream",
        }
    }

    /// Table and key.
    fn place(self) -> (&'static str, &'static str) {
        match self {
            Sealed::SigningKeys => ("signing_keys", "kid"),
            Sealed::UpstreamAttempts => ("upstream_attempts", "id"),
        }
    }
}

impl Store {
    /// Some rows of a kind, in the order of their keys, from the one after `after` on.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn sealed_rows(
        &self,
        kind: Sealed,
        after: String,
        most: i64,
    ) -> Result<Vec<SealedRow>, DatabaseError> {
        let (table, key) = kind.place();
        let find = move |connection: &mut AnyConnection| {
            sql_query(format!(
                "SELECT {key} AS id, sealed FROM {table} WHERE {key} > $1 ORDER BY {key} LIMIT $2"
            ))
            .bind::<Text, _>(&after)
            .bind::<BigInt, _>(most)
            .load::<SealedRow>(connection)
        };
        self.0.read(find).await
    }

    /// Replaces what is sealed in a row. False when the row is another one by now, or gone.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn replace_sealed(
        &self,
        kind: Sealed,
        row: SealedRow,
        sealed: String,
    ) -> Result<bool, DatabaseError> {
        let (table, key) = kind.place();
        let replace = move |connection: &mut AnyConnection| {
            sql_query(format!("UPDATE {table} SET sealed = $1 WHERE {key} = $2 AND sealed = $3"))
                .bind::<Text, _>(&sealed)
                .bind::<Text, _>(&row.id)
                .bind::<Text, _>(&row.sealed)
                .execute(connection)
        };
        self.0.write(replace).await.map(|replaced| replaced == 1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[derive(QueryableByName)]
    struct Named {
        #[diesel(sql_type = Text)]
        name: String,
    }

    #[tokio::test]
    async fn no_table_with_something_sealed_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("a.db").display())).unwrap();
        let find = |connection: &mut AnyConnection| {
            sql_query(
                "SELECT t.name AS name FROM sqlite_master AS t, pragma_table_info(t.name) AS c
                 WHERE t.type = 'table' AND c.name LIKE '%sealed%'",
            )
            .load::<Named>(connection)
        };
        let found: BTreeSet<String> = store.0.read(find).await.unwrap().into_iter().map(|t| t.name).collect();
        assert_eq!(found, Sealed::ALL.map(|kind| kind.place().0.to_owned()).into());
    }

    #[tokio::test]
    async fn a_row_that_has_changed_meanwhile_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("a.db").display())).unwrap();
        let insert = |connection: &mut AnyConnection| {
            sql_query(
                "INSERT INTO upstream_attempts (id, browser, sealed, expires_at)
                 VALUES ('a', '', 'old', 0), ('b', '', 'old', 0), ('c', '', 'old', 0)",
            )
            .execute(connection)
        };
        store.0.write(insert).await.unwrap();
        let kind = Sealed::UpstreamAttempts;
        let rows = async |after: &str| store.sealed_rows(kind, after.to_owned(), 2).await.unwrap();
        let first = rows("").await;
        assert_eq!(first.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        let replace = async |to: &str| store.replace_sealed(kind, first[0].clone(), to.to_owned()).await;
        assert!(replace("new").await.unwrap() && !replace("newer").await.unwrap());
        assert_eq!(rows("").await[0].sealed, "new");
        assert_eq!(rows("b").await.len(), 1);
    }
}
