//! The `Bearer` challenge: RFC 6750 §3, RFC 9728 §5.1. One type for the header and for the tool result.

use std::fmt;

use actix_web::http::header::HeaderValue;
use shared::scope::Scopes;

/// Error codes of RFC 6750 §3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    InvalidRequest,
    InvalidToken,
    InsufficientScope,
}

impl Code {
    fn as_str(self) -> &'static str {
        match self {
            Code::InvalidRequest => "invalid_request",
            Code::InvalidToken => "invalid_token",
            Code::InsufficientScope => "insufficient_scope",
        }
    }
}

/// What a caller must do to be let in. Each parameter stands at most once, whatever the texts hold.
#[derive(Clone, Debug)]
pub(super) struct Challenge<'a> {
    resource_metadata: Option<&'a str>,
    error: Option<(Code, String)>,
    scope: Option<&'a Scopes>,
}

impl<'a> Challenge<'a> {
    /// A challenge that says only where to begin (RFC 6750 §3.1: without a token, no error). It names no scope: a
    /// client would take it for all it may ever ask for. Without metadata there is nowhere to begin: nobody becomes
    /// welcome at a URL with a token in it by way of OAuth.
    pub(super) fn new(resource_metadata: Option<&'a str>) -> Challenge<'a> {
        Challenge { resource_metadata, error: None, scope: None }
    }

    /// With what is wrong.
    pub(super) fn error(self, code: Code, description: impl Into<String>) -> Challenge<'a> {
        Challenge { error: Some((code, description.into())), ..self }
    }

    /// With every scope the operation needs.
    pub(super) fn scope(self, scope: &'a Scopes) -> Challenge<'a> {
        Challenge { scope: Some(scope), ..self }
    }

    /// As a header. What [`Display`](fmt::Display) writes is always one.
    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.to_string()).unwrap_or(HeaderValue::from_static("Bearer"))
    }
}

impl fmt::Display for Challenge<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scope = self.scope.map(Scopes::to_string);
        let error = self.error.as_ref();
        let parameters = [
            ("resource_metadata", self.resource_metadata),
            ("error", error.map(|(code, _)| code.as_str())),
            ("error_description", error.map(|(_, description)| description.as_str())),
            ("scope", scope.as_deref()),
        ];
        formatter.write_str("Bearer")?;
        let mut separator = " ";
        for (name, value) in parameters {
            let Some(value) = value else { continue };
            write!(formatter, "{separator}{name}={}", Quoted(value))?;
            separator = ", ";
        }
        Ok(())
    }
}

/// A quoted-string of RFC 9110 §5.6.4. What a header must not hold (control characters) or may not everywhere (what is
/// not ASCII) becomes a question mark.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        // As nearly all of them are.
        if self.0.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\') {
            return write!(formatter, "\"{}\"", self.0);
        }
        formatter.write_char('"')?;
        for character in self.0.chars() {
            match character {
                '"' | '\\' => {
                    formatter.write_char('\\')?;
                    formatter.write_char(character)?;
                }
                ' '..='~' => formatter.write_char(character)?,
                _ => formatter.write_char('?')?,
            }
        }
        formatter.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const METADATA: &str = "https://mcp.example.com/.well-known/oauth-protected-resource/mcp";

    /// The parameters of a challenge, read as RFC 9110 §11.2 has them.
    fn parse(header: &str) -> Vec<(String, String)> {
        let mut characters = header.strip_prefix("Bearer ").unwrap().chars().peekable();
        let mut parameters = Vec::new();
        while characters.peek().is_some() {
            let name: String = characters.by_ref().take_while(|&character| character != '=').collect();
            assert_eq!(characters.next(), Some('"'));
            let mut value = String::new();
            loop {
                match characters.next().unwrap() {
                    '"' => break,
                    '\\' => value.push(characters.next().unwrap()),
                    character => value.push(character),
                }
            }
            parameters.push((name.trim_start_matches(", ").to_owned(), value));
            if characters.peek().is_some() {
                assert_eq!((characters.next(), characters.next()), (Some(','), Some(' ')));
            }
        }
        parameters
    }

    #[test]
    fn without_a_token_there_is_no_error() {
        assert_eq!(
            Challenge::new(Some(METADATA)).to_string(),
            format!("Bearer resource_metadata=\"{METADATA}\"")
        );
    }

    #[test]
    fn a_missing_scope_is_told_whole() {
        let scopes = Scopes::parse("notes:read notes:write").unwrap();
        let challenge = Challenge::new(Some(METADATA)).error(Code::InsufficientScope, "more").scope(&scopes);
        assert_eq!(
            challenge.to_string(),
            format!(
                "Bearer resource_metadata=\"{METADATA}\", error=\"insufficient_scope\", \
                 error_description=\"more\", scope=\"notes:read notes:write\""
            )
        );
    }

    #[test]
    fn without_metadata_there_is_only_what_is_wrong() {
        let challenge = Challenge::new(None).error(Code::InvalidToken, "no");
        assert_eq!(challenge.to_string(), "Bearer error=\"invalid_token\", error_description=\"no\"");
    }

    proptest! {
        #[test]
        fn any_text_is_told_inside_its_quotes(text in any::<String>()) {
            let challenge = Challenge::new(Some(METADATA)).error(Code::InvalidToken, text.clone());
            let header = challenge.header();
            let parameters = parse(header.to_str().unwrap());
            let shown = |character| if matches!(character, ' '..='~') { character } else { '?' };
            let description: String = text.chars().map(shown).collect();
            prop_assert_eq!(parameters, [
                ("resource_metadata".to_owned(), METADATA.to_owned()),
                ("error".to_owned(), "invalid_token".to_owned()),
                ("error_description".to_owned(), description),
            ]);
        }
    }
}
