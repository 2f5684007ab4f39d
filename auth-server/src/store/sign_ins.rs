//! Browsers in which somebody is signed in.

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, SelectableHelper, delete, insert_into,
};
use shared::{clock::Timestamp, database::DatabaseError};

use super::{
    Store,
    schema::{sign_ins, users},
    users::User,
};

/// A signed-in browser.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Who.
    pub user: User,
    /// Digest of the cookie the browser had before it signed in.
    pub browser: String,
    /// When they did.
    pub at: Timestamp,
}

impl Store {
    /// Remembers a sign-in under the digest of its cookie, and forgets those that have expired.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn add_sign_in(
        &self,
        id: String,
        sign_in: SignIn,
        expires_at: Timestamp,
    ) -> Result<(), DatabaseError> {
        let insert = move |connection: &mut _| {
            let now = sign_in.at.seconds();
            delete(sign_ins::table.filter(sign_ins::expires_at.le(now))).execute(connection)?;
            insert_into(sign_ins::table)
                .values((
                    sign_ins::id.eq(&id),
                    sign_ins::user_id.eq(&sign_in.user.id),
                    sign_ins::browser.eq(&sign_in.browser),
                    sign_ins::created_at.eq(now),
                    sign_ins::expires_at.eq(expires_at.seconds()),
                ))
                .execute(connection)
        };
        self.0.write(insert).await.map(drop)
    }

    /// The sign-in of a cookie's digest, unless it has expired.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn sign_in(&self, id: &str, now: Timestamp) -> Result<Option<SignIn>, DatabaseError> {
        let id = id.to_owned();
        let find = move |connection: &mut _| {
            sign_ins::table
                .inner_join(users::table)
                .filter(sign_ins::id.eq(&id))
                .filter(sign_ins::expires_at.gt(now.seconds()))
                .filter(users::disabled_at.is_null())
                .select((User::as_select(), sign_ins::browser, sign_ins::created_at))
                .first::<(User, String, i64)>(connection)
                .optional()
        };
        let row = self.0.read(find).await?;
        Ok(row.map(|(user, browser, at)| SignIn { user, browser, at: at.into() }))
    }
}
