//! A second auth-server on the database of a world, with its settings and its clock.

use std::{net::TcpListener, path::Path, thread::JoinHandle};

use actix_web::dev::ServerHandle;
use auth_server::{App, Settings};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use conformance::{
    failure::{Failure, Outcome},
    world::{Builder, World, schema::Schema},
};
use shared::{clock::Clock, env::Env};
use tempfile::TempDir;
use tokio::sync::oneshot;

/// A database and a secret that several servers share.
pub(super) struct Common {
    database: String,
    secret: String,
    _schema: Option<Schema>,
    _folder: TempDir,
}

impl Common {
    pub(super) fn new() -> Outcome<Common> {
        let (folder, schema) = (TempDir::new()?, Schema::create()?);
        let file = |path: &Path| format!("sqlite:{}", path.join("common.db").display());
        let database = schema.as_ref().map_or_else(|| file(folder.path()), Schema::url);
        let secret = BASE64_URL_SAFE_NO_PAD.encode(shared::random::bytes::<32>());
        Ok(Common { database, secret, _schema: schema, _folder: folder })
    }

    /// A world that uses it.
    pub(super) fn world(&self) -> Builder {
        let world = World::builder().auth("DATABASE_URL", &self.database);
        world.auth("SECRET_KEYS", &self.secret).auth("KEY_ROTATION", "1")
    }

    /// Another auth-server beside that world's.
    pub(super) async fn replica(&self, world: &World) -> Outcome<Replica> {
        let env = Env::from_iter([
            ("ISSUER", world.issuer()),
            ("RESOURCES", world.mcp_url()),
            ("DATABASE_URL", &self.database),
            ("SECRET_KEYS", &self.secret),
            ("KEY_ROTATION", "1"),
            ("RATE_LIMITS", "off"),
            ("WORKERS", "1"),
        ]);
        Replica::start(env, world.clock().clone()).await
    }
}

/// An auth-server on a thread of its own. Dropping it stops it.
pub(super) struct Replica {
    pub(super) origin: String,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Replica {
    async fn start(env: Env, clock: Clock) -> Outcome<Replica> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let origin = format!("http://localhost:{}", listener.local_addr()?.port());
        let (tell, told) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let opened = async {
                    let app = App::open(Settings::from_env(&env)?, clock).await?;
                    Ok::<_, Failure>(auth_server::serve(app, listener)?)
                };
                match opened.await {
                    Ok(server) => {
                        let _ = tell.send(Ok(server.handle()));
                        let _ = server.await;
                    }
                    Err(failure) => drop(tell.send(Err(failure))),
                }
            });
        });
        let handle = told.await.map_err(|_| Failure::new("the replica panicked"))??;
        Ok(Replica { origin, handle, thread: Some(thread) })
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        // The command is sent when the future is made; the thread ends by itself.
        drop(self.handle.stop(false));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
