//! Everything one running server needs, opened once and shared by all its threads.

use std::sync::Arc;

use shared::{clock::Clock, database::DatabaseError, readiness::Latest};

use crate::{
    caller::Caller,
    guard::{Denial, FetchError, Guard, StaticTokens},
    http::{Endpoint, Entrance, Origins, Sessions},
    limits::Limits,
    metrics::Metrics,
    settings::Settings,
    store::Store,
    tools::Toolbox,
};

/// The server without its sockets. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub(crate) settings: Arc<Settings>,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) toolbox: Arc<Toolbox>,
    /// The endpoint.
    pub(crate) mcp: Arc<Entrance>,
    /// The older transport.
    pub(crate) sse: Arc<Entrance>,
    pub(crate) static_tokens: StaticTokens,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) origins: Arc<Origins>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) endpoint: Endpoint,
    pub(crate) metrics: Arc<Metrics>,
    /// What is missing to do its work.
    pub(crate) readiness: Arc<Latest<Vec<&'static str>>>,
}

impl App {
    /// Opens the database and makes everything else. The issuer is not asked for anything yet: it may start later.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn open(settings: Settings, clock: Clock) -> Result<App, StartError> {
        let store = Store::open(&settings.database_url, settings.database, clock.clone())?;
        let guard =
            Guard::new(settings.issuer.clone(), &settings.resource, settings.jwks_max_age, clock.clone())?;
        let sse_guard = guard.for_resource(&settings.sse_resource);
        let toolbox = Arc::new(Toolbox::new(store.clone(), settings.mixed_mode)?);
        Ok(App {
            endpoint: Endpoint::new(Arc::clone(&toolbox)),
            mcp: Arc::new(Entrance::new(guard, &settings.resource, (&settings, &toolbox))?),
            sse: Arc::new(Entrance::new(sse_guard, &settings.sse_resource, (&settings, &toolbox))?),
            static_tokens: StaticTokens::new(store.clone(), clock.clone()),
            sessions: Arc::default(),
            origins: Arc::new(Origins::new(&settings)),
            metrics: Arc::default(),
            limits: Arc::new(Limits::new(settings.limits.are_on, &clock)),
            readiness: Arc::default(),
            settings: Arc::new(settings),
            clock,
            store,
            toolbox,
        })
    }

    /// What answers messages of whoever was let in.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Ends every open stream, and lets no new one begin. A graceful stop waits for answers under way, and a stream is an
    /// answer without an end.
    pub fn end_streams(&self) {
        self.sessions.close_all();
    }

    /// Lets in whoever holds this static token.
    pub(crate) async fn admit_holder(&self, token: &str) -> Result<Caller, Denial> {
        let holder = self.static_tokens.admit(token).await?;
        Ok(Caller::Holder { issuer: self.settings.issuer.as_str().into(), holder })
    }

    /// Whether a caller who was let in before would be let in again.
    pub(crate) async fn still_admits(&self, caller: &Caller) -> bool {
        let now = self.clock.now();
        match caller {
            Caller::Visitor(visitor) => !visitor.has_expired(now),
            Caller::Holder { holder, .. } => self.static_tokens.is_live(&holder.digest, now).await,
            Caller::Nobody => false,
        }
    }
}

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be opened or brought up to date.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The issuer could never be asked for its keys.
    #[error(transparent)]
    Issuer(#[from] FetchError),
    /// A document that is made once could not be made.
    #[error("a document cannot be written: {0}")]
    Document(#[from] serde_json::Error),
}
