//! What somebody has allowed, as they see it: each client they let in, and the end of it.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl,
    dsl::{exists, max, min},
    select, update,
};
use shared::{
    clock::Timestamp,
    database::{AnyConnection, DatabaseError},
};

use super::{
    Store,
    schema::{grants, users},
};
use crate::oauth::code::Approval;

/// More are not listed.
const MOST: i64 = 500;

/// What one client was allowed in the same way, however often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// To whom.
    pub client_id: String,
    /// Where the answer went.
    pub redirect_uri: String,
    /// For what: the configured string.
    pub resource: String,
    /// Granted scopes, as the wire has them.
    pub scope: String,
    /// When it was first used.
    pub first_at: Timestamp,
    /// When a token was last given for it.
    pub last_at: Timestamp,
}

/// A row as it comes.
type Columns = (String, String, String, String, Option<i64>, Option<i64>);

impl From<Columns> for Connection {
    fn from((client_id, redirect_uri, resource, scope, first, last): Columns) -> Connection {
        // Every group has a row, and so both instants.
        let [first_at, last_at] = [first, last].map(|at| Timestamp(at.unwrap_or_default()));
        Connection { client_id, redirect_uri, resource, scope, first_at, last_at }
    }
}

impl Store {
    /// What this user has allowed that still holds, the latest used first.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn connections(
        &self,
        user: &str,
        alive_after: Timestamp,
    ) -> Result<Vec<Connection>, DatabaseError> {
        let user = user.to_owned();
        let find = move |connection: &mut _| {
            let alike = (grants::client_id, grants::redirect_uri, grants::resource, grants::scope);
            grants::table
                .filter(grants::user_id.eq(&user))
                .filter(grants::revoked_at.is_null())
                .filter(grants::rotated_at.gt(alive_after.seconds()))
                .group_by(alike)
                .select((
                    grants::client_id,
                    grants::redirect_uri,
                    grants::resource,
                    grants::scope,
                    min(grants::created_at),
                    max(grants::rotated_at),
                ))
                .order((max(grants::rotated_at).desc(), grants::client_id))
                .limit(MOST)
                .load::<Columns>(connection)
        };
        Ok(self.0.read(find).await?.into_iter().map(Connection::from).collect())
    }

    /// Ends whatever this user let that client do, codes that were not redeemed so far included. False, and nothing has
    /// changed, when the user has never let it in.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn end_connection(
        &self,
        user: String,
        client_id: String,
        now_in_milliseconds: i64,
    ) -> Result<bool, DatabaseError> {
        let end = move |connection: &mut AnyConnection| {
            let theirs = grants::user_id.eq(&user).and(grants::client_id.eq(&client_id));
            if !select(exists(grants::table.filter(theirs))).get_result(connection)? {
                return Ok(false);
            }
            end_codes(connection, &user, now_in_milliseconds)?;
            let theirs = grants::user_id.eq(&user).and(grants::client_id.eq(&client_id));
            update(grants::table.filter(theirs).filter(grants::revoked_at.is_null()))
                .set(grants::revoked_at.eq(now_in_milliseconds / 1000))
                .execute(connection)
                .map(|_| true)
        };
        self.0.write(end).await
    }

    /// Ends whatever this user has allowed, codes that were not redeemed so far included.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn end_connections(
        &self,
        user: String,
        now_in_milliseconds: i64,
    ) -> Result<usize, DatabaseError> {
        let end = move |connection: &mut AnyConnection| {
            end_codes(connection, &user, now_in_milliseconds)?;
            let live = grants::table.filter(grants::user_id.eq(&user)).filter(grants::revoked_at.is_null());
            update(live).set(grants::revoked_at.eq(now_in_milliseconds / 1000)).execute(connection)
        };
        self.0.write(end).await
    }
}

/// Of the codes given so far to anybody this user let in, those not redeemed yet make no grant any more: which client one
/// was for is known only when it comes back, and whoever is just being let in asks once more. Comes first wherever
/// something of an account ends: it locks the row, so that nothing new is made beside it that would be overlooked.
pub(super) fn end_codes(
    connection: &mut AnyConnection,
    user: &str,
    now_in_milliseconds: i64,
) -> QueryResult<usize> {
    update(users::table.find(user))
        .set(users::codes_from.eq(first_key(now_in_milliseconds)))
        .execute(connection)
}

/// Whether an account is still as it was at that moment: whatever ends what it had moves `codes_from`. It changes nothing and
/// locks the row, so that the end waits for what is made beside it, and then sees it.
pub(super) fn goes_on(connection: &mut AnyConnection, user: &str, since: i64) -> QueryResult<bool> {
    let account = users::table.find(user).filter(users::disabled_at.is_null());
    update(account.filter(users::codes_from.le(first_key(since))))
        .set(users::codes_from.eq(users::codes_from))
        .execute(connection)
        .map(|updated| updated == 1)
}

/// Locks the row of an account that is not disabled, and changes nothing: what ends the account waits for what is made beside
/// it, and then sees it. False when there is no such account.
pub(super) fn hold(connection: &mut AnyConnection, user: &str) -> QueryResult<bool> {
    update(users::table.find(user).filter(users::disabled_at.is_null()))
        .set(users::codes_from.eq(users::codes_from))
        .execute(connection)
        .map(|updated| updated == 1)
}

/// The smallest key of that instant, as `shared::random::time_ordered_key` makes them.
fn first_key(milliseconds: i64) -> i64 {
    (milliseconds << shared::random::RANDOM_BITS) & i64::MAX
}

/// The key of the grant that an approval has made before.
pub(super) fn made_before(connection: &mut AnyConnection, approval: &Approval) -> QueryResult<Option<i64>> {
    grants::table
        .filter(grants::user_id.eq(&approval.user))
        .filter(grants::tag.eq(&approval.tag))
        .select(grants::id)
        .first(connection)
        .optional()
}
