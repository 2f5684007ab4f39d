//! A database as it is, for whoever looks without changing it.

use diesel::{
    Connection, QueryableByName, RunQueryDsl, migration::MigrationSource, sql_query, sql_types::Text,
};
use diesel_migrations::EmbeddedMigrations;
use shared::database::{AnyConnection, Database, DatabaseError};

use super::{MIGRATIONS, Store};

/// How the schema stands to this program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// What the next start would apply.
    pub missing: Vec<String>,
    /// What a newer program has applied.
    pub unknown: Vec<String>,
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

impl Store {
    /// Opens a database without bringing it up to date.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub fn open_as_it_is(url: &str) -> Result<Store, DatabaseError> {
        Database::open(url, EmbeddedMigrations::new(&[])).map(Store)
    }

    /// Compares the schema with this program's.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn inspect(&self) -> Result<Inspection, DatabaseError> {
        let own = versions()?;
        let read = |connection: &mut AnyConnection| {
            sql_query("SELECT version FROM __diesel_schema_migrations").load::<Applied>(connection)
        };
        let applied: Vec<String> = self.0.read(read).await?.into_iter().map(|row| row.version).collect();
        let without = |these: &[String], those: &[String]| {
            these.iter().filter(|version| !those.contains(version)).cloned().collect()
        };
        Ok(Inspection { missing: without(&own, &applied), unknown: without(&applied, &own) })
    }

    /// Whether the database takes a change, tried with one that changes nothing.
    ///
    /// # Errors
    /// It does not.
    pub async fn try_to_write(&self) -> Result<(), DatabaseError> {
        let write = |connection: &mut AnyConnection| {
            sql_query("UPDATE __diesel_schema_migrations SET version = version WHERE 1 = 0")
                .execute(connection)
        };
        self.0.write(write).await.map(drop)
    }
}

/// The versions this program knows.
fn versions() -> Result<Vec<String>, DatabaseError> {
    type Backend = <AnyConnection as Connection>::Backend;
    let migrations = MigrationSource::<Backend>::migrations(&MIGRATIONS)
        .map_err(|fault| DatabaseError::Migrate(fault.to_string()))?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_missing_is_told_and_not_applied() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("a.db").display());
        let bare = Store::open_as_it_is(&url).unwrap();
        let own = versions().unwrap();
        assert_eq!(bare.inspect().await.unwrap(), Inspection { missing: own, unknown: Vec::new() });
        bare.try_to_write().await.unwrap();
        drop(bare);
        let whole = Store::open(&url).unwrap();
        assert_eq!(whole.inspect().await.unwrap(), Inspection::default());
    }
}
