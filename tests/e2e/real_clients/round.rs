//! What a client got in one round: the list of tools, a note it made, the notes there are.

use serde::Deserialize;
use serde_json::Value;

/// The stateless revision.
pub(super) const STATELESS: &str = "2026-07-28";
/// The newest revision with a handshake.
pub(super) const HANDSHAKE: &str = "2025-11-25";

/// How the server knows a client.
#[derive(Clone, Debug)]
pub(super) enum Standing {
    /// It registered, without a secret.
    Public,
    /// It registered and was given a secret.
    Confidential,
    /// Its name is the URL of a document.
    Published(String),
    /// Not at all: a token is in the URL it was given.
    Unknown,
}

/// What a client got. Rounds are counted from one; before each but the first the access token has expired.
#[derive(Debug, Deserialize)]
pub(super) struct Round {
    /// The revision it speaks with the server.
    pub(super) revision: String,
    /// Names of the tools.
    pub(super) tools: Vec<String>,
    /// The result of `create_note`.
    pub(super) made: Value,
    /// The result of `list_notes`.
    pub(super) listed: Value,
    /// Whether one of the calls said that it failed.
    pub(super) failed: bool,
    /// How often it was given tokens.
    pub(super) tokens: usize,
    /// Its `client_id`.
    pub(super) client: Option<String>,
    /// Whether it was given a secret.
    pub(super) secret: bool,
    /// What its tokens are good for.
    pub(super) scope: Option<String>,
}

impl Round {
    /// Fails where something is missing.
    #[track_caller]
    pub(super) fn check(&self, number: usize, revision: &str, standing: &Standing) {
        assert_eq!(self.revision, revision, "{standing:?}");
        for tool in ["create_note", "list_notes", "list_recent_meetings"] {
            assert!(self.tools.iter().any(|own| own == tool), "no {tool} in {:?}", self.tools);
        }
        assert!(!self.failed, "{self:?}");
        assert_eq!(self.made["title"], title(number));
        let notes = self.listed["notes"].as_array().map_or(&[][..], Vec::as_slice);
        assert!(notes.iter().any(|note| note["id"] == self.made["id"]), "{self:?}");
        assert_eq!(self.secret, matches!(standing, Standing::Confidential), "{standing:?}");
        if let Standing::Unknown = standing {
            assert_eq!((self.tokens, self.client.as_deref()), (0, None));
            return;
        }
        // One for the code and one for each time a token had expired: nothing else makes it ask.
        assert_eq!(self.tokens, number, "{self:?}");
        let scope = self.scope.as_deref().unwrap_or_default();
        assert!(scope.split(' ').any(|scope| scope == "notes:write"), "{self:?}");
        match (standing, self.client.as_deref()) {
            (Standing::Published(document), client) => assert_eq!(client, Some(document.as_str())),
            (_, client) => assert!(client.is_some_and(|client| client.starts_with("dcr_")), "{client:?}"),
        }
    }
}

/// The note of a round.
pub(super) fn title(number: usize) -> String {
    format!("round {number}")
}
