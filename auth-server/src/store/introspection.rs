//! A grant as introspection sees it: read, and never changed.

use diesel::{OptionalExtension, QueryDsl, RunQueryDsl, SelectableHelper};
use shared::database::DatabaseError;

use super::{Store, grants::Grant, schema::grants};

impl Store {
    /// The grant of that key. It went with its account when that was removed.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn grant(&self, id: i64) -> Result<Option<Grant>, DatabaseError> {
        let find = move |connection: &mut _| {
            grants::table.find(id).select(Grant::as_select()).first(connection).optional()
        };
        self.0.look(find).await
    }
}
