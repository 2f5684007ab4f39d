//! A copy of a whole database into another one of either kind: one transaction, checked before it is committed.

use std::{collections::BTreeMap, path::Path};

use diesel::{
    Connection, QueryableByName, RunQueryDsl, connection::TransactionManager, result::Error, sql_query,
    sql_types::Text,
};
use diesel_migrations::EmbeddedMigrations;
use ring::digest::{SHA256, digest};
use serde_json::Value;

use super::{
    AnyConnection, DatabaseError, DatabaseUrl, begin, connect,
    dialect::{self, Dialect},
    dialect_of, migrate,
};

/// The book of migrations, which each database keeps itself.
pub(super) const HISTORY: &str = "__diesel_schema_migrations";

type Transactions = <AnyConnection as Connection>::TransactionManager;

/// What was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Every table with its number of rows.
    pub tables: Vec<(String, u64)>,
    /// Whether all of it was there already, from an earlier run.
    pub was_there: bool,
}

/// Why nothing was copied. The target is as it was.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Either database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A statement.
    #[error("the database refused: {0}")]
    Query(#[from] Error),
    /// There is no such file.
    #[error("there is no database at {0}")]
    NoSource(String),
    /// Another version wrote it.
    #[error("the source has another schema than this version: start this version on it once, then copy")]
    Schema,
    /// Somebody's data would be mixed with it.
    #[error("the target holds other data than the source, in {0}: choose an empty database")]
    Occupied(String),
    /// It does not open.
    #[error(
        "a row of {0} is sealed with a secret that was not given: set SECRET_KEYS to the secrets of the source"
    )]
    Sealed(String),
    /// What was written reads otherwise.
    #[error("{0} does not read as it was written")]
    Different(String),
    /// A row that is no JSON.
    #[error("a row of {0} cannot be read")]
    Row(String),
}

/// Copies everything of one database into another, which is brought up to date first and must be empty or hold the same.
/// `opens` is asked about every text in a column called `sealed`.
///
/// # Errors
/// See [`CopyError`].
pub fn copy(
    from: &str,
    to: &str,
    migrations: EmbeddedMigrations,
    opens: &dyn Fn(&str) -> bool,
) -> Result<Copied, CopyError> {
    let (from, to) = (DatabaseUrl::parse(from)?, DatabaseUrl::parse(to)?);
    if let DatabaseUrl::Sqlite(path) = &from
        && !Path::new(path).exists()
    {
        return Err(CopyError::NoSource(path.clone()));
    }
    let mut source = Side::open(&from)?;
    let mut target = Side::open(&to)?;
    migrate(&mut target.connection, migrations)?;
    Transactions::begin_transaction(&mut source.connection)?;
    dialect::execute(&mut source.connection, source.dialect.snapshot)?;
    if source.history()? != target.history()? {
        return Err(CopyError::Schema);
    }
    begin(&mut target.connection)?;
    let copied = fill(&mut source, &mut target, opens)?;
    Transactions::commit_transaction(&mut target.connection)?;
    Transactions::rollback_transaction(&mut source.connection)?;
    Ok(copied)
}

/// Copies and compares, in the transactions both have begun.
fn fill(source: &mut Side, target: &mut Side, opens: &dyn Fn(&str) -> bool) -> Result<Copied, CopyError> {
    let tables = source.dialect.tables(&mut source.connection)?;
    let mut held = BTreeMap::new();
    for table in &tables {
        held.insert(table.clone(), target.sum(table, &|_| true)?);
    }
    if held.values().any(|sum| sum.rows > 0) {
        return compare(source, (&tables, &held), opens);
    }
    let mut counted = Vec::new();
    for table in tables {
        let columns = target.dialect.columns(&mut target.connection, &table)?;
        let mut read = Sum::default();
        source.dialect.read(&mut source.connection, &table, |rows| {
            read.add(&table, &rows, opens)?;
            target.dialect.insert(&mut target.connection, (&table, &columns), &rows)?;
            Ok::<_, CopyError>(())
        })?;
        if target.sum(&table, &|_| true)? != read {
            return Err(CopyError::Different(table));
        }
        counted.push((table, read.rows));
    }
    Ok(Copied { tables: counted, was_there: false })
}

/// A target that holds rows may hold the very same: then an earlier run has done it all.
fn compare(
    source: &mut Side,
    (tables, held): (&[String], &BTreeMap<String, Sum>),
    opens: &dyn Fn(&str) -> bool,
) -> Result<Copied, CopyError> {
    let mut counted = Vec::new();
    for table in tables {
        let sum = source.sum(table, opens)?;
        if held.get(table) != Some(&sum) {
            return Err(CopyError::Occupied(table.clone()));
        }
        counted.push((table.clone(), sum.rows));
    }
    Ok(Copied { tables: counted, was_there: true })
}

/// One of the two databases.
struct Side {
    connection: AnyConnection,
    dialect: &'static Dialect,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

impl Side {
    fn open(url: &DatabaseUrl) -> Result<Side, CopyError> {
        let mut connection = connect(url)?;
        let dialect = dialect_of(&connection);
        dialect::execute(&mut connection, dialect.patience)?;
        Ok(Side { connection, dialect })
    }

    /// The migrations it has had. None where there is no book of them.
    fn history(&mut self) -> Result<Vec<String>, CopyError> {
        let query = sql_query(format!("SELECT version AS version FROM {HISTORY} ORDER BY version"));
        let versions: Vec<Version> = query.load(&mut self.connection).map_err(|_| CopyError::Schema)?;
        Ok(versions.into_iter().map(|row| row.version).collect())
    }

    fn sum(&mut self, table: &str, opens: &dyn Fn(&str) -> bool) -> Result<Sum, CopyError> {
        let mut sum = Sum::default();
        self.dialect.read(&mut self.connection, table, |rows| sum.add(table, &rows, opens))?;
        Ok(sum)
    }
}

/// How many rows there are, and the sum of their digests: the same whatever their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    rows: u64,
    digests: u128,
}

impl Sum {
    fn add(&mut self, table: &str, rows: &[String], opens: &dyn Fn(&str) -> bool) -> Result<(), CopyError> {
        for row in rows {
            let row: BTreeMap<String, Value> =
                serde_json::from_str(row).map_err(|_| CopyError::Row(table.to_owned()))?;
            if row.get("sealed").and_then(Value::as_str).is_some_and(|text| !opens(text)) {
                return Err(CopyError::Sealed(table.to_owned()));
            }
            self.rows += 1;
            self.digests = self.digests.wrapping_add(digest_of(&row));
        }
        Ok(())
    }
}

fn digest_of(row: &BTreeMap<String, Value>) -> u128 {
    let mut text = String::new();
    for (name, value) in row {
        // SQLite keeps booleans as numbers.
        let value = value.as_bool().map_or_else(|| value.clone(), |is_true| Value::from(u8::from(is_true)));
        text.push_str(&format!("{name:?}:{value},"));
    }
    let digest = digest(&SHA256, text.as_bytes());
    let mut first = [0; 16];
    first.copy_from_slice(&digest.as_ref()[..16]);
    u128::from_le_bytes(first)
}
