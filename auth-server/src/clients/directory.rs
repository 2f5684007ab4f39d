//! The clients as an operator sees them: made, listed, removed, shut out.

use shared::{clock::Timestamp, database::DatabaseError};

use super::{
    Clients, Kind,
    new_client::{NewClient, NewClientFault},
    preregistered::{FreshSecret, from_row, to_row},
};
use crate::oauth::{
    catalogue::Catalogue,
    client::{Client, ClientMetadata, Origin},
};

/// A client in the list.
pub struct Listed {
    /// Its `client_id`.
    pub id: String,
    /// What is known of it here; nothing of a document that would have to be fetched.
    pub client: Option<Client>,
    /// Since when it is shut out.
    pub blocked_at: Option<Timestamp>,
}

impl Clients {
    /// Makes a client, and the secret it needs. Nobody can learn the secret later: its digest alone is kept.
    ///
    /// # Errors
    /// It cannot be registered, its id is taken, or it was not stored.
    pub async fn preregister(
        &self,
        new: &NewClient,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Result<(Client, Option<String>), PreregisterError> {
        let mut client = new.admit(catalogue, now)?;
        if client.metadata.has_redirect_to(&self.issuer) {
            return Err(NewClientFault::RedirectUriHere(self.issuer.clone()).into());
        }
        let secret = client.metadata.auth_method.has_secret().then(FreshSecret::new);
        if let Origin::Preregistered(by_operator) = &mut client.origin {
            by_operator.secret_digest = secret.as_ref().map(|secret| secret.digest.clone());
        }
        let is_new = match to_row(&client)? {
            Some(row) => self.store.add_preregistered_client(row).await?,
            None => false,
        };
        match is_new {
            true => Ok((client, secret.map(|secret| secret.text))),
            false => Err(PreregisterError::Exists),
        }
    }

    /// Every client that has a row: made by an operator, stored because it is large, or shut out.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn list(&self) -> Result<Vec<Listed>, DatabaseError> {
        let mut blocked = self.store.blocked_clients().await?;
        let mut take = |id: &str| {
            let at = blocked.iter().position(|(own, _)| own == id)?;
            Some(blocked.remove(at).1)
        };
        let mut listed = Vec::new();
        for row in self.store.preregistered_clients().await? {
            let (id, blocked_at) = (row.id.clone(), take(&row.id));
            listed.push(Listed { id, client: from_row(row), blocked_at });
        }
        for (id, text) in self.store.clients().await? {
            let metadata = ClientMetadata::from_text(&text);
            let client = metadata.map(|metadata| Client::dynamic(id.clone(), metadata));
            listed.push(Listed { blocked_at: take(&id), client, id });
        }
        for (id, blocked_at) in blocked {
            let client = self.open(&id).map(|metadata| Client::dynamic(id.clone(), metadata));
            listed.push(Listed { id, client, blocked_at: Some(blocked_at) });
        }
        Ok(listed)
    }

    /// Removes a client that has a row, and revokes its grants. How many it had.
    ///
    /// # Errors
    /// It has no row, or the database did not do it.
    pub async fn remove(&self, id: &str, now: Timestamp) -> Result<usize, DirectoryError> {
        match Kind::of(id) {
            Some(Kind::Sealed) => Err(DirectoryError::Sealed),
            Some(Kind::Document) => Err(DirectoryError::Document),
            Some(Kind::Stored | Kind::Preregistered) => {
                self.store.remove_client(id.to_owned(), now).await?.ok_or(DirectoryError::Unknown)
            }
            None => Err(DirectoryError::Unknown),
        }
    }

    /// Shuts a client out, of whatever kind, and revokes its grants. How many it had.
    ///
    /// # Errors
    /// There is no such client, it is shut out already, or the database did not do it.
    pub async fn block(&self, id: &str, now: Timestamp) -> Result<usize, DirectoryError> {
        let is_known = match Kind::of(id) {
            // Whether it can be had today makes no difference.
            Some(Kind::Document) => true,
            Some(Kind::Sealed) => self.open(id).is_some(),
            Some(Kind::Stored) => self.store.client(id).await?.is_some(),
            Some(Kind::Preregistered) => self.store.preregistered_client(id).await?.is_some(),
            None => false,
        };
        if !is_known {
            return Err(DirectoryError::Unknown);
        }
        self.store.block_client(id.to_owned(), now).await?.ok_or(DirectoryError::Blocked)
    }

    /// Lets a client in again.
    ///
    /// # Errors
    /// It is not shut out, or the database did not do it.
    pub async fn unblock(&self, id: &str, now: Timestamp) -> Result<(), DirectoryError> {
        match self.store.unblock_client(id.to_owned(), now).await? {
            true => Ok(()),
            false => Err(DirectoryError::NotBlocked),
        }
    }

    /// Whether a client is shut out.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn is_blocked(&self, id: &str) -> Result<bool, DatabaseError> {
        self.store.is_blocked(id).await
    }
}

/// Why a client is not made.
#[derive(Debug, thiserror::Error)]
pub enum PreregisterError {
    /// What was asked for.
    #[error(transparent)]
    Fault(#[from] NewClientFault),
    /// The id is taken.
    #[error("there is a client of that id already")]
    Exists,
    /// It could not be written.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Why nothing was done about a client.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Nobody registered it here.
    #[error("no client has this id")]
    Unknown,
    /// There is nothing to remove.
    #[error("this client is its own id, and nothing of it is stored that could be removed: block it")]
    Sealed,
    /// There is nothing to remove.
    #[error("this client is a document somewhere else, which cannot be removed from here: block it")]
    Document,
    /// Nothing changes.
    #[error("this client is blocked already")]
    Blocked,
    /// Nothing changes.
    #[error("this client is not blocked")]
    NotBlocked,
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}
