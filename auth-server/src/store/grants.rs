//! Grants: made when a code is redeemed ([`super::redemption`]), changed in place for their whole life.
//!
//! | step | statement | its row count says |
//! |---|---|---|
//! | rotate | `UPDATE … WHERE generation = ? AND revoked_at IS NULL` | 1 rotated, 0 another refresh or a revocation won |
//! | revoke | `UPDATE … WHERE revoked_at IS NULL` | nothing: it is revoked either way |

use std::time::Duration;

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, Queryable, RunQueryDsl, Selectable,
    SelectableHelper,
    query_builder::AstPass,
    sql_types::{BigInt, Untyped},
    update,
};
use shared::{
    clock::Timestamp,
    database::{AnyConnection, DatabaseError},
    scope::Scopes,
};

use super::{
    Store,
    prepared::{Backend, Prepared, Statement},
    schema::{grants, users},
};

/// A grant's row, as far as a decision needs it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = grants)]
pub struct Grant {
    /// Who granted.
    pub user_id: String,
    /// To whom.
    pub client_id: String,
    /// For what: the configured string.
    pub resource: String,
    /// Granted scopes, as the wire has them.
    pub scope: String,
    /// How often it was refreshed.
    pub generation: i64,
    /// When last, or when it was made.
    #[diesel(deserialize_as = i64)]
    pub rotated_at: Timestamp,
    /// When it ended early.
    pub revoked_at: Option<i64>,
}

/// What is decided at the sight of a row. It may be asked twice: when another turn came between.
pub enum Turn<R> {
    /// Rotate to the next generation, then answer this.
    Rotate(R),
    /// Revoke the grant, then answer this.
    Revoke(R),
    /// Change nothing.
    Leave(R),
}

impl Store {
    /// Shows a grant's row to `decide` and does what it says, as one step: between the look and the change nothing else
    /// changed the row. None when there is no such grant.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn take_turn<R: Send + 'static>(
        &self,
        id: i64,
        now: Timestamp,
        decide: impl Fn(&Grant) -> Turn<R> + Send + 'static,
    ) -> Result<Option<R>, DatabaseError> {
        self.0.write(move |connection| take_turn(connection, id, now, &decide)).await
    }

    /// The same, and works on what was decided while it is committed.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn take_turn_while<R: Send + Sync + 'static, U>(
        &self,
        (id, now): (i64, Timestamp),
        decide: impl Fn(&Grant) -> Turn<R> + Send + 'static,
        meanwhile: impl Fn(&Option<R>) -> U,
    ) -> Result<(Option<R>, U), DatabaseError> {
        self.0.write_while(move |connection| take_turn(connection, id, now, &decide), meanwhile).await
    }

    /// Whether this user has let this client use this resource with at least these scopes, and it still holds.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn has_live_grant(
        &self,
        wanted: Wanted,
        alive_after: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let find = move |connection: &mut AnyConnection| {
            let mut latest = |most: i64| {
                grants::table
                    .filter(grants::user_id.eq(&wanted.user))
                    .filter(grants::client_id.eq(&wanted.client_id))
                    .filter(grants::redirect_uri.eq(&wanted.redirect_uri))
                    .filter(grants::resource.eq(&wanted.resource))
                    .filter(grants::revoked_at.is_null())
                    .filter(grants::rotated_at.gt(alive_after.seconds()))
                    .order(grants::id.desc())
                    .limit(most)
                    .select(grants::scope)
                    .load::<String>(connection)
            };
            let is_enough =
                |scope: &String| Scopes::parse(scope).is_ok_and(|scopes| scopes.contains_all(&wanted.scopes));
            // Nearly always the latest will do.
            Ok(latest(1)?.iter().any(is_enough) || latest(16)?.iter().any(is_enough))
        };
        self.0.look(find).await
    }
}

/// A grant that a request could lean on.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Who.
    pub user: String,
    /// Which client.
    pub client_id: String,
    /// Sent back where.
    pub redirect_uri: String,
    /// The configured string of the resource.
    pub resource: String,
    /// At least these.
    pub scopes: Scopes,
}

impl Grant {
    /// Whether it has ended: revoked, or not refreshed for a whole `lifetime`.
    pub fn has_ended(&self, now: Timestamp, lifetime: Duration) -> bool {
        self.revoked_at.is_some() || now.is_past(self.rotated_at, lifetime)
    }
}

fn take_turn<R>(
    connection: &mut AnyConnection,
    id: i64,
    now: Timestamp,
    decide: &impl Fn(&Grant) -> Turn<R>,
) -> QueryResult<Option<R>> {
    loop {
        let row = grants::table
            .find(id)
            .inner_join(users::table)
            .select((Grant::as_select(), users::disabled_at))
            .first::<(Grant, Option<i64>)>(connection)
            .optional()?;
        let Some((mut grant, disabled_at)) = row else { return Ok(None) };
        // Whoever is disabled has no grant that goes on, whatever its row says.
        grant.revoked_at = grant.revoked_at.or(disabled_at);
        match decide(&grant) {
            Turn::Leave(answer) => return Ok(Some(answer)),
            Turn::Revoke(answer) => {
                revoke(connection, id, now)?;
                return Ok(Some(answer));
            }
            Turn::Rotate(answer) => {
                let rotation = Rotation { id, generation: grant.generation, at: now.seconds() };
                if Prepared(rotation).execute(connection)? == 1 {
                    return Ok(Some(answer));
                }
            }
        }
    }
}

/// From that generation to the next, if it is the grant's own and nobody has revoked it.
struct Rotation {
    id: i64,
    generation: i64,
    at: i64,
}

impl Statement for Rotation {
    type Row = Untyped;

    fn write<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql("UPDATE grants SET generation = generation + 1, rotated_at = ");
        out.push_bind_param::<BigInt, _>(&self.at)?;
        out.push_sql(" WHERE id = ");
        out.push_bind_param::<BigInt, _>(&self.id)?;
        out.push_sql(" AND generation = ");
        out.push_bind_param::<BigInt, _>(&self.generation)?;
        out.push_sql(" AND revoked_at IS NULL");
        Ok(())
    }
}

pub(super) fn revoke(connection: &mut AnyConnection, id: i64, now: Timestamp) -> QueryResult<usize> {
    update(grants::table.find(id).filter(grants::revoked_at.is_null()))
        .set(grants::revoked_at.eq(now.seconds()))
        .execute(connection)
}
