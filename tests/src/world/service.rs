//! One service on a thread of its own, with an actix system of its own.

use std::{future::Future, net::TcpListener, thread::JoinHandle};

use actix_web::dev::{Server, ServerHandle};
use shared::{clock::Clock, env::Env};
use tokio::sync::oneshot;

use crate::failure::{Failure, Outcome};

/// A service that can be opened and served.
pub(super) trait Opened: Clone + Send + Sized + 'static {
    /// Whether every answer ends by itself. Then a restart waits for it, and for the connections to be closed: a client
    /// that sent its next request on one of them would see it reset.
    const ENDS_BY_ITSELF: bool;

    /// Opens it with these settings.
    fn open(env: &Env, clock: Clock) -> impl Future<Output = Outcome<Self>>;

    /// Serves it on a listener.
    fn serve(self, listener: TcpListener) -> std::io::Result<Server>;

    /// Shows its metrics on a listener.
    fn serve_metrics(self, listener: TcpListener) -> std::io::Result<Server>;
}

impl Opened for auth_server::App {
    const ENDS_BY_ITSELF: bool = true;

    async fn open(env: &Env, clock: Clock) -> Outcome<auth_server::App> {
        Ok(auth_server::App::open(auth_server::Settings::from_env(env)?, clock).await?)
    }

    fn serve(self, listener: TcpListener) -> std::io::Result<Server> {
        auth_server::serve(self, listener)
    }

    fn serve_metrics(self, listener: TcpListener) -> std::io::Result<Server> {
        auth_server::serve_metrics(self, listener)
    }
}

impl Opened for mcp_server::App {
    const ENDS_BY_ITSELF: bool = false;

    async fn open(env: &Env, clock: Clock) -> Outcome<mcp_server::App> {
        Ok(mcp_server::App::open(mcp_server::Settings::from_env(env)?, clock).await?)
    }

    fn serve(self, listener: TcpListener) -> std::io::Result<Server> {
        mcp_server::serve(self, listener)
    }

    fn serve_metrics(self, listener: TcpListener) -> std::io::Result<Server> {
        mcp_server::serve_metrics(self, listener)
    }
}

/// A service and what it needs to start again.
pub(super) struct Service<A> {
    name: &'static str,
    env: Env,
    clock: Clock,
    /// Kept open over a restart, so that nobody else gets the port meanwhile.
    socket: Option<TcpListener>,
    running: Option<Running<A>>,
}

struct Running<A> {
    app: A,
    handle: ServerHandle,
    thread: JoinHandle<std::io::Result<()>>,
}

impl<A: Opened> Service<A> {
    pub(super) async fn start(
        name: &'static str,
        socket: TcpListener,
        (env, clock): (Env, Clock),
    ) -> Outcome<Service<A>> {
        let mut service = Service { name, env, clock, socket: Some(socket), running: None };
        service.run().await?;
        Ok(service)
    }

    pub(super) fn app(&self) -> Outcome<&A> {
        self.running.as_ref().map(|running| &running.app).ok_or_else(|| stopped(self.name))
    }

    pub(super) async fn restart(&mut self) -> Outcome {
        self.end().await?;
        self.run().await
    }

    pub(super) async fn stop(&mut self) -> Outcome {
        self.end().await?;
        self.socket = None;
        Ok(())
    }

    async fn run(&mut self) -> Outcome {
        let listener = self.socket.as_ref().ok_or_else(|| stopped(self.name))?.try_clone()?;
        let (env, clock) = (self.env.clone(), self.clock.clone());
        let (tell, told) = oneshot::channel();
        let thread = std::thread::Builder::new().name(self.name.to_owned()).spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let opened = A::open(&env, clock).await;
                let server = match opened {
                    Ok(app) => match app.clone().serve(listener) {
                        Ok(server) => {
                            // The world that asked may be gone already: then the server ends at once.
                            let _ = tell.send(Ok((app, server.handle())));
                            server
                        }
                        Err(fault) => {
                            let _ = tell.send(Err(Failure::from(fault)));
                            return Ok(());
                        }
                    },
                    Err(fault) => {
                        let _ = tell.send(Err(fault));
                        return Ok(());
                    }
                };
                server.await
            })
        })?;
        let name = self.name;
        let (app, handle) = told
            .await
            .map_err(|_| Failure::new(format!("the {name} panicked while it started")))?
            .map_err(|fault| Failure::new(format!("the {name} does not start: {fault}")))?;
        self.running = Some(Running { app, handle, thread });
        Ok(())
    }

    async fn end(&mut self) -> Outcome {
        let Some(Running { app, handle, thread }) = self.running.take() else { return Ok(()) };
        handle.stop(A::ENDS_BY_ITSELF).await;
        drop(app);
        let name = self.name;
        let ended = tokio::task::spawn_blocking(move || thread.join()).await?;
        Ok(ended.map_err(|_| Failure::new(format!("the {name} panicked")))??)
    }
}

impl<A> Drop for Service<A> {
    fn drop(&mut self) {
        if let Some(Running { handle, thread, app }) = self.running.take() {
            drop(app);
            // The command is sent when the future is made; the thread ends by itself.
            drop(handle.stop(false));
            // A panic of the service was told by the request that met it.
            let _ = thread.join();
        }
    }
}

fn stopped(name: &str) -> Failure {
    Failure::new(format!("the {name} is stopped"))
}
