//! Signing keys, sealed.

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, sql_query,
    sql_types::{BigInt, Text},
};
use shared::{clock::Timestamp, database::DatabaseError};

use super::{Store, schema::signing_keys};

/// A sealed private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedKey {
    /// Its name in tokens.
    pub kid: String,
    /// PKCS#8, sealed.
    pub sealed: String,
}

impl Store {
    /// The newest key.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn current_signing_key(&self) -> Result<Option<SealedKey>, DatabaseError> {
        let find = |connection: &mut _| {
            signing_keys::table
                .order(signing_keys::number.desc())
                .select((signing_keys::kid, signing_keys::sealed))
                .first::<(String, String)>(connection)
                .optional()
        };
        let row = self.0.read(find).await?;
        Ok(row.map(|(kid, sealed)| SealedKey { kid, sealed }))
    }

    /// Stores the very first key. Of several servers that try at the same time, one wins: read again what is there.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn add_first_signing_key(&self, key: SealedKey, now: Timestamp) -> Result<(), DatabaseError> {
        let insert = move |connection: &mut _| {
            sql_query(
                "INSERT INTO signing_keys (number, kid, sealed, created_at) VALUES (1, $1, $2, $3)
                 ON CONFLICT (number) DO NOTHING",
            )
            .bind::<Text, _>(&key.kid)
            .bind::<Text, _>(&key.sealed)
            .bind::<BigInt, _>(now.seconds())
            .execute(connection)
        };
        self.0.write(insert).await.map(drop)
    }
}
