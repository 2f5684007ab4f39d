//! Browsers in which somebody is signed in.

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, delete, insert_into,
    query_builder::AstPass,
    sql_types::{BigInt, Bool, Text},
};
use shared::{
    clock::Timestamp,
    database::{AnyConnection, DatabaseError},
};

use super::{
    Store,
    connections::goes_on,
    prepared::{Backend, Prepared, Statement},
    schema::sign_ins,
    users::User,
};

/// More are not listed.
const MOST: i64 = 100;

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

/// How somebody came to be signed in, beside who and when.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Digest of the new cookie.
    pub id: String,
    /// What the browser calls itself.
    pub user_agent: String,
    /// Digest of the cookie it replaces, whoever was signed in with that.
    pub replaced: Option<String>,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A sign-in as its owner sees it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Digest of the cookie.
    pub id: String,
    /// What the browser called itself then.
    pub user_agent: String,
    /// When they signed in.
    pub at: Timestamp,
}

impl Store {
    /// Remembers a sign-in under the digest of its cookie, and forgets the one it replaces and those that have expired. False,
    /// and nothing has changed, when the account, or what it signs in with, has ended since its request began.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn add_sign_in(
        &self,
        arrival: Arrival,
        sign_in: SignIn,
        began_at: i64,
    ) -> Result<bool, DatabaseError> {
        let insert = move |connection: &mut AnyConnection| {
            if !goes_on(connection, &sign_in.user.id, began_at)? {
                return Ok(false);
            }
            let now = sign_in.at.seconds();
            delete(sign_ins::table.filter(sign_ins::expires_at.le(now))).execute(connection)?;
            if let Some(replaced) = &arrival.replaced {
                delete(sign_ins::table.find(replaced)).execute(connection)?;
            }
            insert_into(sign_ins::table)
                .values((
                    sign_ins::id.eq(&arrival.id),
                    sign_ins::user_id.eq(&sign_in.user.id),
                    sign_ins::browser.eq(&sign_in.browser),
                    sign_ins::created_at.eq(now),
                    sign_ins::expires_at.eq(arrival.expires_at.seconds()),
                    sign_ins::user_agent.eq(&arrival.user_agent),
                ))
                .execute(connection)
                .map(|_| true)
        };
        self.0.write(insert).await
    }

    /// The sign-in of a cookie's digest, unless it has expired.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn sign_in(&self, id: &str, now: Timestamp) -> Result<Option<SignIn>, DatabaseError> {
        let id = id.to_owned();
        let find = move |connection: &mut AnyConnection| {
            let open = Prepared(Open { id: id.clone(), now: now.seconds() });
            open.get_result::<(User, String, i64)>(connection).optional()
        };
        let row = self.0.look(find).await?;
        Ok(row.map(|(user, browser, at)| SignIn { user, browser, at: at.into() }))
    }

    /// Where this user is signed in, the latest first.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn sign_ins_of(&self, user: &str, now: Timestamp) -> Result<Vec<Listed>, DatabaseError> {
        let user = user.to_owned();
        let find = move |connection: &mut _| {
            sign_ins::table
                .filter(sign_ins::user_id.eq(&user))
                .filter(sign_ins::expires_at.gt(now.seconds()))
                .order((sign_ins::created_at.desc(), sign_ins::id))
                .limit(MOST)
                .select((sign_ins::id, sign_ins::user_agent, sign_ins::created_at))
                .load::<(String, String, i64)>(connection)
        };
        let rows = self.0.read(find).await?;
        Ok(rows.into_iter().map(|(id, user_agent, at)| Listed { id, user_agent, at: at.into() }).collect())
    }

    /// Ends one sign-in of this user. Whether there was one.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn end_sign_in(&self, user: String, id: String) -> Result<bool, DatabaseError> {
        let end = move |connection: &mut _| {
            delete(sign_ins::table.find(&id).filter(sign_ins::user_id.eq(&user))).execute(connection)
        };
        self.0.write(end).await.map(|ended| ended == 1)
    }

    /// Ends every sign-in of this user but the one that is kept. How many there were.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn end_other_sign_ins(&self, user: String, kept: String) -> Result<usize, DatabaseError> {
        let end = move |connection: &mut _| {
            let others = sign_ins::table.filter(sign_ins::user_id.eq(&user)).filter(sign_ins::id.ne(&kept));
            delete(others).execute(connection)
        };
        self.0.write(end).await
    }
}

/// A sign-in that has not expired, of an account in use.
struct Open {
    id: String,
    now: i64,
}

impl Statement for Open {
    type Row = ((Text, Text, Bool), Text, BigInt);

    fn write<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql(
            "SELECT users.id, email, email_verified, browser, sign_ins.created_at
             FROM sign_ins JOIN users ON users.id = user_id
             WHERE disabled_at IS NULL AND sign_ins.id = ",
        );
        out.push_bind_param::<Text, _>(&self.id)?;
        out.push_sql(" AND expires_at > ");
        out.push_bind_param::<BigInt, _>(&self.now)
    }
}
