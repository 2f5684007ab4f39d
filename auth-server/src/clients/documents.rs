//! Clients that publish a metadata document at their `client_id`: draft-ietf-oauth-client-id-metadata-document §4.
//!
//! ```text
//! asked for ─→ fresh copy in memory
//!           └→ the host ─→ 200 and in order: the copy from now on
//!                       ├→ 404, 410, or 200 and not in order: the client is gone
//!                       └→ anything else: stale copy ─→ stored copy ─→ shipped copy ─→ refused
//! ```

mod copy;
mod unusable;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use moka::ops::compute::{CompResult, Op};
use shared::{
    clock::{Clock, Timestamp},
    database::DatabaseError,
    metrics::ByWords,
};

use self::{
    copy::{Copied, DocumentCopy},
    unusable::Unusable,
};
use super::{
    FindError,
    fetch::{FetchFault, Fetcher},
};
use crate::{
    oauth::{
        client::{AuthMethod, Client},
        client_document::{self, DocumentFault},
        client_id_url::{ClientIdUrl, Reach},
    },
    store::Store,
};

/// Larger documents are refused: CIMD §6.6.
const MAX_DOCUMENT: usize = 5 * 1024;
/// Documents in memory, and refusals.
const MOST: u64 = 1000;
/// How long a document is used before its host is asked again: at least, at most, and when it does not say.
const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(24 * 3600);
const USUAL: Duration = Duration::from_secs(3600);
/// How long a fault is answered without asking again. It is never taken for a document (CIMD §4.4).
const BACK_OFF: Duration = Duration::from_secs(30);

/// Knows the clients that publish a document.
pub struct Documents {
    store: Store,
    clock: Clock,
    fetcher: Arc<Fetcher>,
    reach: Reach,
    ours: Vec<AuthMethod>,
    copies: moka::future::Cache<String, Arc<DocumentCopy>>,
    refusals: moka::sync::Cache<String, (Timestamp, Unusable)>,
    looks: ByWords<1>,
}

/// What a look at the host brought.
enum Look {
    Found(Arc<DocumentCopy>),
    Gone(Unusable),
}

impl Documents {
    /// Documents within `reach`, for a server that has the methods `ours`.
    pub fn new(
        store: Store,
        clock: Clock,
        fetcher: Arc<Fetcher>,
        reach: Reach,
        ours: &[AuthMethod],
    ) -> Documents {
        let (copies, refusals) = (moka::future::Cache::new(MOST), moka::sync::Cache::new(MOST));
        let looks = ByWords::new(["outcome"]);
        Documents { store, clock, fetcher, reach, ours: ours.to_vec(), copies, refusals, looks }
    }

    /// The client whose document is published at this `client_id`.
    ///
    /// # Errors
    /// Which rule the address or the document breaks, or why the document cannot be had.
    pub async fn find(&self, client_id: &str) -> Result<Client, FindError> {
        let url = ClientIdUrl::parse(client_id, self.reach).map_err(Unusable::from)?;
        if let Some(copy) = self.copies.get(url.as_str()).await.filter(|copy| self.is_fresh(copy)) {
            self.count("hit");
            return Ok(copy.client.clone());
        }
        self.count("miss");
        let mut gone = None;
        let (url, end) = (&url, &mut gone);
        // One at a time looks for a document; whoever waited finds what the first one found.
        let looked = self.copies.entry_by_ref(url.as_str()).and_try_compute_with(|entry| async move {
            let latest = entry.map(moka::Entry::into_value);
            if latest.as_ref().is_some_and(|copy| self.is_fresh(copy)) {
                return Ok(Op::Nop);
            }
            match self.look(url, latest).await? {
                Look::Found(copy) => Ok(Op::Put(copy)),
                Look::Gone(fault) => {
                    *end = Some(fault);
                    Ok::<_, FindError>(Op::Remove)
                }
            }
        });
        match looked.await? {
            CompResult::Inserted(entry) | CompResult::ReplacedWith(entry) | CompResult::Unchanged(entry) => {
                Ok(entry.into_value().client.clone())
            }
            CompResult::Removed(_) | CompResult::StillNone(_) => {
                Err(gone.map_or(FindError::Unknown, FindError::from))
            }
        }
    }

    /// How often a copy was at hand, and how often not.
    pub fn looks(&self) -> &ByWords<1> {
        &self.looks
    }

    fn count(&self, outcome: &'static str) {
        self.looks.count([outcome]);
    }

    /// The client as it was described last, however long ago. Its host is not asked.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn known(&self, client_id: &str) -> Result<Option<Client>, DatabaseError> {
        let Ok(url) = ClientIdUrl::parse(client_id, self.reach) else { return Ok(None) };
        let latest = self.copies.get(url.as_str()).await;
        Ok(self.older(&url, latest).await?.map(|copy| copy.client))
    }

    /// Keeps the document of a client that somebody has just let in, for when its host is away. What cannot be kept is
    /// fetched again then.
    pub async fn keep(&self, client: &Client) {
        let Some(copy) = self.copies.get(&client.id).await else { return };
        let Some(fetched_at) = copy.fetched_at().filter(|_| copy.origin == Copied::Fetched) else { return };
        if copy.is_stored.swap(true, Ordering::Relaxed) {
            return;
        }
        let text = copy.text.clone();
        if let Err(error) = self.store.keep_document(client.id.clone(), text, fetched_at).await {
            copy.is_stored.store(false, Ordering::Relaxed);
            tracing::warn!(client = client.id, %error, "the document of a client could not be kept");
        }
    }

    fn is_fresh(&self, copy: &DocumentCopy) -> bool {
        self.clock.now() < copy.fresh_until
    }

    async fn look(&self, url: &ClientIdUrl, latest: Option<Arc<DocumentCopy>>) -> Result<Look, FindError> {
        let fault = match self.ask(url).await {
            Ok(copy) => return Ok(Look::Found(Arc::new(copy))),
            Err(fault) => fault,
        };
        if fault.is_final() {
            // The host was there and does not speak of that client any more: an older copy would bring back what its
            // publisher has taken away, now or when the host is away one day.
            if self.store.kept_document(url.as_str()).await?.is_some() {
                self.store.forget_document(url.as_str()).await?;
            }
            return Ok(Look::Gone(fault));
        }
        match self.older(url, latest).await? {
            Some(copy) => {
                let age = copy.fetched_at().map(|at| self.clock.now().since(at).as_secs());
                let copied = copy.origin.as_str();
                tracing::warn!(client = url.as_str(), copied, age, %fault, "an older document is used");
                Ok(Look::Found(Arc::new(copy)))
            }
            None => Err(fault.into()),
        }
    }

    /// The document from its host, unless there was none a moment ago.
    async fn ask(&self, url: &ClientIdUrl) -> Result<DocumentCopy, Unusable> {
        if let Some((at, fault)) = self.refusals.get(url.as_str())
            && !self.clock.now().is_past(at, BACK_OFF)
        {
            return Err(fault);
        }
        let fetched = self.fetch(url).await;
        match &fetched {
            Ok(_) => tracing::info!(client = url.as_str(), "the document of a client was fetched"),
            Err(fault) => {
                let cause = fault.cause();
                tracing::warn!(client = url.as_str(), reason = %fault, cause, "the document of a client cannot be used");
                // Nobody was asked when there was no turn to be had.
                if *fault != Unusable::Fetch(FetchFault::Busy) {
                    self.refusals.insert(url.as_str().to_owned(), (self.clock.now(), fault.clone()));
                }
            }
        }
        fetched
    }

    async fn fetch(&self, url: &ClientIdUrl) -> Result<DocumentCopy, Unusable> {
        let fetched = self.fetcher.get(url.url(), MAX_DOCUMENT).await?;
        if !client_document::is_document_type(&fetched.content_type) {
            return Err(Unusable::ContentType);
        }
        let now = self.clock.now();
        let text = String::from_utf8(fetched.body).map_err(|_| DocumentFault::NoObject)?;
        let client = client_document::read(text.as_bytes(), url, &self.ours, now)?;
        let fresh_for = fetched.fresh_for.unwrap_or(USUAL).clamp(SHORTEST, LONGEST);
        Ok(DocumentCopy::new(client, text, Copied::Fetched, now + fresh_for))
    }

    /// The newest copy we have, to be used until the host is asked again.
    async fn older(
        &self,
        url: &ClientIdUrl,
        latest: Option<Arc<DocumentCopy>>,
    ) -> Result<Option<DocumentCopy>, DatabaseError> {
        let fresh_until = self.clock.now() + SHORTEST;
        if let Some(latest) = latest {
            return Ok(Some(DocumentCopy { fresh_until, ..latest.as_ref().clone() }));
        }
        let read = |text: String, at: Timestamp, origin: Copied| {
            let client = client_document::read(text.as_bytes(), url, &self.ours, at).ok()?;
            Some(DocumentCopy::new(client, text, origin, fresh_until))
        };
        let stored = self.store.kept_document(url.as_str()).await?;
        let stored = stored.and_then(|(text, at)| read(text, at, Copied::Stored));
        Ok(stored.or_else(|| read(copy::shipped(url.as_str())?, Timestamp(0), Copied::Shipped)))
    }
}

#[cfg(test)]
mod tests;
