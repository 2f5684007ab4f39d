//! Statements of the hottest paths, kept prepared: diesel keeps what reads, and prepares every update and every text anew,
//! which costs more than running it.

use diesel::{
    Connection, QueryResult, RunQueryDsl,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
};
use shared::database::AnyConnection;

/// Both databases in one.
pub(super) type Backend = <AnyConnection as Connection>::Backend;

/// A statement whose text is always the same, with its values.
pub(super) trait Statement: 'static {
    /// Of what it returns; `Untyped` where that is nothing.
    type Row;

    /// Writes it: text by `push_sql`, values by `push_bind_param`.
    fn write<'b>(&'b self, out: AstPass<'_, 'b, Backend>) -> QueryResult<()>;
}

/// A statement that is prepared once a connection.
pub(super) struct Prepared<S>(pub(super) S);

impl<S: Statement> QueryId for Prepared<S> {
    type QueryId = Prepared<S>;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<S: Statement> Query for Prepared<S> {
    type SqlType = S::Row;
}

impl<S: Statement> QueryFragment<Backend> for Prepared<S> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        self.0.write(out)
    }
}

impl<S: Statement> RunQueryDsl<AnyConnection> for Prepared<S> {}
