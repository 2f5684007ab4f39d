//! Where the two databases differ when tables are copied: their catalogues, and rows as JSON. Rows travel as JSON, because
//! every column is a text, a number or a boolean, and each database turns those into its own types.

use diesel::{
    QueryResult, QueryableByName, RunQueryDsl, sql_query,
    sql_types::{BigInt, Text},
};

use super::AnyConnection;

/// Rows that travel at one time.
const ROWS: usize = 500;

/// SQL of one database. `{table}` stands for a table's name.
pub(super) struct Dialect {
    /// After the beginning of a transaction: what it sees stays as it is.
    pub(super) snapshot: &'static str,
    /// No limits for a connection that copies.
    pub(super) patience: &'static str,
    /// Names of all tables.
    tables: &'static str,
    /// Tables, and those they refer to.
    references: &'static str,
    columns: &'static str,
    /// Before and after the rows of a table are read.
    open: &'static str,
    close: &'static str,
    /// The rows behind a place.
    fetch: fn(&str, &[String], i64) -> String,
    /// Inserts a JSON array of rows.
    insert: fn(&str, &[String]) -> String,
}

pub(super) static SQLITE: Dialect = Dialect {
    snapshot: "SELECT count(*) FROM sqlite_master",
    patience: "",
    tables: "SELECT name AS name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    references: "SELECT m.name AS name, f.\"table\" AS parent FROM sqlite_master m
                 JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
    columns: "SELECT name AS name FROM pragma_table_info('{table}') ORDER BY name",
    open: "",
    close: "",
    fetch: |table, columns, place| {
        let members: Vec<String> = columns.iter().map(|name| format!("'{name}', \"{name}\"")).collect();
        format!(
            "SELECT rowid AS place, json_object({}) AS document FROM \"{table}\"
             WHERE rowid > {place} ORDER BY rowid LIMIT {ROWS}",
            members.join(", ")
        )
    },
    insert: |table, columns| {
        let list: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
        let values: Vec<String> =
            columns.iter().map(|name| format!("json_extract(value, '$.\"{name}\"')")).collect();
        let (list, values) = (list.join(", "), values.join(", "));
        format!("INSERT INTO \"{table}\" ({list}) SELECT {values} FROM json_each($1)")
    },
};

pub(super) static POSTGRES: Dialect = Dialect {
    snapshot: "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    patience: "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0",
    tables: "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema()",
    references: "SELECT child.relname::text AS name, parent.relname::text AS parent FROM pg_constraint c
                 JOIN pg_class child ON child.oid = c.conrelid JOIN pg_class parent ON parent.oid = c.confrelid
                 WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace",
    columns: "SELECT column_name::text AS name FROM information_schema.columns
              WHERE table_schema = current_schema() AND table_name = '{table}' ORDER BY column_name COLLATE \"C\"",
    open: "DECLARE reading NO SCROLL CURSOR FOR
           SELECT 0::bigint AS place, row_to_json(source)::text AS document FROM \"{table}\" source",
    close: "CLOSE reading",
    fetch: |_, _, _| format!("FETCH {ROWS} FROM reading"),
    insert: |table, _| {
        format!("INSERT INTO \"{table}\" SELECT * FROM json_populate_recordset(NULL::\"{table}\", $1::json)")
    },
};

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Reference {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    parent: String,
}

/// A row as JSON, and where it stands.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = Text)]
    document: String,
}

impl Dialect {
    /// Every table, those that others refer to before them. Its own book of migrations is not among them.
    pub(super) fn tables(&self, connection: &mut AnyConnection) -> QueryResult<Vec<String>> {
        let all: Vec<Name> = sql_query(self.tables).load(connection)?;
        let references: Vec<Reference> = sql_query(self.references).load(connection)?;
        let mut rest: Vec<String> = all.into_iter().map(|table| table.name).collect();
        rest.retain(|name| name != super::copy::HISTORY);
        rest.sort();
        let mut ordered: Vec<String> = Vec::new();
        while !rest.is_empty() {
            let waits = |name: &String| {
                let mut parents = references.iter().filter(|reference| reference.name == *name);
                parents.any(|reference| reference.parent != *name && rest.contains(&reference.parent))
            };
            let (later, now): (Vec<_>, Vec<_>) = rest.iter().cloned().partition(waits);
            if now.is_empty() {
                // Tables that refer to each other: no order would do, and the database will say so.
                ordered.extend(later);
                break;
            }
            ordered.extend(now);
            rest = later;
        }
        Ok(ordered)
    }

    /// The columns of a table, by name.
    pub(super) fn columns(&self, connection: &mut AnyConnection, table: &str) -> QueryResult<Vec<String>> {
        let names: Vec<Name> = sql_query(self.columns.replace("{table}", table)).load(connection)?;
        Ok(names.into_iter().map(|column| column.name).collect())
    }

    /// Shows every row of a table, some at a time.
    pub(super) fn read<E: From<diesel::result::Error>>(
        &self,
        connection: &mut AnyConnection,
        table: &str,
        mut show: impl FnMut(Vec<String>) -> Result<(), E>,
    ) -> Result<(), E> {
        let columns = self.columns(connection, table)?;
        execute(connection, &self.open.replace("{table}", table))?;
        let mut place = i64::MIN;
        loop {
            let rows: Vec<Row> = sql_query((self.fetch)(table, &columns, place)).load(connection)?;
            let Some(last) = rows.last() else { break };
            place = last.place;
            show(rows.into_iter().map(|row| row.document).collect())?;
        }
        execute(connection, self.close)?;
        Ok(())
    }

    /// Writes rows.
    pub(super) fn insert(
        &self,
        connection: &mut AnyConnection,
        (table, columns): (&str, &[String]),
        rows: &[String],
    ) -> QueryResult<usize> {
        let array = format!("[{}]", rows.join(","));
        sql_query((self.insert)(table, columns)).bind::<Text, _>(array).execute(connection)
    }
}

/// Runs a statement, if there is one.
pub(super) fn execute(connection: &mut AnyConnection, statement: &str) -> QueryResult<()> {
    match statement {
        "" => Ok(()),
        statement => diesel::connection::SimpleConnection::batch_execute(connection, statement),
    }
}
