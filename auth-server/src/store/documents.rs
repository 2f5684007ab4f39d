//! The last good copies of metadata documents whose clients somebody has let in.

use diesel::{
    OptionalExtension, QueryDsl, RunQueryDsl, delete, sql_query,
    sql_types::{BigInt, Text},
};
use shared::{clock::Timestamp, database::DatabaseError};

use super::{Store, schema::client_documents};

impl Store {
    /// Keeps a document, in the place of an older one from the same URL.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn keep_document(
        &self,
        url: String,
        document: String,
        fetched_at: Timestamp,
    ) -> Result<(), DatabaseError> {
        let keep = move |connection: &mut _| {
            sql_query(
                "INSERT INTO client_documents (url, document, fetched_at) VALUES ($1, $2, $3)
                 ON CONFLICT (url) DO UPDATE SET document = excluded.document, fetched_at = excluded.fetched_at
                 WHERE client_documents.document <> excluded.document",
            )
            .bind::<Text, _>(&url)
            .bind::<Text, _>(&document)
            .bind::<BigInt, _>(fetched_at.seconds())
            .execute(connection)
        };
        self.0.write(keep).await.map(drop)
    }

    /// The document that was kept from that URL, and when it was fetched.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn kept_document(&self, url: &str) -> Result<Option<(String, Timestamp)>, DatabaseError> {
        let url = url.to_owned();
        let find = move |connection: &mut _| {
            client_documents::table
                .find(&url)
                .select((client_documents::document, client_documents::fetched_at))
                .first::<(String, i64)>(connection)
                .optional()
        };
        let found = self.0.read(find).await?;
        Ok(found.map(|(document, fetched_at)| (document, Timestamp(fetched_at))))
    }

    /// Forgets the document of that URL. Whether there was one.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn forget_document(&self, url: &str) -> Result<bool, DatabaseError> {
        let url = url.to_owned();
        let forget = move |connection: &mut _| delete(client_documents::table.find(&url)).execute(connection);
        Ok(self.0.write(forget).await? == 1)
    }
}
