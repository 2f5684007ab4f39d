//! Static tokens: whose they are and what they may do, found by the digest of what the client sends.

use std::time::Duration;

use diesel::prelude::*;
use shared::{
    clock::Timestamp,
    database::{AnyConnection, DatabaseError},
};

use super::{Store, schema::static_tokens};

/// How exact the last use is. A row is written that seldom, whatever the token is used for.
const USE_INTERVAL: Duration = Duration::from_secs(3600);

/// A static token as it is stored. The token itself is not.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = static_tokens)]
pub(crate) struct StaticToken {
    pub(crate) id: i64,
    pub(crate) label: String,
    pub(crate) user_id: String,
    pub(crate) scopes: String,
    pub(crate) created_at: i64,
    pub(crate) expires_at: Option<i64>,
    pub(crate) last_used_at: Option<i64>,
    pub(crate) revoked_at: Option<i64>,
}

/// A static token before it has a key.
#[derive(Clone, Insertable)]
#[diesel(table_name = static_tokens)]
pub(crate) struct NewStaticToken {
    pub(crate) id: i64,
    pub(crate) digest: String,
    pub(crate) label: String,
    pub(crate) user_id: String,
    pub(crate) scopes: String,
    pub(crate) created_at: i64,
    pub(crate) expires_at: Option<i64>,
}

impl StaticToken {
    /// Whether it opens anything: neither revoked nor ended.
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && !self.has_ended(now)
    }

    /// Whether its time is over.
    pub(crate) fn has_ended(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| now.seconds() >= end)
    }

    fn is_use_known(&self, now: Timestamp) -> bool {
        self.last_used_at.is_some_and(|at| !now.is_past(Timestamp(at), USE_INTERVAL))
    }
}

impl Store {
    /// Writes a new token and gives its key; `row.id` is not looked at.
    pub(crate) async fn add_static_token(&self, row: NewStaticToken) -> Result<i64, DatabaseError> {
        let insert = move |id, connection: &mut AnyConnection| {
            let row = NewStaticToken { id, ..row.clone() };
            diesel::insert_into(static_tokens::table).values(row).execute(connection)
        };
        self.insert_with_key(insert).await
    }

    /// The token with this digest, whatever has become of it.
    pub(crate) async fn static_token(&self, digest: &str) -> Result<Option<StaticToken>, DatabaseError> {
        let digest = digest.to_owned();
        self.database
            .look(move |connection| {
                static_tokens::table
                    .filter(static_tokens::digest.eq(&digest))
                    .select(StaticToken::as_select())
                    .first(connection)
                    .optional()
            })
            .await
    }

    /// Every token, oldest first.
    pub(crate) async fn static_tokens(&self) -> Result<Vec<StaticToken>, DatabaseError> {
        self.database
            .read(|connection| {
                static_tokens::table
                    .order(static_tokens::id.asc())
                    .select(StaticToken::as_select())
                    .load(connection)
            })
            .await
    }

    /// Notes that a token is in use now, unless that is known already.
    pub(crate) async fn note_use(&self, token: &StaticToken, now: Timestamp) -> Result<(), DatabaseError> {
        if token.is_use_known(now) {
            return Ok(());
        }
        let id = token.id;
        self.database
            .write(move |connection| {
                diesel::update(static_tokens::table.filter(static_tokens::id.eq(id)))
                    .set(static_tokens::last_used_at.eq(now.seconds()))
                    .execute(connection)
            })
            .await
            .map(drop)
    }

    /// Revokes a token, and says whether there is one. A second time changes nothing.
    pub(crate) async fn revoke_static_token(&self, id: i64, now: Timestamp) -> Result<bool, DatabaseError> {
        self.database
            .write(move |connection| {
                let live = static_tokens::id.eq(id).and(static_tokens::revoked_at.is_null());
                let revoked = diesel::update(static_tokens::table.filter(live))
                    .set(static_tokens::revoked_at.eq(now.seconds()))
                    .execute(connection)?;
                let all = static_tokens::table.filter(static_tokens::id.eq(id)).count();
                Ok(revoked > 0 || all.get_result::<i64>(connection)? > 0)
            })
            .await
    }
}
