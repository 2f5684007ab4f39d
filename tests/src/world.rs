//! Both services in this process, on free ports, with databases of their own and a clock a test can move.
//!
//! ```no_run
//! # async fn test() -> conformance::failure::Outcome {
//! use conformance::world::World;
//!
//! let world = World::builder().auth("REFRESH_GRACE", "0").start().await?;
//! let mut actor = world.actor().await?;
//! let tokens = actor.sign_in().await?;
//! world.advance(std::time::Duration::from_secs(3600));
//! assert_eq!(actor.call_tool(&tokens.access, "list_notes").await?.status, 401);
//! # Ok(())
//! # }
//! ```

mod environment;
pub mod figures;
pub mod schema;
mod service;
mod trust;

use std::{collections::BTreeMap, net::TcpListener, time::Duration};

use shared::clock::Clock;
use tempfile::TempDir;

use crate::{
    actor::Actor,
    agent::Agent,
    failure::Outcome,
    host::Authority,
    human::{Credentials, Human},
    persona::Persona,
    world::{
        environment::{databases, environment},
        schema::Schema,
        service::Service,
        trust::authority,
    },
};

/// The account every world has.
pub const EMAIL: &str = "demo@example.com";
/// Its password.
pub const PASSWORD: &str = "correct horse battery staple";

/// Both services, running. Dropping it stops them and removes what they stored.
pub struct World {
    auth: Service<auth_server::App>,
    mcp: Service<mcp_server::App>,
    issuer: String,
    mcp_url: String,
    clock: Clock,
    authority: &'static Authority,
    // Removed after the services have stopped: fields are dropped in this order.
    _schemas: Vec<Schema>,
    _folder: TempDir,
}

/// A world with other settings than the usual ones.
#[derive(Default)]
pub struct Builder {
    auth: BTreeMap<String, String>,
    mcp: BTreeMap<String, String>,
}

impl Builder {
    /// Sets an environment variable of the auth-server.
    #[must_use]
    pub fn auth(mut self, name: &str, value: &str) -> Builder {
        self.auth.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Sets an environment variable of the mcp-server.
    #[must_use]
    pub fn mcp(mut self, name: &str, value: &str) -> Builder {
        self.mcp.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Starts both services and makes the account.
    ///
    /// # Errors
    /// Whatever keeps one of them from starting.
    pub async fn start(self) -> Outcome<World> {
        let (auth_socket, mcp_socket) =
            (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
        let issuer = format!("http://localhost:{}", auth_socket.local_addr()?.port());
        let origin = format!("http://localhost:{}", mcp_socket.local_addr()?.port());
        let mcp_url = format!("{origin}/mcp");
        let folder = TempDir::new()?;
        let (databases, schemas) = databases(folder.path())?;
        let [auth_database, mcp_database] = databases;
        let resources = format!("{mcp_url} {origin}/sse");
        let (authority, certificate) = authority(folder.path())?;
        let auth = environment(
            [
                ("ISSUER", issuer.as_str()),
                ("RESOURCES", &resources),
                ("DATABASE_URL", &auth_database),
                ("RATE_LIMITS", "off"),
                ("ARGON2_MEMORY_KIB", "64"),
                ("ARGON2_ITERATIONS", "1"),
                ("CIMD_ALLOW_LOOPBACK", "on"),
                ("EXTRA_CA_FILE", &certificate),
            ],
            (&schemas, self.auth),
        );
        let mcp = environment(
            [
                ("RESOURCE", mcp_url.as_str()),
                ("ISSUER", &issuer),
                ("DATABASE_URL", &mcp_database),
                ("RATE_LIMITS", "off"),
            ],
            (&[], self.mcp),
        );
        let clock = Clock::manual();
        let world = World {
            auth: Service::start("auth-server", auth_socket, (auth, clock.clone())).await?,
            mcp: Service::start("mcp-server", mcp_socket, (mcp, clock.clone())).await?,
            issuer,
            mcp_url,
            clock,
            authority,
            _schemas: schemas,
            _folder: folder,
        };
        world.add_user(EMAIL, PASSWORD).await?;
        Ok(world)
    }
}

impl World {
    /// Both services with the usual settings.
    ///
    /// # Errors
    /// Whatever keeps one of them from starting.
    pub async fn start() -> Outcome<World> {
        World::builder().start().await
    }

    /// Other settings than the usual ones.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The MCP endpoint, which is the resource.
    pub fn mcp_url(&self) -> &str {
        &self.mcp_url
    }

    /// The origin of the mcp-server.
    pub fn mcp_origin(&self) -> &str {
        self.mcp_url.trim_end_matches("/mcp")
    }

    /// The issuer, which is the origin of the auth-server.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The clock of both services.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Moves the clock of both services ahead.
    pub fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// A registered client and a human who is not signed in yet.
    ///
    /// # Errors
    /// The registration was refused.
    pub async fn actor(&self) -> Outcome<Actor> {
        let mut actor = self.stranger()?;
        actor.register().await?;
        Ok(actor)
    }

    /// A client that has not registered.
    ///
    /// # Errors
    /// TLS could not be set up.
    pub fn stranger(&self) -> Outcome<Actor> {
        Actor::new(&self.issuer, &self.mcp_url, (EMAIL, PASSWORD))
    }

    /// The conformance client with the world's own account and clock.
    ///
    /// # Errors
    /// TLS could not be set up.
    pub fn agent(&self) -> Outcome<Agent> {
        let credentials = Credentials { email: EMAIL.to_owned(), password: PASSWORD.to_owned() };
        let agent = Agent::new(Persona::chatgpt(), Human::Played(credentials))?;
        Ok(Agent { clock: self.clock.clone(), ..agent })
    }

    /// The running auth-server, to look into its store or its keys.
    ///
    /// # Errors
    /// It is stopped.
    pub fn auth_app(&self) -> Outcome<&auth_server::App> {
        self.auth.app()
    }

    /// The running mcp-server, to look into its store.
    ///
    /// # Errors
    /// It is stopped.
    pub fn mcp_app(&self) -> Outcome<&mcp_server::App> {
        self.mcp.app()
    }

    /// Whose certificates the auth-server trusts beside the system's.
    pub fn authority(&self) -> &Authority {
        self.authority
    }

    /// Makes another account.
    ///
    /// # Errors
    /// The auth-server refused, or is stopped.
    pub async fn add_user(&self, email: &str, password: &str) -> Outcome {
        self.auth_app()?.add_user(email, password).await?;
        Ok(())
    }

    /// Stops the auth-server and starts it again on the same port and the same database. Requests that come in
    /// between wait.
    ///
    /// # Errors
    /// It does not start again.
    pub async fn restart_auth(&mut self) -> Outcome {
        self.auth.restart().await
    }

    /// Stops the auth-server: connections to it are refused from now on.
    ///
    /// # Errors
    /// Its thread ended badly.
    pub async fn stop_auth(&mut self) -> Outcome {
        self.auth.stop().await
    }

    /// The same as [`restart_auth`](World::restart_auth) for the mcp-server.
    ///
    /// # Errors
    /// It does not start again.
    pub async fn restart_mcp(&mut self) -> Outcome {
        self.mcp.restart().await
    }
}
