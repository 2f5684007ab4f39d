//! Both servers as an operator runs them, one person with a session and a grant, and as many more grants as a figure needs.

use std::path::Path;

use auth_server::{
    App, Settings,
    keys::{mint::Grantee, secrets::Secrets},
    oauth::refresh_token::{PURPOSE, RefreshToken},
};
use conformance::{
    actor::{Actor, TokenSet},
    failure::{Failure, Outcome},
};
use diesel::{
    QueryResult, QueryableByName, RunQueryDsl, sql_query,
    sql_types::{BigInt, Text},
};
use diesel_migrations::EmbeddedMigrations;
use shared::{
    clock::Clock,
    database::{AnyConnection, Database},
};
use tempfile::TempDir;

use crate::{cpu::Cores, server::Server};

const EMAIL: &str = "demo@example.com";
const PASSWORD: &str = "correct horse battery staple";
/// The first key of the grants that are made here: none that a server makes is that small.
const FIRST: i64 = 1;
/// So many grants belong to one person.
const PER_PERSON: i64 = 10;
/// So many are made at one time: no statement may take long.
const AT_ONCE: i64 = 50_000;

/// What answers a probe without looking at anything.
pub const ALIVE: &str = "/healthz";

/// Both servers, and the folder of everything they store.
pub struct Stage {
    /// The auth-server.
    pub auth: Server,
    /// The mcp-server.
    pub mcp: Server,
    /// The same auth-server without its listener: makes what would take a client a day to come by.
    app: Option<App>,
    /// Its rows.
    database: Option<Database>,
    // Removed after the servers.
    folder: TempDir,
}

impl Stage {
    /// Ports, settings and a folder; nothing runs yet. Without a PostgreSQL the rows are in files.
    ///
    /// # Errors
    /// There is no place for a folder, or no free port.
    pub fn prepare(programs: &Path, cores: Cores, postgres: Option<&str>) -> Outcome<Stage> {
        // Beside the programs: on a disk, which `/tmp` often is not.
        let folder = tempfile::Builder::new().prefix("load-").tempdir_in(programs)?;
        let secret = Secrets::fresh();
        let mut auth = Server::new(&programs.join("auth-server"), folder.path(), cores)?;
        let mut mcp = Server::new(&programs.join("mcp-server"), folder.path(), cores)?;
        let file = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
        let database = postgres.map_or_else(|| file("auth-server.db"), str::to_owned);
        let (issuer, resource) = (auth.origin(), format!("{}/mcp", mcp.origin()));
        auth.set("ISSUER", &issuer)
            .set("RESOURCES", &resource)
            .set("DATABASE_URL", &database)
            .set("SECRET_KEYS", &secret)
            .set("SETUP_LINK", "off")
            .set("RATE_LIMITS", "off");
        mcp.set("ISSUER", &issuer)
            .set("RESOURCE", &resource)
            .set("DATABASE_URL", file("mcp-server.db"))
            .set("RATE_LIMITS", "off");
        Ok(Stage { auth, mcp, app: None, database: None, folder })
    }

    /// Both running, and an account.
    ///
    /// # Errors
    /// One of them does not start.
    pub async fn start(&mut self) -> Outcome {
        self.auth.start(ALIVE).await?;
        self.mcp.start(ALIVE).await?;
        let app = App::open(Settings::from_env(&self.auth.settings().collect())?, Clock::system()).await?;
        app.add_user(EMAIL, PASSWORD).await?;
        self.database = Some(Database::open(&app.settings.database_url, EmbeddedMigrations::new(&[]))?);
        self.app = Some(app);
        Ok(())
    }

    fn database(&self) -> Outcome<&Database> {
        self.database.as_ref().ok_or_else(|| Failure::new("the servers do not run"))
    }

    fn app(&self) -> Outcome<&App> {
        self.app.as_ref().ok_or_else(|| Failure::new("the servers do not run"))
    }

    /// Where both store their files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The client that ChatGPT registers, and a person who has allowed it and is signed in.
    ///
    /// # Errors
    /// Something was not answered with success.
    pub async fn sign_in(&self, auth_method: &str) -> Outcome<(Actor, TokenSet)> {
        let mut actor = self.stranger()?;
        let request = actor.register_request().with("token_endpoint_auth_method", auth_method);
        actor.register_with(request).await?;
        let tokens = actor.sign_in().await?;
        Ok((actor, tokens))
    }

    /// A client that has not registered, and a person who is not signed in.
    ///
    /// # Errors
    /// TLS could not be set up.
    pub fn stranger(&self) -> Outcome<Actor> {
        let resource = format!("{}/mcp", self.mcp.origin());
        Actor::new(&self.auth.origin(), &resource, (EMAIL, PASSWORD))
    }

    /// Makes grants until there are so many beside those of [`sign_in`](Stage::sign_in), each like that of this client, of many
    /// people. Those of one stage all belong to one client.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn grants(&self, client_id: &str, count: i64) -> Outcome<Grants<'_>> {
        let database = self.database()?;
        let mut from = 0;
        while from < count {
            let (to, client_id) = (count.min(from + AT_ONCE), client_id.to_owned());
            database.write(move |connection| insert(connection, &client_id, (from, to))).await?;
            from = to;
        }
        let latest = database.read(move |connection| generations(connection, count)).await?;
        Ok(Grants { secrets: &self.app()?.secrets, latest })
    }

    /// So many access tokens, no two alike.
    ///
    /// # Errors
    /// The keys cannot be used.
    pub fn access_tokens(&self, client_id: &str, scope: &str, count: usize) -> Outcome<Vec<String>> {
        let (app, resource) = (self.app()?, format!("{}/mcp", self.mcp.origin()));
        let grantee =
            Grantee { subject: "person-1", grant: Some(FIRST), client_id, resource: &resource, scope };
        let tokens = (0..count).map(|_| app.mint.access_token(grantee, app.clock.now()));
        Ok(tokens.collect::<Result<_, _>>()?)
    }

    /// How many rows there are, of all tables.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn rows(&self) -> Outcome<i64> {
        Ok(self.database()?.read(count).await?)
    }
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn count(connection: &mut AnyConnection) -> QueryResult<i64> {
    let tables = sql_query("SELECT name FROM sqlite_master WHERE type = 'table'");
    let mut rows = 0;
    for Name { name } in tables.load::<Name>(connection)? {
        let counted =
            sql_query(format!("SELECT count(*) AS count FROM {name}")).get_result::<Count>(connection)?;
        rows += counted.count;
    }
    Ok(rows)
}

/// Grants of those numbers, like the one that client has, and the people they belong to.
fn insert(connection: &mut AnyConnection, client_id: &str, (from, to): (i64, i64)) -> QueryResult<usize> {
    let people = sql_query(
        "WITH RECURSIVE series(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM series WHERE i < $2)
         INSERT INTO users (id, login, password_hash, created_at, email, email_verified, codes_from)
         SELECT 'person-' || i, 'person-' || i, '', created_at, 'person-' || i, email_verified, 0
         FROM series CROSS JOIN (SELECT * FROM users WHERE login = $3) AS template
         WHERE TRUE ON CONFLICT DO NOTHING",
    );
    people
        .bind::<BigInt, _>(from / PER_PERSON)
        .bind::<BigInt, _>((to - 1) / PER_PERSON)
        .bind::<Text, _>(EMAIL)
        .execute(connection)?;
    let grants = sql_query(
        "WITH RECURSIVE series(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM series WHERE i < $2)
         INSERT INTO grants (id, tag, user_id, client_id, redirect_uri, resource, scope, generation, rotated_at,
                             created_at)
         SELECT $3 + i, 'tag-' || i, 'person-' || (i / $4), client_id, redirect_uri, resource, scope, 0, rotated_at,
                created_at
         FROM series CROSS JOIN (SELECT * FROM grants WHERE client_id = $5 ORDER BY id DESC LIMIT 1) AS template
         WHERE TRUE ON CONFLICT DO NOTHING",
    );
    grants
        .bind::<BigInt, _>(from)
        .bind::<BigInt, _>(to - 1)
        .bind::<BigInt, _>(FIRST)
        .bind::<BigInt, _>(PER_PERSON)
        .bind::<Text, _>(client_id)
        .execute(connection)
}

#[derive(QueryableByName)]
struct Latest {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    generation: i64,
}

/// How often each of the grants that are made here was refreshed before.
fn generations(connection: &mut AnyConnection, count: i64) -> QueryResult<Vec<Latest>> {
    sql_query("SELECT id, generation FROM grants WHERE id < $1 ORDER BY id")
        .bind::<BigInt, _>(FIRST + count)
        .load(connection)
}

/// Grants in the database, as their clients hold them.
pub struct Grants<'a> {
    secrets: &'a Secrets,
    latest: Vec<Latest>,
}

impl Grants<'_> {
    /// The refresh token of each, shared out among so many callers.
    pub fn shares(self, callers: usize) -> Vec<Vec<String>> {
        let mut shares = vec![Vec::new(); callers];
        for (place, Latest { id, generation }) in self.latest.into_iter().enumerate() {
            let token = RefreshToken { grant: id, generation };
            let text = token.to_text(&self.secrets.mac(PURPOSE, &token.body()));
            if let Some(share) = shares.get_mut(place % callers) {
                share.push(text);
            }
        }
        shares
    }
}
