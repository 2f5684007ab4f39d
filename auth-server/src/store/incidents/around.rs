//! What is known now of the grant, the account and the client of something that was refused.

use diesel::{OptionalExtension, QueryDsl, Queryable, RunQueryDsl};
use shared::{clock::Timestamp, database::DatabaseError};

use crate::store::{
    Store,
    schema::{blocked_clients, grants, users},
};

/// What has become of a grant.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct GrantCourse {
    /// Who granted: the id of the account.
    pub user: String,
    /// For what.
    pub resource: String,
    /// Granted scopes, as the wire has them.
    pub scope: String,
    /// When its code was redeemed, in seconds.
    pub created_at: i64,
    /// When it was refreshed last, or made.
    pub rotated_at: i64,
    /// How often it was refreshed.
    pub generation: i64,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
}

/// Whose an attempt is, as far as the operator is told.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Person {
    /// What to call them.
    pub email: String,
    /// Since when they may not sign in.
    pub disabled_at: Option<i64>,
}

impl Store {
    /// What has become of a grant; none when no code of it was redeemed.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn grant_course(&self, id: i64) -> Result<Option<GrantCourse>, DatabaseError> {
        let find = move |connection: &mut _| {
            grants::table
                .find(id)
                .select((
                    grants::user_id,
                    grants::resource,
                    grants::scope,
                    grants::created_at,
                    grants::rotated_at,
                    grants::generation,
                    grants::revoked_at,
                ))
                .first::<GrantCourse>(connection)
                .optional()
        };
        self.0.read(find).await
    }

    /// The account of that id.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn person(&self, id: &str) -> Result<Option<Person>, DatabaseError> {
        let id = id.to_owned();
        let find = move |connection: &mut _| {
            let person = users::table.find(&id).select((users::email, users::disabled_at));
            person.first::<Person>(connection).optional()
        };
        self.0.read(find).await
    }

    /// Since when a client is shut out.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn blocked_since(&self, client_id: &str) -> Result<Option<Timestamp>, DatabaseError> {
        let id = client_id.to_owned();
        let find = move |connection: &mut _| {
            let row = blocked_clients::table.find(&id).select(blocked_clients::blocked_at);
            row.first::<i64>(connection).optional()
        };
        Ok(self.0.read(find).await?.map(Timestamp))
    }
}
