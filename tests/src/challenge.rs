//! `WWW-Authenticate` challenges: RFC 9110 §11.2, §11.6.1, strictly.

use std::fmt;

/// One challenge of a `WWW-Authenticate` field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme as written; compare it in any case.
    pub scheme: String,
    /// The scheme's single value, for schemes that have one instead of parameters.
    pub token68: Option<String>,
    /// Parameters in order, values unquoted. No name stands twice.
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Reads a whole field value: one challenge or several.
    ///
    /// # Errors
    /// Where and how it departs from the grammar, or which parameter stands twice.
    pub fn parse(field: &str) -> Result<Vec<Challenge>, MalformedChallenge> {
        let mut cursor = Cursor { text: field, at: 0 };
        let mut challenges = Vec::new();
        cursor.skip(|byte| matches!(byte, b' ' | b'\t' | b','));
        while !cursor.is_done() {
            challenges.push(cursor.challenge()?);
            cursor.skip(|byte| matches!(byte, b' ' | b'\t' | b','));
        }
        Ok(challenges)
    }

    /// The first challenge for bearer tokens among several fields.
    ///
    /// # Errors
    /// A field departs from the grammar.
    pub fn bearer<'a>(
        fields: impl IntoIterator<Item = &'a str>,
    ) -> Result<Option<Challenge>, MalformedChallenge> {
        for field in fields {
            let challenges = Challenge::parse(field)?;
            if let Some(found) = challenges.into_iter().find(|one| one.scheme.eq_ignore_ascii_case("bearer"))
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The parameter of that name, in any case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.scheme)?;
        if let Some(value) = &self.token68 {
            write!(formatter, " {value}")?;
        }
        for (place, (name, value)) in self.parameters.iter().enumerate() {
            let separator = if place == 0 { "" } else { "," };
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
            write!(formatter, "{separator} {name}=\"{quoted}\"")?;
        }
        Ok(())
    }
}

/// A `WWW-Authenticate` value that no strict parser reads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: {what}")]
pub struct MalformedChallenge {
    /// Where.
    pub at: usize,
    /// What is wrong there.
    pub what: String,
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn is_done(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Passes over what `matches`; every byte class here is ASCII, so it stops on a character's boundary.
    fn skip(&mut self, matches: impl Fn(u8) -> bool) -> &'a str {
        let start = self.at;
        while self.peek().is_some_and(&matches) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    fn fault<T>(&self, what: impl Into<String>) -> Result<T, MalformedChallenge> {
        Err(MalformedChallenge { at: self.at, what: what.into() })
    }

    fn challenge(&mut self) -> Result<Challenge, MalformedChallenge> {
        let scheme = self.skip(is_token).to_owned();
        if scheme.is_empty() {
            return self.fault("a scheme was expected");
        }
        let mut challenge = Challenge { scheme, token68: None, parameters: Vec::new() };
        let spaces = self.skip(|byte| byte == b' ');
        if self.is_done() || self.peek() == Some(b',') {
            return Ok(challenge);
        }
        if spaces.is_empty() {
            return self.fault("a space was expected after the scheme");
        }
        challenge.token68 = self.token68();
        if challenge.token68.is_none() {
            self.parameters(&mut challenge)?;
        }
        Ok(challenge)
    }

    /// `token68`, if that is what stands between here and the next comma.
    fn token68(&mut self) -> Option<String> {
        let start = self.at;
        let value = self.skip(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte));
        self.skip(|byte| byte == b'=');
        let end = self.at;
        self.skip(is_blank);
        if !value.is_empty() && (self.is_done() || self.peek() == Some(b',')) {
            return Some(self.text[start..end].to_owned());
        }
        self.at = start;
        None
    }

    fn parameters(&mut self, challenge: &mut Challenge) -> Result<(), MalformedChallenge> {
        loop {
            let start = self.at;
            let name = self.skip(is_token);
            self.skip(is_blank);
            if name.is_empty() || self.peek() != Some(b'=') {
                if challenge.parameters.is_empty() {
                    return self.fault("a parameter was expected");
                }
                // Another challenge begins here.
                self.at = start;
                return Ok(());
            }
            self.at += 1;
            self.skip(is_blank);
            let value = self.value()?;
            // RFC 9110 §11.2: parameter names occur only once per challenge.
            if challenge.parameter(name).is_some() {
                return self.fault(format!("the parameter `{name}` stands twice"));
            }
            challenge.parameters.push((name.to_owned(), value));
            self.skip(is_blank);
            if self.is_done() {
                return Ok(());
            }
            if self.peek() != Some(b',') {
                return self.fault("a comma was expected after a parameter");
            }
            self.skip(|byte| is_blank(byte) || byte == b',');
            if self.is_done() {
                return Ok(());
            }
        }
    }

    fn value(&mut self) -> Result<String, MalformedChallenge> {
        if self.peek() != Some(b'"') {
            let token = self.skip(is_token);
            return if token.is_empty() { self.fault("a value was expected") } else { Ok(token.to_owned()) };
        }
        let mut value = String::new();
        let mut characters = self.text[self.at..].char_indices().skip(1);
        while let Some((offset, character)) = characters.next() {
            match character {
                '"' => {
                    self.at += offset + 1;
                    return Ok(value);
                }
                '\\' => match characters.next() {
                    Some((_, escaped)) if is_text(escaped) => value.push(escaped),
                    _ => return self.fault("a backslash escapes nothing"),
                },
                _ if is_text(character) => value.push(character),
                _ => return self.fault("a control character stands in a quoted string"),
            }
        }
        self.fault("a quoted string does not end")
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_text(character: char) -> bool {
    character == '\t' || !character.is_control()
}

#[cfg(test)]
mod tests;
