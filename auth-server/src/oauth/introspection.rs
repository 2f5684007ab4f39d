//! What introspection tells of a token: RFC 7662 §2.2.

use serde::Serialize;
use shared::clock::Timestamp;

/// The answer. Of a token that is not active nothing is told but that.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Introspection {
    /// Whether it can be used now.
    pub active: bool,
    /// The rest of an active one.
    #[serde(flatten)]
    pub token: Option<ActiveToken>,
}

/// What is told of a token that can be used.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ActiveToken {
    /// Granted scopes, as the wire has them.
    pub scope: String,
    /// To whom it was issued.
    pub client_id: String,
    /// `Bearer`; none for a refresh token, which opens no resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    /// When it ends.
    pub exp: Timestamp,
    /// When it was issued.
    pub iat: Timestamp,
    /// Who granted it: a person, or the client itself.
    pub sub: String,
    /// The resource it is good for.
    pub aud: String,
    /// The issuer's configured string.
    pub iss: String,
    /// Of access tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
}

impl From<Option<ActiveToken>> for Introspection {
    fn from(token: Option<ActiveToken>) -> Introspection {
        Introspection { active: token.is_some(), token }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_inactive_token_nothing_else_is_told() {
        let text = serde_json::to_string(&Introspection::from(None)).unwrap();
        assert_eq!(text, r#"{"active":false}"#);
    }
}
