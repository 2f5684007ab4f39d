//! A `client_id` that is the URL of a metadata document: draft-ietf-oauth-client-id-metadata-document §3.

use url::{Host, Url};

/// Longer ones are refused.
const MAX_LENGTH: usize = 512;

/// Names that mean something on a local network only (RFC 6761, RFC 6762, RFC 8375, RFC 9476).
const LOCAL_NAMES: [&str; 7] =
    [".localhost", ".local", ".internal", ".home.arpa", ".alt", ".onion", ".invalid"];

/// How far this server reaches for what clients publish.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses only.
    #[default]
    Internet,
    /// Also this machine: for development and tests.
    AndThisMachine,
}

/// The URL of a client's metadata document. Its identity is the exact string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientIdUrl(Url);

impl ClientIdUrl {
    /// Reads a `client_id` in the one spelling a fetch would use.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn parse(text: &str, reach: Reach) -> Result<ClientIdUrl, UrlFault> {
        if text.len() > MAX_LENGTH {
            return Err(UrlFault::Length);
        }
        let url = Url::parse(text).map_err(|_| UrlFault::Spelling)?;
        check_fetchable(&url, reach)?;
        if url.fragment().is_some() {
            return Err(UrlFault::Fragment);
        }
        // The draft says SHOULD NOT, and lets us choose: no known client has one.
        if url.query().is_some() {
            return Err(UrlFault::Query);
        }
        if has_dot_segment(text) {
            return Err(UrlFault::DotSegment);
        }
        if url.path() == "/" {
            return Err(UrlFault::Path);
        }
        // Whatever a parser would repair: two spellings of one URL would be two clients with one document.
        if url.as_str() != text {
            return Err(UrlFault::Spelling);
        }
        Ok(ClientIdUrl(url))
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Its parsed form.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The host that publishes the document.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

/// Whether anything at all may be fetched from a URL: https, a name that could be public, nobody's password. What the
/// name resolves to is judged when it is resolved.
///
/// # Errors
/// The first rule it breaks.
pub fn check_fetchable(url: &Url, reach: Reach) -> Result<(), UrlFault> {
    if url.scheme() != "https" {
        return Err(UrlFault::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlFault::UserInformation);
    }
    let is_this_machine = match url.host() {
        Some(Host::Domain(name)) if is_public_name(name) => return Ok(()),
        Some(Host::Domain(name)) => name == "localhost",
        // The parser has read every spelling of an address by now: decimal, octal, mapped.
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if is_this_machine && reach == Reach::AndThisMachine { Ok(()) } else { Err(UrlFault::Host) }
}

fn is_public_name(name: &str) -> bool {
    name.contains('.') && !name.ends_with('.') && !LOCAL_NAMES.iter().any(|local| name.ends_with(local))
}

/// Whether a segment of the path is one or two dots, percent-encoded or not.
fn has_dot_segment(text: &str) -> bool {
    let before_query = text.split(['?', '#']).next().unwrap_or_default();
    let is_dots =
        |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    before_query.split(['/', '\\']).any(is_dots)
}

/// Why a URL cannot be a `client_id`, or cannot be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    /// Too long.
    #[error("The address is longer than 512 characters.")]
    Length,
    /// Not https.
    #[error("The address is not an https address.")]
    Scheme,
    /// Name and password.
    #[error("The address contains a user name or a password.")]
    UserInformation,
    /// An address, this machine, or a name of a local network.
    #[error("The address does not name a host on the internet.")]
    Host,
    /// `#…`
    #[error("The address has a fragment.")]
    Fragment,
    /// `?…`
    #[error("The address has a query.")]
    Query,
    /// `.` or `..`
    #[error("The address has dot segments in its path.")]
    DotSegment,
    /// An origin only.
    #[error("The address has no path.")]
    Path,
    /// Not a URL, or one a parser would write differently.
    #[error("The address is not spelled in its plain form.")]
    Spelling,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_of_real_clients_are_addresses() {
        for text in [
            "https://claude.ai/oauth/mcp-oauth-client-metadata",
            "https://chatgpt.com/oauth/client.json",
            "https://chatgpt.com/oauth/AbC-1_x/client.json",
            "https://www.mcpjam.com/.well-known/oauth/client-metadata.json",
            "https://client.example:8443/oauth/",
        ] {
            assert_eq!(ClientIdUrl::parse(text, Reach::Internet).unwrap().as_str(), text);
        }
    }

    #[test]
    fn each_broken_rule_is_named() {
        use UrlFault::*;
        for (text, fault) in [
            ("http://h.example/c", Scheme),
            ("https://h.example", Path),
            ("https://h.example/", Path),
            ("https://h.example/c#", Fragment),
            ("https://h.example/c?", Query),
            ("https://u@h.example/c", UserInformation),
            ("https://:p@h.example/c", UserInformation),
            ("https://h.example/a/../c", DotSegment),
            ("https://h.example/./c", DotSegment),
            ("https://h.example/a/%2E%2e/c", DotSegment),
            ("https://h.example/a/.%2e", DotSegment),
            ("https://h.example\\..\\c", DotSegment),
            ("https://H.example/c", Spelling),
            ("https://h.example:443/c", Spelling),
            ("https://h.example/a b", Spelling),
            ("https://h.example/c\n", Spelling),
            ("https://hä.example/c", Spelling),
            ("https:h.example/c", Spelling),
            ("https://", Spelling),
            ("https://printer/c", Host),
            ("https://h.example./c", Host),
            ("https://metadata.google.internal/c", Host),
            ("https://printer.local/c", Host),
            ("https://8.8.8.8/c", Host),
        ] {
            assert_eq!(ClientIdUrl::parse(text, Reach::AndThisMachine), Err(fault), "{text}");
        }
        let long = format!("https://h.example/{}", "a".repeat(500));
        assert_eq!(ClientIdUrl::parse(&long, Reach::Internet), Err(Length));
    }

    #[test]
    fn this_machine_is_a_host_only_where_that_is_allowed() {
        for host in ["localhost:1", "127.0.0.1", "[::1]:8"] {
            let text = format!("https://{host}/c");
            assert_eq!(ClientIdUrl::parse(&text, Reach::Internet), Err(UrlFault::Host), "{text}");
            assert!(ClientIdUrl::parse(&text, Reach::AndThisMachine).is_ok(), "{text}");
        }
        for host in
            ["10.0.0.1", "169.254.169.254", "2852039166", "0xa.1", "[::ffff:127.0.0.1]", "a.localhost"]
        {
            let text = format!("https://{host}/c");
            assert_eq!(
                ClientIdUrl::parse(&text, Reach::AndThisMachine).err(),
                Some(UrlFault::Host),
                "{text}"
            );
        }
    }
}
