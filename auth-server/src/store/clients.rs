//! Clients with a row: registrations too large to be their own `client_id`, and those an operator made.

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, delete, insert_into, sql_query,
    sql_types::{BigInt, Nullable, Text},
    update,
};
use shared::{
    clock::Timestamp,
    database::{AnyConnection, DatabaseError},
};

use super::{
    Store,
    schema::{clients, grants, preregistered_clients},
};

/// The row of a client an operator made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreregisteredRow {
    /// `client_id`.
    pub id: String,
    /// What the operator decided, as text.
    pub registration: String,
    /// Digest of its secret; none for public clients and for those with keys.
    pub secret_digest: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

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
        self.0.look(find).await
    }

    /// Every stored registration: id and text, the oldest first.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn clients(&self) -> Result<Vec<(String, String)>, DatabaseError> {
        let find = |connection: &mut _| {
            let rows = clients::table.order((clients::created_at, clients::id));
            rows.select((clients::id, clients::registration)).load::<(String, String)>(connection)
        };
        self.0.read(find).await
    }

    /// Stores a client an operator made. False when its id is taken.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn add_preregistered_client(&self, row: PreregisteredRow) -> Result<bool, DatabaseError> {
        let insert = move |connection: &mut _| {
            sql_query(
                "INSERT INTO preregistered_clients (id, registration, secret_digest, created_at)
                 VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING",
            )
            .bind::<Text, _>(&row.id)
            .bind::<Text, _>(&row.registration)
            .bind::<Nullable<Text>, _>(&row.secret_digest)
            .bind::<BigInt, _>(row.created_at.seconds())
            .execute(connection)
        };
        self.0.write(insert).await.map(|inserted| inserted == 1)
    }

    /// The client an operator made under that id.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn preregistered_client(&self, id: &str) -> Result<Option<PreregisteredRow>, DatabaseError> {
        let id = id.to_owned();
        let find = move |connection: &mut _| {
            preregistered_clients::table.find(&id).first::<Columns>(connection).optional()
        };
        Ok(self.0.look(find).await?.map(PreregisteredRow::from))
    }

    /// Every client an operator made, the oldest first.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn preregistered_clients(&self) -> Result<Vec<PreregisteredRow>, DatabaseError> {
        let find = |connection: &mut _| {
            let order = (preregistered_clients::created_at, preregistered_clients::id);
            preregistered_clients::table.order(order).load::<Columns>(connection)
        };
        Ok(self.0.read(find).await?.into_iter().map(PreregisteredRow::from).collect())
    }

    /// Removes a client that has a row and revokes its grants, in one step. How many it had; none when there is no such
    /// row.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn remove_client(&self, id: String, now: Timestamp) -> Result<Option<usize>, DatabaseError> {
        let remove = move |connection: &mut AnyConnection| {
            let made = delete(preregistered_clients::table.find(&id)).execute(connection)?;
            let stored = delete(clients::table.find(&id)).execute(connection)?;
            match made + stored {
                0 => Ok(None),
                _ => revoke_grants(connection, &id, now).map(Some),
            }
        };
        self.0.write(remove).await
    }
}

/// A row as it comes: id, registration, digest of the secret, instant.
type Columns = (String, String, Option<String>, i64);

impl From<Columns> for PreregisteredRow {
    fn from((id, registration, secret_digest, created_at): Columns) -> PreregisteredRow {
        PreregisteredRow { id, registration, secret_digest, created_at: Timestamp(created_at) }
    }
}

/// Ends whatever a client was let into.
pub(super) fn revoke_grants(
    connection: &mut AnyConnection,
    client_id: &str,
    now: Timestamp,
) -> QueryResult<usize> {
    update(grants::table.filter(grants::client_id.eq(client_id)).filter(grants::revoked_at.is_null()))
        .set(grants::revoked_at.eq(now.seconds()))
        .execute(connection)
}
