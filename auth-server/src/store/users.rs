//! Accounts.

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper,
    sql_query,
    sql_types::{BigInt, Bool, Text},
};
use shared::{clock::Timestamp, database::DatabaseError};

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

impl Store {
    /// Adds an account that signs in here with `login`, in lower case. False when another one does.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn add_user(
        &self,
        user: User,
        (login, password_hash): (String, String),
        now: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let insert = move |connection: &mut _| {
            sql_query(
                "INSERT INTO users (id, login, email, email_verified, password_hash, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (login) DO NOTHING",
            )
            .bind::<Text, _>(&user.id)
            .bind::<Text, _>(&login)
            .bind::<Text, _>(&user.email)
            .bind::<Bool, _>(user.email_verified)
            .bind::<Text, _>(&password_hash)
            .bind::<BigInt, _>(now.seconds())
            .execute(connection)
        };
        self.0.write(insert).await.map(|inserted| inserted == 1)
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
        self.0.read(find).await
    }

    /// The account that signs in with that, and its password hash. One that is disabled does not.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn user_by_login(&self, login: &str) -> Result<Option<(User, String)>, DatabaseError> {
        let login = login.to_owned();
        let find = move |connection: &mut _| {
            users::table
                .filter(users::login.eq(&login))
                .filter(users::disabled_at.is_null())
                .select((User::as_select(), users::password_hash))
                .first::<(User, String)>(connection)
                .optional()
        };
        self.0.read(find).await
    }
}
