//! Grants: made when a code is redeemed ([`super::redemption`]), changed in place for their whole life.
//!
//! | step | statement | its row count says |
//! |---|---|---|
//! | rotate | `UPDATE … WHERE generation = ? AND revoked_at IS NULL` | 1 rotated, 0 another refresh or a revocation won |
//! | revoke | `UPDATE … WHERE revoked_at IS NULL` | nothing: it is revoked either way |

use std::time::Duration;

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, Queryable, RunQueryDsl,
    query_builder::AstPass,
    sql_types::{BigInt, Nullable, Text, Untyped},
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
    schema::grants,
};

/// A grant's row, as far as a decision needs it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
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
    /// When it ended early, or its owner was disabled.
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
    /// The grant of that key, as it is now. It went with its account when that was removed.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn grant(&self, id: i64) -> Result<Option<Grant>, DatabaseError> {
        self.0.look(move |connection| grant(connection, id)).await
    }

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
            let mut latest = |most| {
                let wanted = wanted.clone();
                Prepared(Latest { wanted, alive_after: alive_after.seconds(), most })
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
        let Some(grant) = grant(connection, id)? else { return Ok(None) };
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

fn grant(connection: &mut AnyConnection, id: i64) -> QueryResult<Option<Grant>> {
    Prepared(Held { id }).get_result(connection).optional()
}

/// The row of a grant. Whoever is disabled has none that goes on, whatever it says.
struct Held {
    id: i64,
}

impl Statement for Held {
    type Row = (Text, Text, Text, Text, BigInt, BigInt, Nullable<BigInt>);

    fn write<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql(
            "SELECT user_id, client_id, resource, scope, generation, rotated_at, COALESCE(revoked_at, disabled_at)
             FROM grants JOIN users ON users.id = user_id WHERE grants.id = ",
        );
        out.push_bind_param::<BigInt, _>(&self.id)
    }
}

/// The scopes of the latest grants that are as wanted and alive.
struct Latest {
    wanted: Wanted,
    alive_after: i64,
    most: i64,
}

impl Statement for Latest {
    type Row = Text;

    fn write<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        let Wanted { user, client_id, redirect_uri, resource, .. } = &self.wanted;
        out.push_sql("SELECT scope FROM grants WHERE revoked_at IS NULL AND rotated_at > ");
        out.push_bind_param::<BigInt, _>(&self.alive_after)?;
        for (column, value) in [
            (" AND user_id = ", user),
            (" AND client_id = ", client_id),
            (" AND redirect_uri = ", redirect_uri),
            (" AND resource = ", resource),
        ] {
            out.push_sql(column);
            out.push_bind_param::<Text, str>(value)?;
        }
        out.push_sql(" ORDER BY id DESC LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.most)
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
