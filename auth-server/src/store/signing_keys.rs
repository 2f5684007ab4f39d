//! Signing keys, sealed, with the instants that say what each does.

use diesel::{
    ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, delete,
    dsl::exists,
    select, sql_query,
    sql_types::{BigInt, Text},
    update,
};
use shared::{
    clock::Timestamp,
    database::{AnyConnection, DatabaseError},
};

use super::{Store, schema::signing_keys};

/// A sealed private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedKey {
    /// Its name in tokens.
    pub kid: String,
    /// PKCS#8, sealed.
    pub sealed: String,
}

/// A key as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// Counts up.
    pub number: i64,
    /// The key.
    pub key: SealedKey,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it signs.
    pub signs_from: Timestamp,
    /// When its last token has ended, as far as that is known.
    pub ends_at: Option<Timestamp>,
    /// When it was taken back.
    pub retired_at: Option<Timestamp>,
}

/// A key that takes over.
#[derive(Clone, Debug)]
pub struct Successor {
    /// The key.
    pub key: SealedKey,
    /// From when on it signs.
    pub signs_from: Timestamp,
    /// When the last token of the key before it has ended.
    pub predecessor_ends_at: Timestamp,
}

/// A row as it comes.
type Columns = (i64, String, String, i64, i64, Option<i64>, Option<i64>);

impl From<Columns> for StoredKey {
    fn from((number, kid, sealed, created_at, signs_from, ends_at, retired_at): Columns) -> StoredKey {
        StoredKey {
            number,
            key: SealedKey { kid, sealed },
            created_at: Timestamp(created_at),
            signs_from: Timestamp(signs_from),
            ends_at: ends_at.map(Timestamp),
            retired_at: retired_at.map(Timestamp),
        }
    }
}

impl Store {
    /// Every key, the oldest first.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn signing_keys(&self) -> Result<Vec<StoredKey>, DatabaseError> {
        let find =
            |connection: &mut _| signing_keys::table.order(signing_keys::number).load::<Columns>(connection);
        Ok(self.0.read(find).await?.into_iter().map(StoredKey::from).collect())
    }

    /// Stores the key that comes after number `after`, zero where there is none, and notes when the one before it ends. Of
    /// several servers that try at the same time one wins, and this is true for it alone.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn add_signing_key(
        &self,
        after: i64,
        new: Successor,
        now: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let add = move |connection: &mut AnyConnection| {
            if insert(connection, after + 1, &new, now)? == 0 {
                return Ok(false);
            }
            end_older(connection, after + 1, new.predecessor_ends_at).map(|_| true)
        };
        self.0.write(add).await
    }

    /// Takes a key back. Where it was the one that signs, the next one signs at once: the one that is published already, or
    /// else `substitute`. False, and nothing has changed, when it had been taken back before or is not there.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn retire_signing_key(
        &self,
        kid: String,
        substitute: Successor,
        now: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let retire = move |connection: &mut AnyConnection| {
            let own = || signing_keys::table.filter(signing_keys::kid.eq(&kid));
            let retired = update(own().filter(signing_keys::retired_at.is_null()))
                .set((
                    signing_keys::retired_at.eq(now.seconds()),
                    signing_keys::ends_at.eq(substitute.predecessor_ends_at.seconds()),
                ))
                .execute(connection)?;
            if retired == 0 {
                return Ok(false);
            }
            let number: i64 = own().select(signing_keys::number).first(connection)?;
            if has_successor(connection, number, now)? {
                return Ok(true);
            }
            let newest = signing_keys::table.order(signing_keys::number.desc());
            let last: i64 = newest.select(signing_keys::number).first(connection)?;
            match insert(connection, last + 1, &substitute, now)? {
                // Somebody else has added one in between: nothing of this is done.
                0 => Err(diesel::result::Error::RollbackTransaction),
                _ => Ok(true),
            }
        };
        self.0.write(retire).await
    }

    /// Removes a key that has not signed yet, so that the one before it signs on. Whether there was one.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn withdraw_signing_key(&self, kid: String, now: Timestamp) -> Result<bool, DatabaseError> {
        let withdraw = move |connection: &mut AnyConnection| {
            let own = signing_keys::table.filter(signing_keys::kid.eq(&kid));
            if delete(own.filter(signing_keys::signs_from.gt(now.seconds()))).execute(connection)? == 0 {
                return Ok(false);
            }
            sql_query(
                "UPDATE signing_keys SET ends_at = NULL WHERE number =
                 (SELECT MAX(number) FROM signing_keys WHERE retired_at IS NULL)",
            )
            .execute(connection)
            .map(|_| true)
        };
        self.0.write(withdraw).await
    }

    /// Removes a key whose last token has ended.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn forget_signing_key(&self, number: i64) -> Result<(), DatabaseError> {
        let forget = move |connection: &mut _| {
            delete(signing_keys::table.filter(signing_keys::number.eq(number))).execute(connection)
        };
        self.0.write(forget).await.map(drop)
    }
}

/// Whether another key signs after this one: it does so already, or from now on.
fn has_successor(connection: &mut AnyConnection, number: i64, now: Timestamp) -> QueryResult<bool> {
    let newer = || {
        let live = signing_keys::table.filter(signing_keys::retired_at.is_null());
        live.filter(signing_keys::number.gt(number))
    };
    let signs = newer().filter(signing_keys::signs_from.le(now.seconds()));
    if select(exists(signs)).get_result(connection)? {
        return Ok(true);
    }
    let promoted = update(newer()).set(signing_keys::signs_from.eq(now.seconds())).execute(connection)?;
    Ok(promoted > 0)
}

fn insert(
    connection: &mut AnyConnection,
    number: i64,
    new: &Successor,
    now: Timestamp,
) -> QueryResult<usize> {
    sql_query(
        "INSERT INTO signing_keys (number, kid, sealed, created_at, signs_from) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (number) DO NOTHING",
    )
    .bind::<BigInt, _>(number)
    .bind::<Text, _>(&new.key.kid)
    .bind::<Text, _>(&new.key.sealed)
    .bind::<BigInt, _>(now.seconds())
    .bind::<BigInt, _>(new.signs_from.seconds())
    .execute(connection)
}

fn end_older(connection: &mut AnyConnection, number: i64, ends_at: Timestamp) -> QueryResult<usize> {
    let older =
        signing_keys::table.filter(signing_keys::number.lt(number)).filter(signing_keys::ends_at.is_null());
    update(older).set(signing_keys::ends_at.eq(ends_at.seconds())).execute(connection)
}
