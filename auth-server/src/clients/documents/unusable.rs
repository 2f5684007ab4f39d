//! Why a document cannot be used, and whether its host has spoken.

use crate::{
    clients::{FindError, fetch::FetchFault},
    oauth::{client_document::DocumentFault, client_id_url::UrlFault},
};

/// Why a document cannot be used: a sentence for a person, without a word of what was fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    /// The address.
    #[error(transparent)]
    Url(#[from] UrlFault),
    /// It was not to be had.
    #[error(transparent)]
    Fetch(#[from] FetchFault),
    /// It is something else.
    #[error("What is published there is not marked as JSON.")]
    ContentType,
    /// What it says.
    #[error(transparent)]
    Document(#[from] DocumentFault),
}

impl Unusable {
    /// Whether the host has spoken, and a copy from earlier must not be used.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Unusable::Fetch(FetchFault::Status(status)) => matches!(status, 404 | 410),
            Unusable::Fetch(fault) => matches!(fault, FetchFault::TooLarge(_)),
            Unusable::Url(_) | Unusable::ContentType | Unusable::Document(_) => true,
        }
    }

    /// What the log says beside the sentence.
    pub(super) fn cause(&self) -> &str {
        match self {
            Unusable::Fetch(fault) => fault.cause(),
            _ => "",
        }
    }
}

impl From<Unusable> for FindError {
    fn from(fault: Unusable) -> FindError {
        FindError::Unusable(fault.to_string())
    }
}
