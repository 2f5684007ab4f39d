//! Passkeys, and the ceremonies that have succeeded.
//!
//! A challenge leaves no row, or anybody could fill the table: it travels sealed. What was answered correctly leaves one
//! until it expires, in the transaction that makes it count, so that it counts once.

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, Queryable, RunQueryDsl, Selectable,
    SelectableHelper, delete,
    dsl::exists,
    select, sql_query,
    sql_types::{BigInt, Text},
    update,
};
use shared::{
    clock::Timestamp,
    database::{AnyConnection, DatabaseError},
};

use super::{
    Store,
    connections::hold,
    schema::{passkeys, sign_ins, users},
    users::User,
};

/// How many one person can have.
const MOST: i64 = 20;
/// How many expired ceremonies one that succeeds clears away: more than it adds.
const SWEPT: i64 = 64;

/// A passkey as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = passkeys)]
pub struct Passkey {
    /// Digest of the authenticator's id of it.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// What its answers are checked against.
    pub credential: String,
    /// When it was added.
    #[diesel(deserialize_as = i64)]
    pub created_at: Timestamp,
    /// When somebody last signed in with it.
    pub used_at: Option<i64>,
}

/// A passkey to be added.
#[derive(Clone, Debug)]
pub struct NewPasskey {
    /// Digest of the authenticator's id of it.
    pub id: String,
    /// Whose it is.
    pub user: String,
    /// What they call it.
    pub name: String,
    /// What its answers are checked against.
    pub credential: String,
    /// The sign-in it is added in.
    pub sign_in: String,
}

/// A challenge that was answered correctly.
#[derive(Clone, Debug)]
pub struct Ceremony {
    /// Random.
    pub id: String,
    /// Until when it must be remembered.
    pub expires_at: Timestamp,
}

/// What became of a ceremony.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It counts.
    Done,
    /// It had counted before.
    Replayed,
    /// The passkey is there already; or, where one was used, it is gone or another answer of it came between.
    Conflict,
    /// That person has as many as one can have.
    TooMany,
    /// What they signed in with has ended meanwhile.
    Ended,
}

impl Store {
    /// The passkeys of somebody, in the order in which they were added.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn passkeys_of(&self, user: &str) -> Result<Vec<Passkey>, DatabaseError> {
        let user = user.to_owned();
        let find = move |connection: &mut _| {
            let own = passkeys::table.filter(passkeys::user_id.eq(&user));
            let in_order = own.order((passkeys::created_at, passkeys::id)).limit(MOST);
            in_order.select(Passkey::as_select()).load(connection)
        };
        self.0.read(find).await
    }

    /// Whose passkey that is, and what its answers are checked against. Nobody's when its owner is disabled, or signs in with
    /// a provider: that one decides then who comes in.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn passkey(&self, id: &str) -> Result<Option<(User, String)>, DatabaseError> {
        let id = id.to_owned();
        let find = move |connection: &mut _| {
            passkeys::table
                .inner_join(users::table)
                .filter(passkeys::id.eq(&id))
                .filter(users::disabled_at.is_null())
                .filter(users::login.ne(users::id))
                .select((User::as_select(), passkeys::credential))
                .first::<(User, String)>(connection)
                .optional()
        };
        self.0.read(find).await
    }

    /// Adds a passkey, unless the sign-in it is added in has ended meanwhile: it would outlive what ended that one.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn add_passkey(
        &self,
        new: NewPasskey,
        ceremony: Ceremony,
        now: Timestamp,
    ) -> Result<Ending, DatabaseError> {
        let add = move |connection: &mut AnyConnection| {
            let sign_in = sign_ins::table.find(&new.sign_in).filter(sign_ins::user_id.eq(&new.user));
            if !hold(connection, &new.user)? || !select(exists(sign_in)).get_result(connection)? {
                return Ok(Ending::Ended);
            }
            match end(connection, &ceremony, now)? {
                true => insert(connection, &new, now),
                false => Ok(Ending::Replayed),
            }
        };
        self.0.write(add).await
    }

    /// Notes that a passkey was used which was checked against `before`, and keeps `after` for the next time: its counter
    /// may have moved. Of two answers that were checked against the same counter only one gets through.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn use_passkey(
        &self,
        id: String,
        (before, after): (String, String),
        ceremony: Ceremony,
        now: Timestamp,
    ) -> Result<Ending, DatabaseError> {
        let note = move |connection: &mut _| {
            if !end(connection, &ceremony, now)? {
                return Ok(Ending::Replayed);
            }
            let unchanged = passkeys::table.find(&id).filter(passkeys::credential.eq(&before));
            let used = (passkeys::credential.eq(&after), passkeys::used_at.eq(now.seconds()));
            let count = update(unchanged).set(used).execute(connection)?;
            Ok(if count == 1 { Ending::Done } else { Ending::Conflict })
        };
        self.0.write(note).await
    }

    /// Removes a passkey of this person. False when they have none of that id.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn remove_passkey(&self, user: String, id: String) -> Result<bool, DatabaseError> {
        let remove = move |connection: &mut _| {
            delete(passkeys::table.find(&id).filter(passkeys::user_id.eq(&user))).execute(connection)
        };
        self.0.write(remove).await.map(|removed| removed == 1)
    }
}

/// Notes that a ceremony has succeeded, and forgets some that have expired. False when it had succeeded before.
fn end(connection: &mut AnyConnection, ceremony: &Ceremony, now: Timestamp) -> QueryResult<bool> {
    sql_query(
        "DELETE FROM passkey_ceremonies WHERE id IN
         (SELECT id FROM passkey_ceremonies WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
    )
    .bind::<BigInt, _>(now.seconds())
    .bind::<BigInt, _>(SWEPT)
    .execute(connection)?;
    sql_query("INSERT INTO passkey_ceremonies (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING")
        .bind::<Text, _>(&ceremony.id)
        .bind::<BigInt, _>(ceremony.expires_at.seconds())
        .execute(connection)
        .map(|inserted| inserted == 1)
}

fn insert(connection: &mut AnyConnection, new: &NewPasskey, now: Timestamp) -> QueryResult<Ending> {
    let count: i64 =
        passkeys::table.filter(passkeys::user_id.eq(&new.user)).count().get_result(connection)?;
    if count >= MOST {
        return Ok(Ending::TooMany);
    }
    let inserted = sql_query(
        "INSERT INTO passkeys (id, user_id, name, credential, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO NOTHING",
    )
    .bind::<Text, _>(&new.id)
    .bind::<Text, _>(&new.user)
    .bind::<Text, _>(&new.name)
    .bind::<Text, _>(&new.credential)
    .bind::<BigInt, _>(now.seconds())
    .execute(connection)?;
    Ok(if inserted == 1 { Ending::Done } else { Ending::Conflict })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_is_disabled_or_of_a_provider_has_no_passkey_to_sign_in_with() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("a.db").display())).unwrap();
        let run = async |text: &'static str| {
            store.0.write(move |connection: &mut _| sql_query(text).execute(connection)).await.unwrap();
        };
        run("INSERT INTO users (id, login, password_hash, created_at) VALUES ('ada', 'ada@a', '', 0)").await;
        let new = |id: &str| NewPasskey {
            id: id.to_owned(),
            user: "ada".to_owned(),
            name: String::new(),
            credential: "{}".to_owned(),
            sign_in: "cookie".to_owned(),
        };
        let ceremony = |id: &str| Ceremony { id: id.to_owned(), expires_at: Timestamp(300) };
        let add = async |id: &str| store.add_passkey(new(id), ceremony(id), Timestamp(0)).await.unwrap();
        assert_eq!(add("a").await, Ending::Ended);
        run("INSERT INTO sign_ins (id, user_id, browser, created_at, expires_at)
             VALUES ('cookie', 'ada', '', 0, 300)")
        .await;
        assert_eq!((add("a").await, add("a").await), (Ending::Done, Ending::Replayed));
        assert!(store.passkey("a").await.unwrap().is_some());
        run("UPDATE users SET disabled_at = 1").await;
        assert!(store.passkey("a").await.unwrap().is_none());
        run("UPDATE users SET disabled_at = NULL").await;
        assert!(store.passkey("a").await.unwrap().is_some());
        run("UPDATE users SET login = id").await;
        assert!(store.passkey("a").await.unwrap().is_none());
        run("DELETE FROM users").await;
        assert!(store.passkey("a").await.unwrap().is_none());
    }
}
