//! The password of somebody who is signed in: what they sign in with, and another one in its place.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, delete, dsl::exists,
    update,
};
use shared::database::{AnyConnection, DatabaseError};

use super::{
    Store,
    connections::end_codes,
    schema::{sign_ins, users},
};

impl Store {
    /// What this user signs in with here; none when they have no password.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn login_of(&self, user: &str) -> Result<Option<String>, DatabaseError> {
        let user = user.to_owned();
        let find = move |connection: &mut _| {
            users::table
                .find(&user)
                .filter(users::password_hash.ne(""))
                .select(users::login)
                .first::<String>(connection)
                .optional()
        };
        self.0.read(find).await
    }

    /// Whether this user signs in here, with a password or to choose one, and not with a provider.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn is_local(&self, user: &str) -> Result<bool, DatabaseError> {
        let user = user.to_owned();
        let find = move |connection: &mut _| {
            let own = users::table.find(&user).filter(users::login.ne(users::id));
            own.select(users::id).first::<String>(connection).optional()
        };
        Ok(self.0.read(find).await?.is_some())
    }

    /// Gives this user another password and ends every sign-in but the one it was changed from, those on the way with the
    /// old password included. False, and nothing has changed, when that one has ended meanwhile: whoever ended it, perhaps
    /// with another password, came first.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn change_password(
        &self,
        (user, sign_in): (String, String),
        password_hash: String,
        now_in_milliseconds: i64,
    ) -> Result<bool, DatabaseError> {
        let change = move |connection: &mut AnyConnection| {
            let own = sign_ins::id.eq(&sign_in).and(sign_ins::user_id.eq(&user));
            let still_there = exists(sign_ins::table.filter(own));
            let account = users::table.find(&user).filter(users::disabled_at.is_null()).filter(still_there);
            if update(account).set(users::password_hash.eq(&password_hash)).execute(connection)? == 0 {
                return Ok(false);
            }
            end_codes(connection, &user, now_in_milliseconds)?;
            let others =
                sign_ins::table.filter(sign_ins::user_id.eq(&user)).filter(sign_ins::id.ne(&sign_in));
            delete(others).execute(connection).map(|_| true)
        };
        self.0.write(change).await
    }
}
