//! Scope tokens and ordered sets of them: RFC 6749 §3.3.

use std::{collections::BTreeSet, fmt};

/// A set of scope tokens in the order they were first named, kept and printed as the wire has it: separated by one space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(String);

impl Scopes {
    /// Reads a `scope` parameter as clients really send it: any run of spaces separates, leading and trailing ones
    /// are ignored, repetitions fall together. An empty string is the empty set.
    ///
    /// # Errors
    /// The first token that has a character outside `%x21 / %x23-5B / %x5D-7E`.
    pub fn parse(text: &str) -> Result<Scopes, MalformedScope> {
        let tokens = || text.split(' ').filter(|token| !token.is_empty());
        match tokens().all(|token| token.bytes().all(is_scope_character)) {
            true => Ok(tokens().collect()),
            false => Err(MalformedScope),
        }
    }

    /// Whether `token` is one of them.
    pub fn contains(&self, token: &str) -> bool {
        self.iter().any(|own| own == token)
    }

    /// Whether every scope of `other` is one of them.
    pub fn contains_all(&self, other: &Scopes) -> bool {
        other.iter().all(|token| self.contains(token))
    }

    /// Those that `other` has too, in this set's order.
    #[must_use]
    pub fn intersection(&self, other: &Scopes) -> Scopes {
        self.iter().filter(|token| other.contains(token)).collect()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each token, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split_terminator(' ')
    }
}

/// Collects tokens that are known to be well-formed: configured or parsed ones.
impl<'a> FromIterator<&'a str> for Scopes {
    fn from_iter<I: IntoIterator<Item = &'a str>>(tokens: I) -> Scopes {
        let (mut text, mut seen) = (String::new(), BTreeSet::new());
        for token in tokens {
            // Not by looking through those before: a request may name some ten thousand.
            if seen.insert(token) {
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(token);
            }
        }
        Scopes(text)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
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
        assert_eq!(Scopes::parse(" ").unwrap().iter().count(), 0);
    }

    #[test]
    fn ten_thousand_names_fall_together_like_two() {
        let once: Vec<_> = (0..10_000).map(|number| format!("s{number}")).collect();
        let once = once.join(" ");
        let scopes = Scopes::parse(&format!("{once} {once}")).unwrap();
        assert_eq!(scopes.to_string(), once);
        assert_eq!(scopes.iter().count(), 10_000);
    }

    #[test]
    fn quotes_backslashes_and_controls_are_refused() {
        for text in ["a\"b", "a\\b", "a\tb", "a\nb", "ä"] {
            assert_eq!(Scopes::parse(text), Err(MalformedScope), "{text:?}");
        }
    }
}
