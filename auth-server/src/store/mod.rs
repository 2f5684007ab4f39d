//! The rows. Only here is diesel; a row is changed by one guarded statement whose row count is the answer.

pub mod accounts;
pub mod assertions;
pub mod blocks;
pub mod clients;
pub mod connections;
pub mod copy;
pub mod documents;
pub mod grants;
pub mod identities;
pub mod incidents;
pub mod inspection;
pub mod links;
pub mod passkeys;
mod passwords;
mod prepared;
pub mod redemption;
pub mod reseal;
mod schema;
pub mod sign_ins;
pub mod signing_keys;
pub mod sweep;
pub mod upstream_attempts;
pub mod users;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use shared::database::{Database, DatabaseError, Options};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations/auth-server");

/// What is stored. Cheap to clone.
#[derive(Clone)]
pub struct Store(Database);

impl Store {
    /// Opens the database a URL names and brings it up to date.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub fn open(url: &str) -> Result<Store, DatabaseError> {
        Store::open_with(url, Options::default())
    }

    /// The same with a number of connections, and patience with a database that is not there yet.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub fn open_with(url: &str, options: Options) -> Result<Store, DatabaseError> {
        Database::open_with(url, options, MIGRATIONS).map(Store)
    }

    /// What the rows are in.
    pub(crate) fn database(&self) -> &Database {
        &self.0
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn answers(&self) -> Result<(), DatabaseError> {
        self.0.answers().await
    }
}
