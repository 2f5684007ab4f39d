//! Scope tokens and ordered sets of them: RFC 6749 §3.3.

use std::fmt;

/// A set of scope tokens in the order they were first named. Printed as the wire has it: separated by one space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Reads a `scope` parameter as clients really send it: any run of spaces separates, leading and trailing ones
    /// are ignored, repetitions fall together. An empty string is the empty set.
    ///
    /// # Errors
    /// The first token that has a character outside `%x21 / %x23-5B / %x5D-7E`.
    pub fn parse(text: &str) -> Result<Scopes, MalformedScope> {
        let mut scopes = Scopes::default();
        for token in text.split(' ').filter(|token| !token.is_empty()) {
            if !token.bytes().all(is_scope_character) {
                return Err(MalformedScope);
            }
            scopes.insert(token);
        }
        Ok(scopes)
    }

    fn insert(&mut self, token: &str) {
        if !self.contains(token) {
            self.0.push(token.to_owned());
        }
    }

    /// Whether `token` is one of them.
    pub fn contains(&self, token: &str) -> bool {
        self.0.iter().any(|own| own == token)
    }

    /// Whether every scope of `other` is one of them.
    pub fn contains_all(&self, other: &Scopes) -> bool {
        other.iter().all(|token| self.contains(token))
    }

    /// Those that `other` has too, in this set's order.
    #[must_use]
    pub fn intersection(&self, other: &Scopes) -> Scopes {
        Scopes(self.0.iter().filter(|token| other.contains(token)).cloned().collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each token, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Each token, in order, as a document lists them.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

/// Collects tokens that are known to be well-formed: configured or parsed ones.
impl<'a> FromIterator<&'a str> for Scopes {
    fn from_iter<I: IntoIterator<Item = &'a str>>(tokens: I) -> Scopes {
        let mut scopes = Scopes::default();
        for token in tokens {
            scopes.insert(token);
        }
        scopes
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join(" "))
    }
}

/// A scope token has a character that RFC 6749 §3.3 does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scope has a character that is not allowed")]
pub struct MalformedScope;

fn is_scope_character(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_repetitions_do_not_matter() {
        let scopes = Scopes::parse("  notes:read notes:write  notes:read ").unwrap();
        assert_eq!(scopes.to_string(), "notes:read notes:write");
        assert!(Scopes::parse("").unwrap().is_empty());
    }

    #[test]
    fn quotes_backslashes_and_controls_are_refused() {
        for text in ["a\"b", "a\\b", "a\tb", "a\nb", "ä"] {
            assert_eq!(Scopes::parse(text), Err(MalformedScope), "{text:?}");
        }
    }
}
