//! A server without its listener, on a database file of its own, and those who ask it.

use std::time::{Duration, Instant};

use auth_server::{
    App, Settings,
    flow::register::register,
    oauth::{
        client::Client,
        code::{Approval, client_digest, tag},
        pkce::CodeChallenge,
    },
    store::users::User,
};
use criterion::{Bencher, BenchmarkId, Criterion, Throughput};
use futures_util::future::join_all;
use shared::{clock::Clock, env::Env, random::time_ordered_key};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// What ChatGPT sends to register itself.
pub const REGISTRATION: &str = r#"{"client_name":"ChatGPT","redirect_uris":["https://chatgpt.com/connector_platform_oauth_redirect"],"grant_types":["authorization_code","refresh_token"],"response_types":["code"],"token_endpoint_auth_method":"client_secret_post"}"#;
/// The one resource.
pub const RESOURCE: &str = "https://mcp.example.com/mcp";
/// All of its scopes.
pub const SCOPE: &str = "notes:read notes:write meetings:read meetings:write";
/// RFC 7636 appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// What is made of it.
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// How many ask at one time.
const CALLERS: [usize; 2] = [1, 16];

/// A server and what it knows: one client, one user.
pub struct House {
    /// The server.
    pub app: App,
    /// ChatGPT, registered.
    pub client: Client,
    /// Whoever lets it in.
    pub user: User,
    runtime: Runtime,
    _folder: TempDir,
}

impl House {
    /// Opens it as the server opens it. The database is beside what is built: a temporary directory may be memory.
    pub fn open() -> House {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let database = format!("sqlite:{}", folder.path().join("auth.db").display());
        let env = Env::from_iter([
            ("ISSUER", "https://auth.example.com"),
            ("RESOURCES", RESOURCE),
            ("SCOPES", SCOPE),
            ("DATABASE_URL", &database),
        ]);
        // One thread, as each of the server's has.
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (app, client, user) = runtime.block_on(async {
            let app = App::open(Settings::from_env(&env).unwrap(), Clock::system()).await.unwrap();
            let (client, _) = register(&app, REGISTRATION.as_bytes()).await.unwrap();
            let user = app.add_user("ada@example.com", "a long password").await.unwrap();
            (app, client, user)
        });
        House { app, client, user, runtime, _folder: folder }
    }

    /// What a code stands for that the user has just let the client have.
    pub fn approval(&self) -> Approval {
        let now = self.app.clock.now();
        Approval {
            grant: time_ordered_key(self.app.clock.milliseconds()),
            tag: tag(),
            user: self.user.id.clone(),
            client: client_digest(&self.client.id),
            redirect_uri: self.client.metadata.redirect_uris[0].clone(),
            challenge: CodeChallenge::parse(Some(CHALLENGE), Some("S256")).unwrap(),
            resource: RESOURCE.to_owned(),
            scope: SCOPE.to_owned(),
            asked_at: Some(now),
            expires_at: now + self.app.settings.lifetimes.code,
            auth_time: None,
            nonce: None,
        }
    }

    /// Does it once.
    pub fn once<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Measures a step, of one caller.
    pub fn ask(&self, bencher: &mut Bencher<'_>, step: impl AsyncFn()) {
        bencher.iter_custom(|times| self.rounds(&mut [()], times, async |()| step().await));
    }

    /// Measures a step as one caller takes it again and again, and as sixteen do at the same time, each with a state of
    /// its own.
    pub fn crowd<C>(
        &self,
        criterion: &mut Criterion,
        name: &str,
        caller: impl Fn() -> C,
        step: impl AsyncFn(&mut C),
    ) {
        let mut group = criterion.benchmark_group(name);
        for count in CALLERS {
            let mut callers: Vec<C> = (0..count).map(|_| caller()).collect();
            group.throughput(Throughput::Elements(count as u64));
            group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
                bencher.iter_custom(|times| self.rounds(&mut callers, times, &step));
            });
        }
        group.finish();
    }

    /// How long it takes until every caller has taken so many steps.
    fn rounds<C>(&self, callers: &mut [C], times: u64, step: impl AsyncFn(&mut C)) -> Duration {
        let step = &step;
        let all = callers.iter_mut().map(|caller| async move {
            for _ in 0..times {
                step(caller).await;
            }
        });
        let begun = Instant::now();
        self.runtime.block_on(join_all(all));
        begun.elapsed()
    }
}
