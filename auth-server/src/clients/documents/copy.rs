//! A copy of a metadata document, and those this server comes with.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::AtomicBool},
};

use serde_json::Value;
use shared::clock::Timestamp;

use crate::oauth::client::Client;

/// A document that was in order, and the client it describes.
#[derive(Clone)]
pub(super) struct DocumentCopy {
    pub(super) client: Client,
    pub(super) text: String,
    pub(super) origin: Copied,
    /// When its host is asked again.
    pub(super) fresh_until: Timestamp,
    /// Whether the database has it already.
    pub(super) is_stored: Arc<AtomicBool>,
}

/// Where a copy is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copied {
    /// From its host, by this process.
    Fetched,
    /// From its host, and then the database.
    Stored,
    /// From this server's sources.
    Shipped,
}

impl DocumentCopy {
    pub(super) fn new(client: Client, text: String, origin: Copied, fresh_until: Timestamp) -> DocumentCopy {
        DocumentCopy { client, text, origin, fresh_until, is_stored: Arc::default() }
    }

    /// When its host was asked; none for one that came along.
    pub(super) fn fetched_at(&self) -> Option<Timestamp> {
        (self.origin != Copied::Shipped).then_some(self.client.metadata.issued_at)
    }
}

impl Copied {
    /// For the log.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Copied::Fetched => "memory",
            Copied::Stored => "database",
            Copied::Shipped => "shipped",
        }
    }
}

/// The document this server comes with for that URL. Some hosts refuse addresses of data centres; these are what they
/// published elsewhere.
pub(super) fn shipped(url: &str) -> Option<String> {
    // Read each time: it is the last of four places that are looked at, and memory that is never used otherwise.
    let documents: Vec<HashMap<String, Value>> =
        serde_json::from_str(include_str!("../../../data/client_documents.json")).ok()?;
    let is_asked_for =
        |document: &HashMap<String, Value>| document.get("client_id").is_some_and(|id| id == url);
    let found = documents.into_iter().find(is_asked_for)?;
    serde_json::to_string(&found).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::{
        client::AuthMethod,
        client_document,
        client_id_url::{ClientIdUrl, Reach},
    };

    #[test]
    fn every_shipped_document_is_in_order_and_the_methods_are_those_observed() {
        for (id, methods) in [
            ("https://claude.ai/oauth/mcp-oauth-client-metadata", vec![AuthMethod::None]),
            ("https://claude.ai/oauth/claude-code-client-metadata", vec![AuthMethod::None]),
            ("https://chatgpt.com/oauth/client.json", vec![AuthMethod::None, AuthMethod::PrivateKeyJwt]),
            ("https://chatgpt.com/oauth/codex/client.json", vec![AuthMethod::None]),
            ("https://vscode.dev/oauth/client-metadata.json", vec![AuthMethod::None]),
            ("https://zed.dev/oauth/client-metadata.json", vec![AuthMethod::None]),
        ] {
            let url = ClientIdUrl::parse(id, Reach::Internet).unwrap();
            let text = shipped(id).unwrap();
            let client =
                client_document::read(text.as_bytes(), &url, &AuthMethod::ALL, Timestamp(0)).unwrap();
            assert_eq!(client.auth_methods, methods, "{id}");
        }
        assert_eq!(shipped("https://client.example/oauth/client.json"), None);
    }
}
