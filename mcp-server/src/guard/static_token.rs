//! Tokens for clients that cannot do OAuth: made here, shown once, kept as hashes, carried in a URL.
//!
//! Never mixed with access tokens: none of these is looked for in an `Authorization` header, and no access token in a URL.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest;
use shared::{
    clock::{Clock, Timestamp},
    database::DatabaseError,
    random,
    scope::Scopes,
};

use super::Denial;
use crate::store::{
    Store,
    static_tokens::{NewStaticToken, StaticToken},
};

/// What a token begins with, so that whoever finds one knows what it is.
const PREFIX: &str = "mst_";

/// Somebody with a static token.
#[derive(Clone, Debug)]
pub struct Holder {
    pub(crate) id: i64,
    pub(crate) digest: String,
    pub(crate) user: String,
    pub(crate) scopes: Scopes,
}

/// What a new token is for.
#[derive(Clone, Debug)]
pub(crate) struct Purpose {
    pub(crate) label: String,
    pub(crate) user: String,
    pub(crate) scopes: Scopes,
    pub(crate) lifetime: Option<Duration>,
}

/// The static tokens of this server.
#[derive(Clone)]
pub(crate) struct StaticTokens {
    store: Store,
    clock: Clock,
}

impl StaticTokens {
    pub(crate) fn new(store: Store, clock: Clock) -> StaticTokens {
        StaticTokens { store, clock }
    }

    /// Makes a token: its key, and its text, which is not to be had a second time.
    pub(crate) async fn add(&self, purpose: Purpose) -> Result<(i64, String), DatabaseError> {
        let now = self.clock.now();
        let token = fresh();
        let row = NewStaticToken {
            id: 0,
            digest: hash(&token),
            label: purpose.label,
            user_id: purpose.user,
            scopes: purpose.scopes.to_string(),
            created_at: now.seconds(),
            expires_at: purpose.lifetime.map(|lifetime| (now + lifetime).seconds()),
        };
        Ok((self.store.add_static_token(row).await?, token))
    }

    /// Every token, oldest first.
    pub(crate) async fn all(&self) -> Result<Vec<StaticToken>, DatabaseError> {
        self.store.static_tokens().await
    }

    /// Revokes a token, and says whether there is one.
    pub(crate) async fn revoke(&self, id: i64) -> Result<bool, DatabaseError> {
        self.store.revoke_static_token(id, self.clock.now()).await
    }

    /// Lets in whoever holds this token. Unknown, revoked and ended look the same outside.
    pub(crate) async fn admit(&self, token: &str) -> Result<Holder, Denial> {
        let digest = digest(token).ok_or(Denial::UnknownToken)?;
        let now = self.clock.now();
        // A hash of 256 random bits: how long the search takes tells nothing about any token.
        let row = self.store.static_token(&digest).await?.ok_or(Denial::UnknownToken)?;
        if !row.is_live(now) {
            tracing::debug!(token_id = row.id, "a static token that was revoked or has ended came in");
            return Err(Denial::UnknownToken);
        }
        let scopes = Scopes::parse(&row.scopes).map_err(|_| Denial::UnknownToken)?;
        if let Err(error) = self.store.note_use(&row, now).await {
            tracing::warn!(token_id = row.id, %error, "the use of a static token could not be noted");
        }
        Ok(Holder { id: row.id, digest, user: row.user_id, scopes })
    }

    /// Whether the token with this digest still opens anything. In doubt it does: a database that is away for a moment
    /// must not end what runs.
    pub(crate) async fn is_live(&self, digest: &str, now: Timestamp) -> bool {
        match self.store.static_token(digest).await {
            Ok(row) => row.is_some_and(|row| row.is_live(now)),
            Err(error) => {
                tracing::warn!(%error, "a static token could not be looked up again");
                true
            }
        }
    }
}

fn fresh() -> String {
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random::bytes::<32>()))
}

/// What a token is found by; none when it is no token of ours, in which case nothing needs to be asked.
fn digest(token: &str) -> Option<String> {
    let random = URL_SAFE_NO_PAD.decode(token.strip_prefix(PREFIX)?).ok()?;
    (random.len() == 32).then(|| hash(token))
}

fn hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_text_that_was_given_out_has_a_digest() {
        let token = fresh();
        assert_eq!(digest(&token), Some(hash(&token)));
        assert_ne!(fresh(), token);
        let padded = format!("{token}=");
        let upper = token.to_uppercase();
        let cut = &token[..token.len() - 2];
        for other in ["", "mst_", "eyJ0.e30.x", &token[4..], &padded, &upper, cut] {
            assert_eq!(digest(other), None, "{other}");
        }
    }
}
