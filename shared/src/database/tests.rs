//! The queue on a real file: groups, failures of one among many, durability across a reopening.

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::BigInt};

use super::*;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

const NO_MIGRATIONS: EmbeddedMigrations = EmbeddedMigrations::new(&[]);

fn insert(connection: &mut AnyConnection, id: i64) -> QueryResult<usize> {
    sql_query("INSERT INTO things (id) VALUES ($1)").bind::<BigInt, _>(id).execute(connection)
}

async fn count(database: &Database) -> i64 {
    let count = |connection: &mut AnyConnection| {
        sql_query("SELECT count(*) AS count FROM things").get_result::<Count>(connection)
    };
    database.read(count).await.unwrap().count
}

#[tokio::test]
async fn one_failing_write_leaves_its_neighbours_committed() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("new/things.db").display());
    let database = Database::open(&url, NO_MIGRATIONS).unwrap();
    let create = |connection: &mut AnyConnection| {
        sql_query("CREATE TABLE things (id BIGINT PRIMARY KEY)").execute(connection)
    };
    database.write(create).await.unwrap();

    let writes: Vec<_> = (0..100)
        .map(|number| {
            let database = database.clone();
            // Every id stands twice: the second of each pair must fail, and only it.
            tokio::spawn(async move { database.write(move |c| insert(c, number / 2)).await })
        })
        .collect();
    let mut committed = 0;
    for write in writes {
        committed += i64::from(write.await.unwrap().is_ok());
    }
    assert_eq!(committed, 50);
    assert_eq!(count(&database).await, 50);

    drop(database);
    let again = Database::open(&url, NO_MIGRATIONS).unwrap();
    assert_eq!(count(&again).await, 50);
}

#[test]
fn an_unknown_scheme_makes_no_file() {
    for url in ["postgress://h/d", "data/auth.db", "sqlite:", ""] {
        assert!(matches!(Database::open(url, NO_MIGRATIONS), Err(DatabaseError::UnknownScheme)), "{url}");
    }
}
