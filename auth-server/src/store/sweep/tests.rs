use diesel::QueryableByName;

use super::*;

const GRANTS: usize = 100_000;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    detail: String,
}

async fn run(store: &Store, statement: &'static str) -> usize {
    store
        .0
        .write(move |connection: &mut AnyConnection| sql_query(statement).execute(connection))
        .await
        .unwrap()
}

fn store(folder: &tempfile::TempDir) -> Store {
    Store::open(&format!("sqlite:{}", folder.path().join("a.db").display())).unwrap()
}

/// What SQLite would do.
async fn plan(store: &Store, statement: String) -> Vec<String> {
    let explain = move |connection: &mut AnyConnection| {
        sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load::<Line>(connection)
    };
    store.0.read(explain).await.unwrap().into_iter().map(|line| line.detail).collect()
}

/// One in ten is live, made at 10; the others were refreshed last at 5, and of those every second one was revoked.
async fn fill(store: &Store) {
    run(
        store,
        "INSERT INTO users (id, login, email, password_hash, created_at) VALUES ('u', 'u', 'u', '', 0)",
    )
    .await;
    let made = run(
        store,
        "INSERT INTO grants (id, tag, user_id, client_id, redirect_uri, resource, scope, generation, rotated_at,
                             created_at, revoked_at)
         WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000)
         SELECT n * 7, 't', 'u', 'c', 'r', 'm', 's', 0, CASE n % 10 WHEN 0 THEN 10 ELSE 5 END, 1,
                CASE n % 20 WHEN 1 THEN 5 END FROM numbers",
    )
    .await;
    assert_eq!(made, GRANTS);
}

#[tokio::test]
async fn a_hundred_thousand_grants_go_in_small_steps_and_the_live_ones_stay() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    fill(&store).await;
    let over = Over { made: Timestamp(9), refreshed: Timestamp(9), revoked: Timestamp(9) };
    let (mut next, mut forgotten, mut steps) = (Some(i64::MIN), 0, 0);
    while let Some(after) = next {
        let step = store.forget_grants(after, over, Timestamp(20)).await.unwrap();
        assert!(step.forgotten <= 500, "{step:?}");
        (next, forgotten, steps) = (step.next, forgotten + step.forgotten, steps + 1);
    }
    assert_eq!((forgotten, steps), (GRANTS / 10 * 9, GRANTS / 500 + 1));
    let left = |connection: &mut AnyConnection| {
        grants::table.filter(grants::rotated_at.eq(10)).count().get_result::<i64>(connection)
    };
    assert_eq!(store.0.read(left).await.unwrap(), i64::try_from(GRANTS / 10).unwrap());
    // Again: nothing is left to do, and nothing is written.
    let step = store.forget_grants(i64::MIN, over, Timestamp(20)).await.unwrap();
    assert_eq!(step.forgotten, 0);
}

#[tokio::test]
async fn rows_with_an_end_go_by_its_index_a_step_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    for ending in Ending::ALL {
        let statement = ending.statement().replace("$1", "5").replace("$2", "500");
        let plan = plan(&store, statement).await;
        let uses = |line: &String| line.contains("USING") && !line.starts_with("SCAN");
        assert!(plan.iter().any(|line| line.contains("_at<?") && uses(line)), "{ending:?}: {plan:?}");
        let scans = plan.iter().filter(|line| line.starts_with("SCAN")).count();
        assert_eq!(scans, 0, "{ending:?}: {plan:?}");
    }
    run(
        &store,
        "INSERT INTO client_assertions (id, expires_at)
         WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1201)
         SELECT 'a' || n, n FROM numbers",
    )
    .await;
    for expected in [500, 500, 200, 0] {
        assert_eq!(store.forget_ended(Ending::Assertions, Timestamp(1200)).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn grants_are_found_by_their_key_and_by_their_client() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    for (statement, index) in [
        ("SELECT id, created_at FROM grants WHERE id > 1 ORDER BY id LIMIT 500", "INTEGER PRIMARY KEY"),
        ("DELETE FROM grants WHERE id > 1 AND id <= 500 AND created_at <= 5", "PRIMARY KEY"),
        (
            "SELECT 1 FROM clients WHERE NOT EXISTS (SELECT 1 FROM grants WHERE grants.client_id = clients.id)",
            "grants_client_id",
        ),
    ] {
        let plan = plan(&store, statement.to_owned()).await;
        let is_found = |line: &String| {
            line.starts_with("SEARCH grants")
                && (line.contains(index) || line.contains("sqlite_autoindex_grants"))
        };
        assert!(plan.iter().any(is_found), "{statement}: {plan:?}");
    }
}
