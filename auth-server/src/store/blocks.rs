//! Clients an operator has shut out, of whatever kind.

use diesel::{
    OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, delete,
    query_builder::AstPass,
    sql_query,
    sql_types::{BigInt, Text},
};
use shared::{
    clock::Timestamp,
    database::{AnyConnection, DatabaseError},
};

use super::{
    Store,
    clients::revoke_grants,
    prepared::{Backend, Prepared, Statement},
    schema::blocked_clients,
};

impl Store {
    /// Shuts a client out and revokes its grants, in one step. How many it had; none when it was shut out before.
    ///
    /// A redemption on the way may still make one; it is of no use while the client is shut out, and revoked before it is let
    /// in again.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn block_client(&self, id: String, now: Timestamp) -> Result<Option<usize>, DatabaseError> {
        let block = move |connection: &mut AnyConnection| {
            let inserted = sql_query(
                "INSERT INTO blocked_clients (id, blocked_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
            )
            .bind::<Text, _>(&id)
            .bind::<BigInt, _>(now.seconds())
            .execute(connection)?;
            let revoked = revoke_grants(connection, &id, now)?;
            Ok((inserted == 1).then_some(revoked))
        };
        self.0.write(block).await
    }

    /// Lets a client in again. False when it was not shut out. Its grants stay revoked.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn unblock_client(&self, id: String, now: Timestamp) -> Result<bool, DatabaseError> {
        let unblock = move |connection: &mut AnyConnection| {
            revoke_grants(connection, &id, now)?;
            delete(blocked_clients::table.find(&id)).execute(connection)
        };
        self.0.write(unblock).await.map(|deleted| deleted == 1)
    }

    /// Whether a client is shut out.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn is_blocked(&self, id: &str) -> Result<bool, DatabaseError> {
        let id = id.to_owned();
        self.0.look(move |connection| is_blocked(connection, &id)).await
    }

    /// Everyone who is shut out, and since when.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn blocked_clients(&self) -> Result<Vec<(String, Timestamp)>, DatabaseError> {
        let find = |connection: &mut _| {
            let rows = blocked_clients::table.order((blocked_clients::blocked_at, blocked_clients::id));
            rows.select((blocked_clients::id, blocked_clients::blocked_at)).load::<(String, i64)>(connection)
        };
        let rows = self.0.read(find).await?;
        Ok(rows.into_iter().map(|(id, blocked_at)| (id, Timestamp(blocked_at))).collect())
    }
}

/// Whether a client is shut out, within a transaction.
pub(super) fn is_blocked(connection: &mut AnyConnection, id: &str) -> QueryResult<bool> {
    Ok(Prepared(Blocked { id: id.to_owned() }).get_result::<String>(connection).optional()?.is_some())
}

/// The row of a client that is shut out.
struct Blocked {
    id: String,
}

impl Statement for Blocked {
    type Row = Text;

    fn write<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql("SELECT id FROM blocked_clients WHERE id = ");
        out.push_bind_param::<Text, _>(&self.id)
    }
}
