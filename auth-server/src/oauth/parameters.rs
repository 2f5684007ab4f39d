//! The parameters of a request to an OAuth endpoint: each at most once, an empty one as good as absent.

use url::form_urlencoded;

/// Parameters as they came, decoded.
#[derive(Clone, Debug, Default)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads `application/x-www-form-urlencoded` bytes: a query or a body.
    ///
    /// # Errors
    /// The name of a parameter that came twice (OAuth 2.1 §3.1, §3.2). `resource` may repeat (RFC 8707 §2) when it
    /// says the same each time.
    pub fn parse(bytes: &[u8]) -> Result<Parameters, Repeated> {
        let mut parameters: Vec<(String, String)> = Vec::new();
        for pair in bytes.split(|byte| *byte == b'&') {
            let (name, value) = decode(pair);
            if value.is_empty() {
                // As if it had been left out (OAuth 2.1 §3.1).
                continue;
            }
            match parameters.iter().find(|(known, _)| *known == name) {
                None => parameters.push((name, value)),
                Some((_, known)) if name == "resource" && *known == value => {}
                Some(_) => return Err(Repeated(name)),
            }
        }
        Ok(Parameters(parameters))
    }

    /// The value of `name`, never empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A name and its value. Those that are long, tokens and codes, are spelled as they are, and need not be decoded.
fn decode(pair: &[u8]) -> (String, String) {
    let is_plain = !pair.contains(&b'%') && !pair.contains(&b'+');
    match str::from_utf8(pair).ok().filter(|_| is_plain) {
        Some(plain) => {
            let (name, value) = plain.split_once('=').unwrap_or((plain, ""));
            (name.to_owned(), value.to_owned())
        }
        None => form_urlencoded::parse(pair).into_owned().next().unwrap_or_default(),
    }
}

/// A parameter came more than once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a parameter came more than once")]
pub struct Repeated(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_refused_but_an_equal_resource_is_not() {
        assert!(Parameters::parse(b"a=1&a=1").is_err());
        assert!(Parameters::parse(b"resource=x&resource=y").is_err());
        let twice = Parameters::parse(b"resource=x&resource=x&scope=").unwrap();
        assert_eq!(twice.get("resource"), Some("x"));
        assert_eq!(twice.get("scope"), None);
    }

    #[test]
    fn what_is_encoded_is_decoded_and_what_is_not_is_left() {
        let text = b"plain=a-b_c.d~e&=x&with%20=a+b%2Bc&only&last==%3D=";
        let read = Parameters::parse(text).unwrap();
        let whole = form_urlencoded::parse(text).into_owned().filter(|(_, value)| !value.is_empty());
        assert_eq!(read.0, whole.collect::<Vec<_>>());
        assert_eq!(read.get("with "), Some("a b+c"));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic() {
        assert!(Parameters::parse(b"%zz=%&&=&\xff\xfe=1").is_ok());
    }
}
