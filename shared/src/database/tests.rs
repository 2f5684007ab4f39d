//! The queue on a real file: groups, failures of one among many, durability across a reopening, broken connections; copies.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::Duration,
};

use diesel::{
    QueryableByName, RunQueryDsl,
    result::{DatabaseErrorKind, Error},
    sql_query,
    sql_types::BigInt,
};

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

/// A queue on a file whose connections can be refused.
fn shaky(batch: usize) -> (tempfile::TempDir, queue::Queue, Arc<AtomicBool>) {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(folder.path().join("things.db").display().to_string());
    let first = connect(&url).unwrap();
    let refused = Arc::new(AtomicBool::new(false));
    let is_refused = Arc::clone(&refused);
    let connect: worker::Connect = Arc::new(move || match is_refused.load(Ordering::Relaxed) {
        true => Err(DatabaseError::Connect("refused".to_owned())),
        false => connect(&url),
    });
    (
        folder,
        queue::Queue::start(
            ("shaky", figures::Figures::default().of("shaky")),
            vec![first],
            (&connect, batch),
        ),
        refused,
    )
}

/// A job that finds its connection broken the first few times, and says how often it was run.
fn broken(times: i64) -> impl FnMut(&mut AnyConnection) -> QueryResult<i64> + Send + 'static {
    let mut runs = 0;
    move |_| {
        runs += 1;
        let gone = DatabaseErrorKind::ClosedConnection;
        if runs <= times { Err(Error::DatabaseError(gone, Box::new("gone".to_owned()))) } else { Ok(runs) }
    }
}

#[tokio::test]
async fn what_was_not_committed_is_run_once_more_on_a_new_connection() {
    for batch in [1, 256] {
        let (_folder, queue, _) = shaky(batch);
        assert_eq!(queue.run(broken(1)).await.unwrap(), 2, "batch {batch}");
        assert!(
            matches!(queue.run(broken(2)).await, Err(DatabaseError::Away)),
            "batch {batch}: and not again"
        );
    }
}

/// A commit that fails after its values were told: the one job is run again alone, and the other one's failure is its own.
#[tokio::test]
async fn what_is_done_during_a_commit_is_done_again_where_the_job_is() {
    let (_folder, queue, _) = shaky(256);
    let create = |connection: &mut AnyConnection| {
        connection.batch_execute(
            "CREATE TABLE things (id BIGINT PRIMARY KEY);
             CREATE TABLE parts (thing BIGINT REFERENCES things (id) DEFERRABLE INITIALLY DEFERRED);",
        )
    };
    assert_eq!(queue.run_while(create, |()| 1).await.unwrap(), ((), 1));
    let (free, held) = std::sync::mpsc::channel::<()>();
    // Whoever comes meanwhile is committed together.
    let hold = queue.run(move |_| {
        let _ = held.recv();
        Ok(())
    });
    let mut runs = 0;
    let good = move |connection: &mut AnyConnection| {
        runs += 1;
        insert(connection, 1).map(|_| runs)
    };
    let done = AtomicU32::new(0);
    let meanwhile = |runs: &i32| {
        done.fetch_add(1, Ordering::Relaxed);
        runs * 10
    };
    let orphan =
        |connection: &mut AnyConnection| sql_query("INSERT INTO parts VALUES (7)").execute(connection);
    let (_, good, orphan, ()) =
        tokio::join!(hold, queue.run_while(good, meanwhile), queue.run(orphan), async { drop(free) });
    assert_eq!(good.unwrap(), (2, 20));
    assert_eq!(done.load(Ordering::Relaxed), 2, "once for each value");
    assert!(orphan.is_err());
}

#[tokio::test]
async fn a_lookup_sees_what_was_committed_and_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("things.db").display());
    for connections in [2, 3] {
        let options = Options { connections: Some(connections), ..Options::default() };
        let database = Database::open_with(&url, options, NO_MIGRATIONS).unwrap();
        assert_eq!(database.lookups.is_some(), connections == 3);
        let create = |connection: &mut AnyConnection| {
            connection.batch_execute("CREATE TABLE IF NOT EXISTS things (id BIGINT PRIMARY KEY)")
        };
        database.write(create).await.unwrap();
        let id = i64::try_from(connections).unwrap();
        database.write(move |connection| insert(connection, id)).await.unwrap();
        let found = database.look(move |connection| {
            sql_query("SELECT id AS count FROM things WHERE id = $1")
                .bind::<BigInt, _>(id)
                .get_result::<Count>(connection)
        });
        assert_eq!(found.await.unwrap().count, id);
        let wrong = |connection: &mut AnyConnection| sql_query("SELECT nothing").execute(connection);
        assert!(matches!(database.look(wrong).await, Err(DatabaseError::Query(_))));
    }
}

#[tokio::test]
async fn nobody_waits_for_a_database_that_is_away() {
    for batch in [1, 256] {
        let (_folder, queue, refused) = shaky(batch);
        refused.store(true, Ordering::Relaxed);
        assert!(matches!(queue.run(broken(1)).await, Err(DatabaseError::Away)), "batch {batch}");
        for _ in 0..100 {
            assert!(matches!(queue.run(|_| Ok(())).await, Err(DatabaseError::Away)), "batch {batch}");
        }
        refused.store(false, Ordering::Relaxed);
        let back = async {
            while queue.run(|_| Ok(())).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), back).await.unwrap();
    }
}

#[tokio::test]
async fn a_queue_ends_while_its_database_is_away() {
    let (_folder, queue, refused) = shaky(1);
    refused.store(true, Ordering::Relaxed);
    assert!(queue.run(broken(1)).await.is_err());
    drop(queue);
    // Its thread owned the last other reference once it has ended.
    let ended = async {
        while Arc::strong_count(&refused) > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), ended).await.unwrap();
}

#[test]
fn a_copy_holds_what_the_source_holds_and_replaces_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    for name in ["a", "b", "c"] {
        let mut connection = connect(&DatabaseUrl::parse(&url(name)).unwrap()).unwrap();
        migrate(&mut connection, NO_MIGRATIONS).unwrap();
        connection
            .batch_execute(
                "CREATE TABLE parents (id BIGINT PRIMARY KEY, is_old BOOLEAN NOT NULL, sealed TEXT);
                 CREATE TABLE children (id TEXT PRIMARY KEY, parent BIGINT REFERENCES parents (id));",
            )
            .unwrap();
    }
    let fill = "INSERT INTO parents VALUES (9007199254740993, TRUE, 'open'), (-1, FALSE, NULL);
                INSERT INTO children VALUES ('quote '' \" \\ ä', 9007199254740993);";
    connect(&DatabaseUrl::parse(&url("a")).unwrap()).unwrap().batch_execute(fill).unwrap();
    let opens = |text: &str| text == "open";
    let copied = |from: &str, to: &str| copy::copy(&url(from), &url(to), NO_MIGRATIONS, &opens);

    let sealed = copy::copy(&url("a"), &url("b"), NO_MIGRATIONS, &|_| false);
    assert!(matches!(sealed, Err(copy::CopyError::Sealed(table)) if table == "parents"));
    let first = copied("a", "b").unwrap();
    assert_eq!(first.tables, [("parents".to_owned(), 2), ("children".to_owned(), 1)]);
    assert!(!first.was_there);
    assert_eq!(copied("a", "b").unwrap(), copy::Copied { was_there: true, ..first });
    connect(&DatabaseUrl::parse(&url("b")).unwrap())
        .unwrap()
        .batch_execute("UPDATE parents SET is_old = TRUE")
        .unwrap();
    assert!(matches!(copied("a", "b"), Err(copy::CopyError::Occupied(table)) if table == "parents"));
    assert!(matches!(copied("missing", "c"), Err(copy::CopyError::NoSource(_))));
    assert!(!folder.path().join("missing").exists());
}
