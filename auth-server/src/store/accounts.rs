//! Accounts as an operator sees and changes them. Whatever ends an account's sign-ins revokes its grants in the same step.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, QueryResult, Queryable, QueryableByName, RunQueryDsl,
    delete, sql_query,
    sql_types::{BigInt, Nullable, Text},
    update,
};
use shared::{
    clock::Timestamp,
    database::{AnyConnection, DatabaseError},
};

use super::{
    Store,
    connections::end_codes,
    schema::{grants, links, passkeys, sign_ins, users},
};

diesel::define_sql_function! {
    /// Small letters of ASCII: everything else is left to the database.
    fn lower(text: Text) -> Text;
}

/// An account in the list of all.
#[derive(Clone, Debug, QueryableByName)]
pub struct Listed {
    /// `sub`.
    #[diesel(sql_type = Text)]
    pub id: String,
    /// What it signs in with here; its own id when it signs in elsewhere.
    #[diesel(sql_type = Text)]
    pub login: String,
    /// Its address.
    #[diesel(sql_type = Text)]
    pub email: String,
    /// When it was made.
    #[diesel(sql_type = BigInt)]
    pub created_at: i64,
    /// Since when it is disabled.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub disabled_at: Option<i64>,
    /// How many programs it lets in.
    #[diesel(sql_type = BigInt)]
    pub grants: i64,
}

impl Listed {
    /// Whether it signs in here and not with a provider.
    pub fn is_local(&self) -> bool {
        self.login != self.id
    }
}

/// An account an operator named.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Account {
    /// `sub`.
    pub id: String,
    /// What it signs in with here; its own id when it signs in elsewhere.
    pub login: String,
    /// Its address.
    pub email: String,
}

impl Account {
    /// Whether it signs in here and not with a provider.
    pub fn is_local(&self) -> bool {
        self.login != self.id
    }
}

/// What somebody had when their password was taken from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Grants that were revoked.
    pub grants: usize,
    /// Passkeys that were removed: whoever had the password may have added one.
    pub passkeys: usize,
}

impl Store {
    /// Every account, the oldest first.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn accounts(&self, alive_after: Timestamp) -> Result<Vec<Listed>, DatabaseError> {
        let find = move |connection: &mut _| {
            sql_query(
                "SELECT id, login, email, created_at, disabled_at,
                        (SELECT COUNT(*) FROM grants WHERE grants.user_id = users.id
                         AND grants.revoked_at IS NULL AND grants.rotated_at > $1) AS grants
                 FROM users ORDER BY created_at, id",
            )
            .bind::<BigInt, _>(alive_after.seconds())
            .load::<Listed>(connection)
        };
        self.0.read(find).await
    }

    /// The accounts of that id, or of that address in small letters, however their provider wrote it.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn accounts_named(&self, id: &str, email: &str) -> Result<Vec<Account>, DatabaseError> {
        let (id, email) = (id.to_owned(), email.to_owned());
        let find = move |connection: &mut _| {
            users::table
                .filter(users::id.eq(&id).or(users::login.eq(&email)).or(lower(users::email).eq(&email)))
                .select((users::id, users::login, users::email))
                .load::<Account>(connection)
        };
        self.0.read(find).await
    }

    /// Disables an account and ends everything it had. How many grants were revoked; none when it was disabled before.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn disable_user(
        &self,
        id: String,
        now_in_milliseconds: i64,
    ) -> Result<Option<usize>, DatabaseError> {
        let disable = move |connection: &mut AnyConnection| {
            let active = users::table.find(&id).filter(users::disabled_at.is_null());
            match update(active).set(users::disabled_at.eq(now_in_milliseconds / 1000)).execute(connection)? {
                0 => Ok(None),
                _ => end_everything(connection, &id, now_in_milliseconds).map(Some),
            }
        };
        self.0.write(disable).await
    }

    /// Lets a disabled account sign in again. False when it was not disabled.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn enable_user(&self, id: String) -> Result<bool, DatabaseError> {
        let enable = move |connection: &mut _| {
            let disabled = users::table.find(&id).filter(users::disabled_at.is_not_null());
            update(disabled).set(users::disabled_at.eq(None::<i64>)).execute(connection)
        };
        self.0.write(enable).await.map(|updated| updated == 1)
    }

    /// Removes an account with everything it had. How many grants were revoked; none when there is no such account.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn remove_user(
        &self,
        id: String,
        now_in_milliseconds: i64,
    ) -> Result<Option<usize>, DatabaseError> {
        let remove = move |connection: &mut AnyConnection| {
            let revoked = end_everything(connection, &id, now_in_milliseconds)?;
            let removed = delete(users::table.find(&id)).execute(connection)?;
            Ok((removed == 1).then_some(revoked))
        };
        self.0.write(remove).await
    }

    /// Gives an account another password and ends everything that was had with the old one, passkeys included. None when
    /// there is no such account.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn set_password(
        &self,
        id: String,
        hash: String,
        now_in_milliseconds: i64,
    ) -> Result<Option<Ended>, DatabaseError> {
        let set = move |connection: &mut AnyConnection| match update(users::table.find(&id))
            .set(users::password_hash.eq(&hash))
            .execute(connection)?
        {
            0 => Ok(None),
            _ => end_every_way(connection, &id, now_in_milliseconds).map(Some),
        };
        self.0.write(set).await
    }
}

/// Ends everything of an account, and every way to sign in beside its password.
pub(super) fn end_every_way(
    connection: &mut AnyConnection,
    user: &str,
    now_in_milliseconds: i64,
) -> QueryResult<Ended> {
    let grants = end_everything(connection, user, now_in_milliseconds)?;
    let passkeys = delete(passkeys::table.filter(passkeys::user_id.eq(user))).execute(connection)?;
    Ok(Ended { grants, passkeys })
}

/// Revokes every grant of an account and ends its sign-ins, its links and the codes that were not redeemed. How many
/// grants there were.
fn end_everything(
    connection: &mut AnyConnection,
    user: &str,
    now_in_milliseconds: i64,
) -> QueryResult<usize> {
    end_codes(connection, user, now_in_milliseconds)?;
    delete(sign_ins::table.filter(sign_ins::user_id.eq(user))).execute(connection)?;
    delete(links::table.filter(links::user_id.eq(user))).execute(connection)?;
    update(grants::table.filter(grants::user_id.eq(user)).filter(grants::revoked_at.is_null()))
        .set(grants::revoked_at.eq(now_in_milliseconds / 1000))
        .execute(connection)
}
