//! A fresh PostgreSQL schema for one service.

use diesel::{Connection, PgConnection, connection::SimpleConnection};

use crate::failure::Outcome;

/// A schema that is dropped with its owner.
pub struct Schema {
    server: String,
    name: String,
}

impl Schema {
    /// Makes one where `TEST_POSTGRES_URL` points; none without that variable.
    ///
    /// # Errors
    /// The server cannot be reached, or refuses.
    pub fn create() -> Outcome<Option<Schema>> {
        let Some(server) = std::env::var("TEST_POSTGRES_URL").ok().filter(|url| !url.is_empty()) else {
            return Ok(None);
        };
        let chance: String = shared::random::bytes::<8>().iter().map(|byte| format!("{byte:02x}")).collect();
        let schema = Schema { server, name: format!("test_{chance}") };
        PgConnection::establish(&schema.server)?.batch_execute(&format!("CREATE SCHEMA {}", schema.name))?;
        Ok(Some(schema))
    }

    /// A URL at which every table is in this schema.
    pub fn url(&self) -> String {
        let separator = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{separator}options=-csearch_path%3D{}", self.server, self.name)
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        // What cannot be dropped stays under its random name and disturbs no other test.
        if let Ok(mut connection) = PgConnection::establish(&self.server) {
            let _ = connection.batch_execute(&format!("DROP SCHEMA {} CASCADE", self.name));
        }
    }
}
