//! The bearer token in a request's `Authorization` header: RFC 6750 §2.1, OAuth 2.1 §5.1.1. Nowhere else is one looked
//! for: a token in a query or a form is ignored.

use super::{Denial, Flaw};

/// Longer values are garbage: our own tokens have about 700 characters.
const MAX_LENGTH: usize = 16 * 1024;

/// The one bearer token among the values of the `Authorization` headers, before its characters are looked at.
pub(super) fn token<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Result<&'a [u8], Denial> {
    let mut values = values.into_iter();
    let value = values.next().ok_or(Denial::Anonymous)?;
    if values.next().is_some() {
        return Err(Denial::Ambiguous);
    }
    let scheme_end = value.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(value.len());
    let (scheme, rest) = value.split_at(scheme_end);
    // RFC 9110 §11.1: the scheme's case does not matter. Another scheme brings no bearer token at all.
    if !scheme.eq_ignore_ascii_case(b"Bearer") {
        return Err(Denial::Anonymous);
    }
    let token = rest.trim_ascii();
    match token.is_empty() || token.len() > MAX_LENGTH {
        true => Err(Flaw::Malformed.into()),
        false => Ok(token),
    }
}

/// A token as text, if it has no other characters than tokens have.
pub(super) fn text(token: &[u8]) -> Result<&str, Flaw> {
    let text =
        str::from_utf8(token).ok().filter(|text| text.bytes().all(|byte| IS_OF_TOKEN[usize::from(byte)]));
    text.ok_or(Flaw::Malformed)
}

/// RFC 6750 §2.1: `b64token`.
const fn is_token_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
}

/// The same for each byte: a token has some hundred.
const IS_OF_TOKEN: [bool; 256] = {
    let (mut table, mut byte) = ([false; 256], 0_u8);
    loop {
        table[byte as usize] = is_token_character(byte);
        match byte.checked_add(1) {
            Some(next) => byte = next,
            None => break table,
        }
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(values: &[&'a str]) -> Result<&'a str, Denial> {
        Ok(text(token(values.iter().map(|value| value.as_bytes()))?)?)
    }

    #[test]
    fn the_scheme_is_read_in_any_case() {
        for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c ", "bEaReR\ta.b.c"] {
            assert_eq!(read(&[value]).unwrap(), "a.b.c", "{value:?}");
        }
    }

    #[test]
    fn no_token_is_not_a_bad_token() {
        for values in [&[][..], &["Basic dTpw"], &[""], &["Bearertoken"]] {
            assert!(matches!(read(values), Err(Denial::Anonymous)), "{values:?}");
        }
    }

    #[test]
    fn garbage_is_a_bad_token() {
        let long = format!("Bearer {}", "a".repeat(MAX_LENGTH + 1));
        for value in
            ["Bearer", "Bearer ", "Bearer a b", "Bearer a, Bearer b", "Bearer \"a\"", "Bearer ä", &long]
        {
            assert!(matches!(read(&[value]), Err(Denial::Invalid(Flaw::Malformed))), "{value:?}");
        }
    }

    #[test]
    fn two_headers_are_refused_even_when_equal() {
        assert!(matches!(read(&["Bearer a", "Bearer a"]), Err(Denial::Ambiguous)));
    }
}
