//! Registrations that are too large to be their own `client_id`.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, insert_into};
use shared::{clock::Timestamp, database::DatabaseError};

use super::{Store, schema::clients};

impl Store {
    /// Stores a registration under its id.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn add_client(
        &self,
        id: String,
        registration: String,
        now: Timestamp,
    ) -> Result<(), DatabaseError> {
        let insert = move |connection: &mut _| {
            insert_into(clients::table)
                .values((
                    clients::id.eq(&id),
                    clients::registration.eq(&registration),
                    clients::created_at.eq(now.seconds()),
                ))
                .execute(connection)
        };
        self.0.write(insert).await.map(drop)
    }

    /// The registration of that id.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn client(&self, id: &str) -> Result<Option<String>, DatabaseError> {
        let id = id.to_owned();
        let find = move |connection: &mut _| {
            clients::table.find(&id).select(clients::registration).first::<String>(connection).optional()
        };
        self.0.read(find).await
    }
}
