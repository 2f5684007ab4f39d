//! What a client got in one round: the list of tools, a note it made, the notes there are.

use serde::Deserialize;
use serde_json::Value;

/// The stateless revision.
pub(super) const STATELESS: &str = "2026-07-28";
/// The newest revision with a handshake.
pub(super) const HANDSHAKE: &str = "2025-11-25";

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
    /// Whether it was given a secret.
    pub(super) secret: bool,
    /// What its tokens are good for.
    pub(super) scope: String,
}

impl Round {
    /// Fails where something is missing.
    #[track_caller]
    pub(super) fn check(&self, number: usize, revision: &str, has_secret: bool) {
        assert_eq!(self.revision, revision);
        for tool in ["create_note", "list_notes", "list_recent_meetings"] {
            assert!(self.tools.iter().any(|own| own == tool), "no {tool} in {:?}", self.tools);
        }
        assert!(!self.failed, "{self:?}");
        assert_eq!(self.made["title"], title(number));
        let notes = self.listed["notes"].as_array().map_or(&[][..], Vec::as_slice);
        assert!(notes.iter().any(|note| note["id"] == self.made["id"]), "{self:?}");
        // One for the code and one for each time a token had expired: nothing else makes it ask.
        assert_eq!(self.tokens, number, "{self:?}");
        assert_eq!(self.secret, has_secret);
        assert!(self.scope.split(' ').any(|scope| scope == "notes:write"), "{self:?}");
    }
}

/// The note of a round.
pub(super) fn title(number: usize) -> String {
    format!("round {number}")
}
