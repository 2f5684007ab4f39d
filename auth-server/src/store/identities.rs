//! Who somebody is at other OpenID providers: (issuer, subject) is one account here, whatever its e-mail address.

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper, delete,
    insert_into, sql_query,
    sql_types::{BigInt, Text},
    update,
};
use shared::{
    clock::Timestamp,
    database::{AnyConnection, DatabaseError},
};

use super::{
    Store,
    schema::{identities, users},
    users::User,
};

/// What a provider says of somebody who signs in.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// Who it is there: never reused.
    pub subject: String,
    /// What they are called; empty where it is not said.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Whether the provider vouches for that address.
    pub email_verified: bool,
}

impl Store {
    /// The account of an identity, which from now on has its address: made under `new_id` at the first sign-in. None when
    /// the account is disabled.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn admit_identity(
        &self,
        identity: Identity,
        new_id: String,
        now: Timestamp,
    ) -> Result<Option<User>, DatabaseError> {
        let admit = move |connection: &mut AnyConnection| {
            if !refresh(connection, &identity, now)? {
                let user = User {
                    id: new_id.clone(),
                    email: identity.email.clone(),
                    email_verified: identity.email_verified,
                };
                if add(connection, &identity, &user, now)? {
                    return Ok(Some(user));
                }
                // Another sign-in of the same person was first.
                refresh(connection, &identity, now)?;
            }
            find(connection, &identity)
        };
        self.0.write(admit).await
    }

    /// The issuers of the providers this user signs in with.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn issuers_of(&self, user: &str) -> Result<Vec<String>, DatabaseError> {
        let user = user.to_owned();
        let find = move |connection: &mut _| {
            let own = identities::table.filter(identities::user_id.eq(&user));
            own.select(identities::issuer).order(identities::issuer).load::<String>(connection)
        };
        self.0.read(find).await
    }
}

/// Notes a sign-in. False when nobody is known by that identity.
fn refresh(connection: &mut AnyConnection, identity: &Identity, now: Timestamp) -> QueryResult<bool> {
    let own = identities::table.find((&identity.issuer, &identity.subject));
    let noted = update(own)
        .set((identities::name.eq(&identity.name), identities::signed_in_at.eq(now.seconds())))
        .execute(connection)?;
    if noted == 0 {
        return Ok(false);
    }
    let holder = identities::table
        .find((&identity.issuer, &identity.subject))
        .select(identities::user_id)
        .first::<String>(connection)?;
    update(users::table.find(holder))
        .set((users::email.eq(&identity.email), users::email_verified.eq(identity.email_verified)))
        .execute(connection)?;
    Ok(true)
}

/// Makes the account of an identity: it signs in nowhere else, so it has no password. False when there is one by now.
fn add(
    connection: &mut AnyConnection,
    identity: &Identity,
    user: &User,
    now: Timestamp,
) -> QueryResult<bool> {
    insert_into(users::table)
        .values((
            users::id.eq(&user.id),
            users::login.eq(&user.id),
            users::email.eq(&user.email),
            users::email_verified.eq(user.email_verified),
            users::password_hash.eq(""),
            users::created_at.eq(now.seconds()),
        ))
        .execute(connection)?;
    let added = sql_query(
        "INSERT INTO identities (issuer, subject, user_id, name, created_at, signed_in_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (issuer, subject) DO NOTHING",
    )
    .bind::<Text, _>(&identity.issuer)
    .bind::<Text, _>(&identity.subject)
    .bind::<Text, _>(&user.id)
    .bind::<Text, _>(&identity.name)
    .bind::<BigInt, _>(now.seconds())
    .bind::<BigInt, _>(now.seconds())
    .execute(connection)?;
    if added == 0 {
        delete(users::table.find(&user.id)).execute(connection)?;
    }
    Ok(added == 1)
}

fn find(connection: &mut AnyConnection, identity: &Identity) -> QueryResult<Option<User>> {
    identities::table
        .find((&identity.issuer, &identity.subject))
        .inner_join(users::table)
        .filter(users::disabled_at.is_null())
        .select(User::as_select())
        .first(connection)
        .optional()
}
