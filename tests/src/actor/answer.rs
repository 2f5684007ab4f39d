//! What came back: any reply, one with the status that was expected, one with tokens.

use serde_json::Value;

use crate::{
    exchange::Reply,
    failure::{Failure, Outcome},
};

/// A token response.
#[derive(Clone, Debug)]
pub struct TokenSet {
    /// `access_token`.
    pub access: String,
    /// `refresh_token`.
    pub refresh: String,
    /// `scope`.
    pub scope: String,
    /// The whole answer.
    pub document: Value,
}

impl TokenSet {
    /// Reads a token response.
    ///
    /// # Errors
    /// A member is missing.
    pub fn of(reply: &Reply) -> Outcome<TokenSet> {
        let document = reply.json().unwrap_or_default();
        let text = |name: &str| {
            let value = document[name].as_str().map(str::to_owned);
            value.ok_or_else(|| Failure::new(format!("the token response has no {name}")))
        };
        Ok(TokenSet {
            access: text("access_token")?,
            refresh: text("refresh_token")?,
            scope: text("scope")?,
            document: document.clone(),
        })
    }
}

/// The reply, if it has this status.
///
/// # Errors
/// It has another; the body tells why.
pub fn expect(reply: Reply, status: u16) -> Outcome<Reply> {
    if reply.status == status {
        return Ok(reply);
    }
    let body: String = reply.text().chars().take(600).collect();
    Err(Failure::new(format!("{status} was expected, {} came:\n{body}", reply.status)))
}

/// Sends a request and reads the reply to its end.
pub(super) async fn receive(builder: reqwest::RequestBuilder) -> Outcome<Reply> {
    let response = builder.send().await?;
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let status = response.status().as_u16();
    Ok(Reply { status, headers, body: response.bytes().await?.to_vec() })
}
