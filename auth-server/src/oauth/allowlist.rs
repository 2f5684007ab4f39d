//! Which redirect URIs may be registered at all.

use super::redirect::{RedirectFault, RedirectUri};

/// Which redirect URIs clients may register: the shipped list, the operator's additions, and loopback.
#[derive(Clone, Debug)]
pub struct Allowlist(Vec<Entry>);

#[derive(Clone, Debug)]
enum Entry {
    Exact(RedirectUri),
    /// Everything up to and with the last slash; one segment follows.
    OneSegment(String),
}

impl Allowlist {
    /// The shipped list: one entry a line, `#` starts a comment.
    const SHIPPED: &str = include_str!("../../data/redirect_uris.txt");

    /// The shipped list and `added` entries, separated by white space.
    ///
    /// # Errors
    /// The first entry that is neither a redirect URI nor one that ends in `/{id}`.
    pub fn parse(added: &str) -> Result<Allowlist, String> {
        let shipped = Self::SHIPPED.lines().map(|line| line.split('#').next().unwrap_or_default());
        let entries = shipped.flat_map(str::split_whitespace).chain(added.split_whitespace());
        entries.map(Entry::parse).collect::<Result<_, _>>().map(Allowlist)
    }

    /// Whether a client may be sent back there.
    pub fn admits(&self, uri: &RedirectUri) -> bool {
        uri.is_loopback() || self.0.iter().any(|entry| entry.admits(uri))
    }
}

impl Entry {
    fn parse(text: &str) -> Result<Entry, String> {
        let refused = |fault: RedirectFault| format!("`{text}`: {fault}");
        match text.strip_suffix("/{id}") {
            Some(prefix) if prefix.starts_with("https://") => {
                RedirectUri::parse(&format!("{prefix}/id")).map_err(refused)?;
                Ok(Entry::OneSegment(format!("{prefix}/")))
            }
            _ => RedirectUri::parse(text).map(Entry::Exact).map_err(refused),
        }
    }

    fn admits(&self, uri: &RedirectUri) -> bool {
        match self {
            Entry::Exact(own) => own.admits(uri),
            Entry::OneSegment(prefix) => uri.as_str().strip_prefix(prefix).is_some_and(is_segment),
        }
    }
}

fn is_segment(text: &str) -> bool {
    (1..=256).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> RedirectUri {
        RedirectUri::parse(text).unwrap()
    }

    #[test]
    fn the_shipped_list_knows_the_clients_and_not_their_imitators() {
        let list = Allowlist::parse("https://app.example/cb https://team.example/{id}").unwrap();
        for good in [
            "https://chatgpt.com/connector_platform_oauth_redirect",
            "https://chatgpt.com/connector/oauth/a_B-9",
            "https://chat.openai.com/callback",
            "https://claude.ai/api/mcp/auth_callback",
            "https://global.consent.azure-apim.net/redirect/x-5fnotes.1",
            "https://app.example/cb",
            "https://team.example/one",
            "http://127.0.0.1:49152/anything",
            "http://[::1]:1/cb",
        ] {
            assert!(list.admits(&uri(good)), "{good}");
        }
        for bad in [
            "https://evil.com/steal-tokens",
            "https://chatgpt.com/connector/oauth/",
            "https://chatgpt.com/connector/oauth/a/b",
            "https://chatgpt.com/connector/oauth/a?b",
            "https://chatgpt.com.evil.com/connector_platform_oauth_redirect",
            "https://chatgpt.com/connector_platform_oauth_redirect/",
            "http://chatgpt.com/connector_platform_oauth_redirect",
            "http://127.0.0.1.evil.com/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "cursor://anysphere.cursor-mcp/oauth/callback",
        ] {
            assert!(!list.admits(&uri(bad)), "{bad}");
        }
    }
}
