//! Who asks: from a `client_id` to a [`Client`].
//!
//! A registration is its own `client_id`, sealed, so a flood of registrations stores nothing and no restart forgets one.
//! Only one too large for the 255 characters clients keep becomes a row. A `client_id` that is a URL names a document its
//! host publishes.

pub mod address;
pub mod assertion;
pub mod authentication;
pub mod directory;
mod documents;
pub(crate) mod fetch;
pub mod key_sets;
pub mod new_client;
mod preregistered;

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use shared::{
    clock::{Clock, Timestamp},
    database::DatabaseError,
    metrics::ByWords,
    random,
    resource::Resource,
};

use self::{documents::Documents, fetch::Fetcher, key_sets::KeySets};
use crate::{
    keys::secrets::Secrets,
    oauth::{
        client::{AuthMethod, Client, ClientMetadata, Origin},
        client_document::DocumentFault,
    },
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
/// No address of a document is longer.
const MAX_DOCUMENT_LENGTH: usize = 2048;
/// What clients are known to keep.
const MAX_SEALED_LENGTH: usize = 255;

/// Knows every client.
pub struct Clients {
    store: Store,
    secrets: Arc<Secrets>,
    /// Where no client may be answered.
    issuer: String,
    /// None where a `client_id` may not be a URL.
    documents: Option<Documents>,
    /// The public keys of clients.
    pub key_sets: KeySets,
}

impl Clients {
    /// Clients of `issuer`: sealed with `secrets`, stored in `store`, or published where `outbound` reaches.
    pub fn new(
        issuer: &Resource,
        (store, secrets): (Store, Arc<Secrets>),
        outbound: &Outbound,
        clock: &Clock,
    ) -> Clients {
        let fetcher = Arc::new(Fetcher::new(outbound.clone(), clock.clone()));
        let documents = outbound.documents.then(|| {
            let (store, fetcher) = (store.clone(), Arc::clone(&fetcher));
            Documents::new(store, clock.clone(), fetcher, outbound.reach, &DOCUMENT_METHODS)
        });
        let key_sets = KeySets::new(clock.clone(), fetcher);
        Clients { store, secrets, issuer: issuer.as_str().to_owned(), documents, key_sets }
    }

    /// How often a published document was at hand, where documents are read.
    pub fn document_looks(&self) -> Option<&ByWords<1>> {
        self.documents.as_ref().map(Documents::looks)
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

    /// The client of that id, unless it is shut out.
    ///
    /// # Errors
    /// Why there is none to be had.
    pub async fn find(&self, id: &str) -> Result<Client, FindError> {
        // No row has control characters in its key, and PostgreSQL does not even take them for text.
        let may_have_row = Kind::of(id).is_some() && !id.chars().any(char::is_control);
        // First, so that the document of a client that is shut out is not fetched. It is asked each time: a block holds at once.
        if may_have_row && self.store.is_blocked(id).await? {
            return Err(FindError::Blocked);
        }
        self.look_up(id).await
    }

    /// The client of that id, shut out or not.
    ///
    /// # Errors
    /// Why there is none to be had.
    pub async fn look_up(&self, id: &str) -> Result<Client, FindError> {
        let metadata = match Kind::of(id) {
            None => None,
            Some(Kind::Document) => match &self.documents {
                // Apart: whoever looks up another client does not carry the request about.
                Some(documents) => return self.answered_elsewhere(Box::pin(documents.find(id)).await?),
                None => None,
            },
            Some(Kind::Preregistered) => {
                let row = self.store.preregistered_client(id).await?;
                return row.and_then(preregistered::from_row).ok_or(FindError::Unknown);
            }
            Some(Kind::Sealed) => self.open(id),
            Some(Kind::Stored) => {
                self.store.client(id).await?.and_then(|text| ClientMetadata::from_text(&text))
            }
        };
        metadata.map(|metadata| Client::dynamic(id.to_owned(), metadata)).ok_or(FindError::Unknown)
    }

    /// What is known here of the client of that id, shut out or not: nobody else is asked for it.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn known(&self, id: &str) -> Result<Option<Client>, DatabaseError> {
        if Kind::of(id) == Some(Kind::Document) {
            return match &self.documents {
                Some(documents) => documents.known(id).await,
                None => Ok(None),
            };
        }
        match self.look_up(id).await {
            Ok(client) => Ok(Some(client)),
            Err(FindError::Database(error)) => Err(error),
            Err(FindError::Unknown | FindError::Blocked | FindError::Unusable(_)) => Ok(None),
        }
    }

    /// The client of a document, unless it would have its answers sent to us: its author alone decides where they go.
    fn answered_elsewhere(&self, client: Client) -> Result<Client, FindError> {
        match client.metadata.has_redirect_to(&self.issuer) {
            true => Err(FindError::Unusable(DocumentFault::RedirectUriHere.to_string())),
            false => Ok(client),
        }
    }

    /// The registration that is sealed in an id.
    fn open(&self, id: &str) -> Option<ClientMetadata> {
        let text = self.secrets.open("client", id.strip_prefix(SEALED)?)?;
        ClientMetadata::from_text(&String::from_utf8(text).ok()?)
    }

    /// The secret of a client that registered itself; none for a public one. Always the same, so it need not be stored.
    pub fn secret(&self, client: &Client) -> Option<String> {
        let has_secret = client.origin == Origin::Dynamic && client.metadata.auth_method.has_secret();
        has_secret
            .then(|| BASE64_URL_SAFE_NO_PAD.encode(self.secrets.mac("client_secret", client.id.as_bytes())))
    }

    /// Whether that is the client's secret. Constant time.
    pub fn is_secret(&self, client: &Client, presented: &str) -> bool {
        if !client.auth_methods.iter().any(|method| method.has_secret()) {
            return false;
        }
        match &client.origin {
            Origin::Dynamic => BASE64_URL_SAFE_NO_PAD
                .decode(presented)
                .is_ok_and(|mac| self.secrets.verify_mac("client_secret", client.id.as_bytes(), &mac)),
            Origin::Preregistered(by_operator) => {
                let own = by_operator.secret_digest.as_deref();
                own.is_some_and(|own| preregistered::is_secret_of(own, presented))
            }
            Origin::Document { .. } => false,
        }
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

/// What the form of a `client_id` says. Anything else never reaches the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The address of a document.
    Document,
    /// A registration, sealed.
    Sealed,
    /// The key of a registration.
    Stored,
    /// An operator's choice, or made up for one.
    Preregistered,
}

impl Kind {
    /// The kind of an id; none for what is no id of ours.
    fn of(id: &str) -> Option<Kind> {
        let is_made_of =
            |marks: &[u8]| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || marks.contains(&byte));
        match () {
            () if id.starts_with(DOCUMENT) => (id.len() <= MAX_DOCUMENT_LENGTH).then_some(Kind::Document),
            () if id.starts_with(SEALED) => {
                (id.len() <= MAX_SEALED_LENGTH && is_made_of(b"-_")).then_some(Kind::Sealed)
            }
            () if id.starts_with(STORED) => (id.len() == 31 && is_made_of(b"-_")).then_some(Kind::Stored),
            () => ((1..=128).contains(&id.len()) && is_made_of(b"-._~")).then_some(Kind::Preregistered),
        }
    }
}
