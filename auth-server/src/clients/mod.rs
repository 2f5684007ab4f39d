//! Who asks: from a `client_id` to a [`Client`].
//!
//! A registration is its own `client_id`, sealed, so a flood of registrations stores nothing and no restart forgets one.
//! Only one too large for the 255 characters clients keep becomes a row. A `client_id` that is a URL names a document its
//! host publishes.

pub mod address;
mod documents;
mod fetch;
pub mod key_sets;

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use shared::{
    clock::{Clock, Timestamp},
    database::DatabaseError,
    random,
};

use self::{documents::Documents, fetch::Fetcher, key_sets::KeySets};
use crate::{
    keys::secrets::Secrets,
    oauth::client::{AuthMethod, Client, ClientMetadata},
    settings::outbound::Outbound,
    store::Store,
};

/// How a client that publishes a document can authenticate here: it has no secret.
const DOCUMENT_METHODS: [AuthMethod; 2] = [AuthMethod::None, AuthMethod::PrivateKeyJwt];
/// Starts the id of a client that publishes a document.
const DOCUMENT: &str = "https://";
/// Starts the id of a sealed registration.
const SEALED: &str = "dcr_";
/// Starts the id of a stored registration.
const STORED: &str = "dcs_";
/// What clients are known to keep.
const MAX_SEALED_LENGTH: usize = 255;

/// Knows every client.
pub struct Clients {
    store: Store,
    secrets: Arc<Secrets>,
    /// None where a `client_id` may not be a URL.
    documents: Option<Documents>,
    /// The public keys of clients.
    pub key_sets: KeySets,
}

impl Clients {
    /// Clients sealed with `secrets`, stored in `store`, or published where `outbound` reaches.
    pub fn new(store: Store, secrets: Arc<Secrets>, outbound: &Outbound, clock: &Clock) -> Clients {
        let fetcher = Arc::new(Fetcher::new(outbound.clone(), clock.clone()));
        let documents = outbound.documents.then(|| {
            let (store, fetcher) = (store.clone(), Arc::clone(&fetcher));
            Documents::new(store, clock.clone(), fetcher, outbound.reach, &DOCUMENT_METHODS)
        });
        let key_sets = KeySets::new(clock.clone(), fetcher);
        Clients { store, secrets, documents, key_sets }
    }

    /// Notes that somebody let a client in: a document it publishes is kept for when its host is away.
    pub async fn let_in(&self, client: &Client) {
        if let Some(documents) = &self.documents
            && client.document_host().is_some()
        {
            documents.keep(client).await;
        }
    }

    /// Gives a registration its `client_id`.
    ///
    /// # Errors
    /// It had to be stored, and was not.
    pub async fn register(&self, metadata: ClientMetadata, now: Timestamp) -> Result<Client, DatabaseError> {
        let text = metadata.to_text();
        let id = format!("{SEALED}{}", self.secrets.seal("client", text.as_bytes()));
        if id.len() <= MAX_SEALED_LENGTH {
            return Ok(Client::dynamic(id, metadata));
        }
        let id = format!("{STORED}{}", BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<20>()));
        self.store.add_client(id.clone(), text, now).await?;
        Ok(Client::dynamic(id, metadata))
    }

    /// The client of that id.
    ///
    /// # Errors
    /// Why there is none to be had.
    pub async fn find(&self, id: &str) -> Result<Client, FindError> {
        if id.starts_with(DOCUMENT)
            && let Some(documents) = &self.documents
        {
            return documents.find(id).await;
        }
        let text = if let Some(sealed) = id.strip_prefix(SEALED) {
            self.secrets.open("client", sealed).and_then(|bytes| String::from_utf8(bytes).ok())
        } else if is_stored(id) {
            self.store.client(id).await?
        } else {
            None
        };
        let metadata = text.as_deref().and_then(ClientMetadata::from_text);
        metadata.map(|metadata| Client::dynamic(id.to_owned(), metadata)).ok_or(FindError::Unknown)
    }

    /// The secret of a client that registered itself; none for a public one. Always the same, so it need not be stored.
    pub fn secret(&self, client: &Client) -> Option<String> {
        client
            .metadata
            .auth_method
            .has_secret()
            .then(|| BASE64_URL_SAFE_NO_PAD.encode(self.secrets.mac("client_secret", client.id.as_bytes())))
    }

    /// Whether that is the client's secret. Constant time.
    pub fn is_secret(&self, client: &Client, presented: &str) -> bool {
        client.auth_methods.iter().any(|method| method.has_secret())
            && BASE64_URL_SAFE_NO_PAD
                .decode(presented)
                .is_ok_and(|mac| self.secrets.verify_mac("client_secret", client.id.as_bytes(), &mac))
    }
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// Nobody registered it here.
    #[error("this client is not registered here")]
    Unknown,
    /// An operator shut it out.
    #[error("this client is blocked")]
    Blocked,
    /// Its metadata document cannot be had or breaks a rule; which one, as a sentence.
    #[error("{0}")]
    Unusable(String),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Whether an id is of the form of those we store. Anything else never reaches the database.
fn is_stored(id: &str) -> bool {
    id.strip_prefix(STORED).is_some_and(|chance| {
        chance.len() == 27 && chance.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    })
}
