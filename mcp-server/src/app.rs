//! Everything one running server needs, opened once and shared by all its threads.

use std::sync::Arc;

use shared::{clock::Clock, database::DatabaseError};

use crate::{
    guard::{FetchError, Guard},
    http::{Endpoint, MetadataDocument, Origins},
    settings::Settings,
    store::Store,
    tools::Toolbox,
};

/// The server without its sockets. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub(crate) settings: Arc<Settings>,
    pub(crate) store: Store,
    pub(crate) guard: Arc<Guard>,
    pub(crate) toolbox: Arc<Toolbox>,
    pub(crate) metadata: Arc<MetadataDocument>,
    pub(crate) origins: Arc<Origins>,
    pub(crate) endpoint: Endpoint,
}

impl App {
    /// Opens the database and makes everything else. The issuer is not asked for anything yet: it may start later.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn open(settings: Settings, clock: Clock) -> Result<App, StartError> {
        let store = Store::open(&settings.database_url, clock.clone())?;
        let guard = Guard::new(settings.issuer.clone(), &settings.resource, settings.jwks_max_age, clock)?;
        let toolbox = Arc::new(Toolbox::new(store.clone())?);
        Ok(App {
            store,
            guard: Arc::new(guard),
            endpoint: Endpoint::new(Arc::clone(&toolbox)),
            metadata: Arc::new(MetadataDocument::new(&settings, &toolbox)?),
            origins: Arc::new(Origins::new(&settings)),
            toolbox,
            settings: Arc::new(settings),
        })
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
