//! Static tokens for whoever runs this server: made, shown once, revoked.

use std::time::Duration;

use shared::{database::DatabaseError, scope::Scopes};

use crate::{App, guard::Purpose, http::token_url};

/// Letters of a user's name and of a label.
const LONGEST: usize = 255;

/// What a static token is made for.
#[derive(Clone, Debug, Default)]
pub struct TokenPurpose {
    /// Whose notes and meetings it opens: the `sub` of the issuer's tokens for a person's own, any other name for a space
    /// of its own.
    pub user: String,
    /// What it may do, as a `scope` parameter has it; everything when there is none.
    pub scope: Option<String>,
    /// What the operator calls it.
    pub label: String,
    /// How long it is good; for ever when there is none.
    pub lifetime: Option<Duration>,
}

/// A static token that was just made. Its text is stored nowhere.
#[derive(Clone)]
pub struct IssuedToken {
    /// What it is listed and revoked by.
    pub id: i64,
    /// The token.
    pub token: String,
    /// What a client of the older transport calls.
    pub sse_url: String,
    /// What a client of the endpoint calls.
    pub mcp_url: String,
}

impl App {
    /// Makes a static token.
    ///
    /// # Errors
    /// See [`AddTokenError`].
    pub async fn add_static_token(&self, purpose: TokenPurpose) -> Result<IssuedToken, AddTokenError> {
        let user = line(&purpose.user).filter(|user| !user.is_empty()).ok_or(AddTokenError::User)?;
        let label = line(&purpose.label).ok_or(AddTokenError::Label)?;
        let all = self.toolbox.all_scopes();
        let scopes = match &purpose.scope {
            Some(text) => Scopes::parse(text).ok().filter(|scopes| all.contains_all(scopes)),
            None => Some(all.clone()),
        };
        let scopes = scopes.ok_or_else(|| AddTokenError::Scope(all.to_string()))?;
        let purpose = Purpose { label, user, scopes, lifetime: purpose.lifetime };
        let (id, token) = self.static_tokens.add(purpose).await?;
        let sse_url = format!("{}?token={token}", self.settings.sse_resource.as_str());
        Ok(IssuedToken { id, sse_url, mcp_url: token_url(&self.settings.resource, &token), token })
    }

    /// Revokes a static token, and says whether there is one with this id.
    ///
    /// # Errors
    /// The database did not do it.
    pub async fn revoke_static_token(&self, id: i64) -> Result<bool, DatabaseError> {
        self.static_tokens.revoke(id).await
    }
}

/// A text of one line, without the blanks around it.
fn line(text: &str) -> Option<String> {
    let text = text.trim();
    let is_line = text.chars().count() <= LONGEST && !text.chars().any(char::is_control);
    is_line.then(|| text.to_owned())
}

/// Why a static token was not made.
#[derive(Debug, thiserror::Error)]
pub enum AddTokenError {
    /// No name.
    #[error("a user has 1 to {LONGEST} characters and no control characters")]
    User,
    /// No label.
    #[error("a label has at most {LONGEST} characters and no control characters")]
    Label,
    /// Something no tool needs.
    #[error("there are no such scopes here; those there are: {0}")]
    Scope(String),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}
