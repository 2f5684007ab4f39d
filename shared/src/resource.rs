//! Resource identifiers: RFC 8707 §2, RFC 9728 §1.2, and what clients make of them.

use url::Url;

/// A resource identifier: the string as configured, and its parsed form for comparison.
///
/// What goes out is always the configured string. `url::Url` adds a slash to an origin when it is printed, so the
/// parsed form is for comparing only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    configured: String,
    parsed: Url,
}

impl Resource {
    /// Reads an absolute http or https URL with a host and without user information, query or fragment.
    ///
    /// # Errors
    /// What is wrong with it, as half a sentence ("has a fragment").
    pub fn parse(text: &str) -> Result<Resource, MalformedResource> {
        let parsed = Url::parse(text).map_err(|_| MalformedResource("is not an absolute URL"))?;
        let fault = match () {
            () if !matches!(parsed.scheme(), "http" | "https") => "is not an http or https URL",
            // RFC 8707 §2: the value MUST NOT include a fragment component.
            () if parsed.fragment().is_some() => "has a fragment",
            () if parsed.query().is_some() => "has a query",
            () if !parsed.username().is_empty() || parsed.password().is_some() => "has user information",
            () if !is_plain(text, &parsed) => "is not plainly spelled",
            () => return Ok(Resource { configured: text.to_owned(), parsed }),
        };
        Err(MalformedResource(fault))
    }

    /// The configured string: the only form that is ever sent.
    pub fn as_str(&self) -> &str {
        &self.configured
    }

    /// The parsed form.
    pub fn url(&self) -> &Url {
        &self.parsed
    }

    /// Whether a client means this resource. Scheme and host in any case, a default port and, for an origin, one
    /// trailing slash make no difference; the path must be equal. Nothing else is forgiven.
    pub fn is_named_by(&self, text: &str) -> bool {
        text == self.as_str() || Resource::parse(text).is_ok_and(|other| other.parsed == self.parsed)
    }
}

/// Whether parsing changed nothing but the case of scheme and host, a default port, and the slash of an origin. The parser
/// repairs much more: back slashes, dot segments, control characters.
fn is_plain(text: &str, parsed: &Url) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let default_port = if parsed.scheme() == "https" { ":443" } else { ":80" };
    let authority = authority.to_ascii_lowercase();
    authority.strip_suffix(default_port).unwrap_or(&authority) == parsed.authority()
        && scheme.eq_ignore_ascii_case(parsed.scheme())
        && (path == parsed.path() || (path.is_empty() && parsed.path() == "/"))
}

/// Whether `url` may go without TLS: its host is this machine's own.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A string that is no resource identifier, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedResource(&'static str);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_default_port_and_the_slash_of_an_origin_are_forgiven_and_nothing_else() {
        let origin = Resource::parse("https://mcp.example.com").unwrap();
        assert_eq!(origin.as_str(), "https://mcp.example.com");
        for same in ["https://mcp.example.com/", "HTTPS://MCP.Example.COM", "https://mcp.example.com:443"] {
            assert!(origin.is_named_by(same), "{same}");
        }
        let endpoint = Resource::parse("https://mcp.example.com/mcp").unwrap();
        for other in
            ["https://mcp.example.com/mcp/", "https://mcp.example.com/MCP", "http://mcp.example.com/mcp"]
        {
            assert!(!endpoint.is_named_by(other), "{other}");
        }
    }

    #[test]
    fn what_is_no_resource_is_refused() {
        for text in ["mcp", "/mcp", "ftp://h/mcp", "https://h/#a", "https://h/?a", "https://u@h/", "urn:a:b"]
        {
            assert!(Resource::parse(text).is_err(), "{text}");
        }
    }
}
