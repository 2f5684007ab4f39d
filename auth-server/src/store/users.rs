//! Accounts.

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, Queryable, RunQueryDsl, Selectable,
    SelectableHelper, sql_query,
    sql_types::{BigInt, Bool, Text},
    update,
};
use shared::{
    clock::Timestamp,
    database::{AnyConnection, DatabaseError},
};

use super::{
    Store,
    schema::{grants, users},
};

/// Somebody who can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct User {
    /// Opaque and never reused: `sub`.
    pub id: String,
    /// What to call them, and where they are written to.
    pub email: String,
    /// Whether somebody vouches for that address: whoever made the account, or the provider it comes from.
    pub email_verified: bool,
}

/// An account that is to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Who.
    pub user: User,
    /// What it signs in with here, in lower case.
    pub login: String,
    /// Of its password.
    pub password_hash: String,
}

/// What a sign-in is checked against.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Who it would be.
    pub user: User,
    /// Of its password; empty when it has none.
    pub password_hash: String,
    /// Whether it may not sign in.
    pub is_disabled: bool,
}

impl Store {
    /// Adds an account. False when another one signs in so.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn add_user(&self, user: NewUser, now: Timestamp) -> Result<bool, DatabaseError> {
        let insert = move |connection: &mut _| insert_user(connection, &user, now);
        self.0.write(insert).await.map(|inserted| inserted == 1)
    }

    /// The account that signs in with that.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn credentials(&self, login: &str) -> Result<Option<Credentials>, DatabaseError> {
        let login = login.to_owned();
        let find = move |connection: &mut _| {
            users::table
                .filter(users::login.eq(&login))
                .select((User::as_select(), users::password_hash, users::disabled_at.is_not_null()))
                .first::<(User, String, bool)>(connection)
                .optional()
        };
        let row = self.0.look(find).await?;
        Ok(row.map(|(user, password_hash, is_disabled)| Credentials { user, password_hash, is_disabled }))
    }

    /// Puts a new hash of the same password in the place of the old one, unless that was changed meanwhile.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn renew_hash(&self, user: String, (old, new): (String, String)) -> Result<(), DatabaseError> {
        let renew = move |connection: &mut _| {
            let unchanged = users::table.find(&user).filter(users::password_hash.eq(&old));
            update(unchanged).set(users::password_hash.eq(&new)).execute(connection)
        };
        self.0.write(renew).await.map(drop)
    }

    /// The account behind a grant, while both are good.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn user_of_grant(&self, grant: i64) -> Result<Option<User>, DatabaseError> {
        let find = move |connection: &mut _| {
            let holder = grants::table.find(grant).filter(grants::revoked_at.is_null());
            let holder = holder.select(grants::user_id).first::<String>(connection).optional()?;
            let Some(id) = holder else { return Ok(None) };
            let user = users::table.find(id).filter(users::disabled_at.is_null());
            user.select(User::as_select()).first(connection).optional()
        };
        self.0.look(find).await
    }
}

/// The row, unless another account signs in so: how many there are now.
pub(super) fn insert_user(
    connection: &mut AnyConnection,
    new: &NewUser,
    now: Timestamp,
) -> QueryResult<usize> {
    // SQLite takes `ON CONFLICT` behind a SELECT only where a WHERE stands between them.
    insert(connection, "WHERE TRUE ON CONFLICT (login) DO NOTHING", (new, now))
}

/// The row, unless there is any account.
pub(super) fn insert_first_user(
    connection: &mut AnyConnection,
    new: &NewUser,
    now: Timestamp,
) -> QueryResult<usize> {
    insert(connection, "WHERE NOT EXISTS (SELECT 1 FROM users)", (new, now))
}

fn insert(
    connection: &mut AnyConnection,
    unless: &'static str,
    (new, now): (&NewUser, Timestamp),
) -> QueryResult<usize> {
    sql_query(format!(
        "INSERT INTO users (id, login, email, email_verified, password_hash, created_at)
         SELECT $1, $2, $3, $4, $5, $6 {unless}"
    ))
    .bind::<Text, _>(&new.user.id)
    .bind::<Text, _>(&new.login)
    .bind::<Text, _>(&new.user.email)
    .bind::<Bool, _>(new.user.email_verified)
    .bind::<Text, _>(&new.password_hash)
    .bind::<BigInt, _>(now.seconds())
    .execute(connection)
}
