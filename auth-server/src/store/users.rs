//! Local accounts.

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, sql_query,
    sql_types::{BigInt, Text},
};
use shared::{clock::Timestamp, database::DatabaseError};

use super::{
    Store,
    schema::{grants, users},
};

/// Somebody who can sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Opaque and never reused: `sub`.
    pub id: String,
    /// Lower case.
    pub email: String,
}

impl Store {
    /// Adds an account. False when the e-mail has one already.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn add_user(
        &self,
        user: User,
        password_hash: String,
        now: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let insert = move |connection: &mut _| {
            sql_query(
                "INSERT INTO users (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (email) DO NOTHING",
            )
            .bind::<Text, _>(&user.id)
            .bind::<Text, _>(&user.email)
            .bind::<Text, _>(&password_hash)
            .bind::<BigInt, _>(now.seconds())
            .execute(connection)
        };
        self.0.write(insert).await.map(|inserted| inserted == 1)
    }

    /// The account behind a grant, unless it was revoked.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn user_of_grant(&self, grant: i64) -> Result<Option<User>, DatabaseError> {
        let find = move |connection: &mut _| {
            let holder = grants::table.find(grant).filter(grants::revoked_at.is_null());
            let holder = holder.select(grants::user_id).first::<String>(connection).optional()?;
            let Some(id) = holder else { return Ok(None) };
            users::table.find(id).select((users::id, users::email)).first(connection).optional()
        };
        let row: Option<(String, String)> = self.0.read(find).await?;
        Ok(row.map(|(id, email)| User { id, email }))
    }

    /// The account of an e-mail address and its password hash.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<(User, String)>, DatabaseError> {
        let email = email.to_owned();
        let find = move |connection: &mut _| {
            users::table
                .filter(users::email.eq(&email))
                .select((users::id, users::email, users::password_hash))
                .first::<(String, String, String)>(connection)
                .optional()
        };
        let row = self.0.read(find).await?;
        Ok(row.map(|(id, email, password_hash)| (User { id, email }, password_hash)))
    }
}
