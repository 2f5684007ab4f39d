//! A fresh PostgreSQL schema for one service of one world.

use diesel::{Connection, PgConnection, connection::SimpleConnection};

use crate::failure::Outcome;

/// A schema that is dropped with the world.
pub(super) struct Schema {
    server: String,
    name: String,
}

impl Schema {
    /// Makes one on the server at this URL.
    pub(super) fn create(server: &str) -> Outcome<Schema> {
        let chance: String = shared::random::bytes::<8>().iter().map(|byte| format!("{byte:02x}")).collect();
        let schema = Schema { server: server.to_owned(), name: format!("test_{chance}") };
        PgConnection::establish(server)?.batch_execute(&format!("CREATE SCHEMA {}", schema.name))?;
        Ok(schema)
    }

    /// A URL at which every table is in this schema.
    pub(super) fn url(&self) -> String {
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
