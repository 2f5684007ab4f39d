//! Links that let somebody in once. Whoever deletes the row has used it; everybody after finds nothing to delete.

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, delete, insert_into, sql_query,
    sql_types::{BigInt, Text},
    update,
};
use shared::{
    clock::Timestamp,
    database::{AnyConnection, DatabaseError},
};

use super::{
    Store,
    accounts::{Ended, end_every_way},
    schema::{links, users},
    users::{NewUser, User, insert_first_user, insert_user},
};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To make the first account.
    Setup,
    /// To make the account somebody was invited to.
    Invitation,
    /// To set a new password.
    Reset,
}

impl Purpose {
    const ALL: [Purpose; 3] = [Purpose::Setup, Purpose::Invitation, Purpose::Reset];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Purpose::Setup => "setup",
            Purpose::Invitation => "invitation",
            Purpose::Reset => "reset",
        }
    }
}

/// A link that is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What for.
    pub purpose: Purpose,
    /// Whom it was made for; empty where the person chooses.
    pub email: String,
}

/// What became of a link that makes an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The account is there.
    Up,
    /// The link is not good, or not any more.
    Gone,
    /// Its address has an account by now. The link is used up.
    Exists,
}

impl Store {
    /// Stores a link to the first account, while there is no account. False when there is one.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn add_setup_link(&self, id: String, expires_at: Timestamp) -> Result<bool, DatabaseError> {
        let insert = move |connection: &mut _| {
            sql_query(
                "INSERT INTO links (id, purpose, email, expires_at)
                 SELECT $1, $2, '', $3 WHERE NOT EXISTS (SELECT 1 FROM users)",
            )
            .bind::<Text, _>(&id)
            .bind::<Text, _>(Purpose::Setup.as_str())
            .bind::<BigInt, _>(expires_at.seconds())
            .execute(connection)
        };
        self.0.write(insert).await.map(|inserted| inserted == 1)
    }

    /// Stores an invitation, and forgets the links that have expired.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn add_invitation(
        &self,
        (id, email): (String, String),
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), DatabaseError> {
        let insert = move |connection: &mut _| {
            delete(links::table.filter(links::expires_at.le(now.seconds()))).execute(connection)?;
            insert_into(links::table)
                .values((
                    links::id.eq(&id),
                    links::purpose.eq(Purpose::Invitation.as_str()),
                    links::email.eq(&email),
                    links::expires_at.eq(expires_at.seconds()),
                ))
                .execute(connection)
        };
        self.0.write(insert).await.map(drop)
    }

    /// Takes somebody's password away, ends everything that was had with it, passkeys included, and stores a link to set
    /// another one, in one step.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn add_reset_link(
        &self,
        (id, user): (String, User),
        expires_at: Timestamp,
        now_in_milliseconds: i64,
    ) -> Result<Ended, DatabaseError> {
        let insert = move |connection: &mut AnyConnection| {
            update(users::table.find(&user.id)).set(users::password_hash.eq("")).execute(connection)?;
            let ended = end_every_way(connection, &user.id, now_in_milliseconds)?;
            insert_into(links::table)
                .values((
                    links::id.eq(&id),
                    links::purpose.eq(Purpose::Reset.as_str()),
                    links::user_id.eq(&user.id),
                    links::email.eq(&user.email),
                    links::expires_at.eq(expires_at.seconds()),
                ))
                .execute(connection)?;
            Ok(ended)
        };
        self.0.write(insert).await
    }

    /// The link of that digest, if it is still good.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn link(&self, id: &str, now: Timestamp) -> Result<Option<Link>, DatabaseError> {
        let id = id.to_owned();
        let find = move |connection: &mut AnyConnection| {
            let row = links::table.find(&id).filter(links::expires_at.gt(now.seconds()));
            let row = row.select((links::purpose, links::email));
            let Some((purpose, email)) = row.first::<(String, String)>(connection).optional()? else {
                return Ok(None);
            };
            let purpose = Purpose::ALL.into_iter().find(|own| own.as_str() == purpose);
            // An account that was made otherwise ends the link to the first one.
            if purpose == Some(Purpose::Setup)
                && users::table.select(users::id).first::<String>(connection).optional()?.is_some()
            {
                return Ok(None);
            }
            Ok(purpose.map(|purpose| Link { purpose, email }))
        };
        self.0.read(find).await
    }

    /// Makes the first account and ends every link to it.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn set_up(&self, id: String, user: NewUser, now: Timestamp) -> Result<Taken, DatabaseError> {
        let make = move |connection: &mut AnyConnection| {
            // All of them in one statement: of two people with two links the second one finds none.
            let used = sql_query(
                "DELETE FROM links WHERE purpose = $1 AND EXISTS
                     (SELECT 1 FROM links AS own WHERE own.id = $2 AND own.purpose = $1 AND own.expires_at > $3)",
            )
            .bind::<Text, _>(Purpose::Setup.as_str())
            .bind::<Text, _>(&id)
            .bind::<BigInt, _>(now.seconds())
            .execute(connection)?;
            if used == 0 || insert_first_user(connection, &user, now)? == 0 {
                return Ok(Taken::Gone);
            }
            Ok(Taken::Up)
        };
        self.0.write(make).await
    }

    /// Makes the account of an invitation.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn take_up(&self, id: String, user: NewUser, now: Timestamp) -> Result<Taken, DatabaseError> {
        let make = move |connection: &mut AnyConnection| {
            let used = good(&id, Purpose::Invitation, now).filter(links::email.eq(&user.login));
            if delete(used).execute(connection)? == 0 {
                return Ok(Taken::Gone);
            }
            match insert_user(connection, &user, now)? {
                0 => Ok(Taken::Exists),
                _ => Ok(Taken::Up),
            }
        };
        self.0.write(make).await
    }

    /// Sets the password of a link's account, which is the answer. None when the link is not good.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn set_password_by_link(
        &self,
        id: String,
        hash: String,
        now: Timestamp,
    ) -> Result<Option<User>, DatabaseError> {
        let set = move |connection: &mut AnyConnection| {
            let named = good(&id, Purpose::Reset, now).select(links::user_id);
            let Some(Some(user)) = named.first::<Option<String>>(connection).optional()? else {
                return Ok(None);
            };
            // The account before the link, as whatever ends both does: neither waits for the other.
            let account = users::table.find(&user).filter(users::disabled_at.is_null());
            if update(account).set(users::codes_from.eq(users::codes_from)).execute(connection)? == 0
                || delete(good(&id, Purpose::Reset, now)).execute(connection)? == 0
            {
                return Ok(None);
            }
            update(users::table.find(&user)).set(users::password_hash.eq(&hash)).execute(connection)?;
            find_active(connection, &user)
        };
        self.0.write(set).await
    }
}

#[diesel::dsl::auto_type(no_type_alias)]
fn good<'a>(id: &'a str, purpose: Purpose, now: Timestamp) -> _ {
    let purpose: &'static str = purpose.as_str();
    let now: i64 = now.seconds();
    links::table.filter(links::id.eq(id)).filter(links::purpose.eq(purpose)).filter(links::expires_at.gt(now))
}

fn find_active(connection: &mut AnyConnection, id: &str) -> QueryResult<Option<User>> {
    use diesel::SelectableHelper;
    let user = users::table.find(id).filter(users::disabled_at.is_null());
    user.select(User::as_select()).first(connection).optional()
}
