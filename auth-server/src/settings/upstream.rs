//! The OpenID providers people may sign in with, and who of their people may enter.

use shared::{
    env::Reader,
    resource::{Resource, is_loopback},
};

/// So many can be set: `UPSTREAM_…`, then `UPSTREAM_2_…` to `UPSTREAM_9_…`.
const MOST: usize = 9;
/// What belongs to a provider beside its issuer.
const PARTS: [&str; 6] = ["CLIENT_ID", "CLIENT_SECRET", "SCOPES", "NAME", "ALLOW", "REQUIRE_CLAIM"];

/// How people sign in.
#[derive(Clone, Debug)]
pub struct SignInWays {
    /// Whether e-mail and password of an account here will do.
    pub local: bool,
    /// The providers, in the order of their numbers.
    pub providers: Vec<UpstreamSettings>,
}

/// One provider.
#[derive(Clone)]
pub struct UpstreamSettings {
    /// Its number: what a form calls it.
    pub key: String,
    /// Its issuer, as it spells it.
    pub issuer: Resource,
    /// Who we are there.
    pub client_id: String,
    /// What proves it.
    pub client_secret: String,
    /// What it is asked for, `openid` left out: that always is.
    pub scopes: Vec<String>,
    /// What people call it.
    pub name: String,
    /// Whose addresses may enter.
    pub allow: Allow,
    /// A claim somebody must have to enter, and its value.
    pub require_claim: Option<(String, String)>,
}

/// Whose addresses may enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allow {
    /// Everybody the provider signs in.
    Anyone,
    /// These addresses, and those of these domains, in lower case.
    Only(Vec<String>),
}

impl Allow {
    fn parse(text: &str) -> Option<Allow> {
        if text.trim() == "anyone" {
            return Some(Allow::Anyone);
        }
        let entries: Vec<String> = text
            .split(|c: char| c.is_whitespace() || c == ',')
            .filter(|entry| !entry.is_empty())
            .map(str::to_lowercase)
            .collect();
        let is_entry = |entry: &String| {
            let domain = entry.rsplit_once('@').map_or(Some(entry.as_str()), |(name, domain)| {
                (!name.is_empty() && !name.contains('@')).then_some(domain)
            });
            // A word without a dot is a slip of `anyone`, not a domain.
            domain.is_some_and(|domain| {
                domain.contains('.') && !domain.starts_with('.') && !domain.contains(['/', ':', '*'])
            })
        };
        (!entries.is_empty() && entries.iter().all(is_entry)).then_some(Allow::Only(entries))
    }

    /// Whether that address may enter. A domain does not let in those of its subdomains.
    pub fn admits(&self, email: &str) -> bool {
        let email = email.to_lowercase();
        let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
        match self {
            Allow::Anyone => true,
            Allow::Only(entries) => entries.iter().any(|entry| match entry.contains('@') {
                true => *entry == email,
                false => entry == domain,
            }),
        }
    }
}

impl std::fmt::Debug for UpstreamSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the secret.
        f.debug_struct("UpstreamSettings").field("issuer", &self.issuer.as_str()).finish_non_exhaustive()
    }
}

impl SignInWays {
    /// Reads `LOCAL_ACCOUNTS` and every `UPSTREAM_…`. Nobody may be left without a way to sign in.
    pub(super) fn read(reader: &mut Reader<'_>) -> SignInWays {
        let local = reader.is_on("LOCAL_ACCOUNTS", true);
        let mut providers: Vec<UpstreamSettings> = Vec::new();
        let mut is_any_set = false;
        for number in 1..=MOST {
            let prefix = if number == 1 { "UPSTREAM".to_owned() } else { format!("UPSTREAM_{number}") };
            let issuer = format!("{prefix}_ISSUER");
            if reader.optional(&issuer).is_none() {
                refuse_parts(reader, &prefix);
                continue;
            }
            is_any_set = true;
            let Some(provider) = read_provider(reader, &prefix, number) else { continue };
            if providers.iter().any(|known| known.issuer.as_str() == provider.issuer.as_str()) {
                reader.fault(&issuer, "is set twice", "https://id.example.com");
            }
            providers.push(provider);
        }
        if !local && !is_any_set {
            reader.fault("LOCAL_ACCOUNTS", "is off, and there is no UPSTREAM_ISSUER to sign in with", "on");
        }
        SignInWays { local, providers }
    }
}

/// What is set for a provider that is not there was meant for one.
fn refuse_parts(reader: &mut Reader<'_>, prefix: &str) {
    let set = PARTS.iter().find(|part| reader.optional(&format!("{prefix}_{part}")).is_some());
    if let Some(part) = set {
        let wrong = format!("is missing, but {prefix}_{part} is set");
        reader.fault(&format!("{prefix}_ISSUER"), &wrong, "https://id.example.com");
    }
}

fn read_provider(reader: &mut Reader<'_>, prefix: &str, number: usize) -> Option<UpstreamSettings> {
    let name = |part: &str| format!("{prefix}_{part}");
    let issuer = read_issuer(reader, &name("ISSUER"));
    let mut required = |part: &str, example: &str| {
        let value = reader.optional(&name(part)).map(str::to_owned);
        if value.is_none() {
            reader.fault(&name(part), "is required where there is an issuer", example);
        }
        value
    };
    let client_id = required("CLIENT_ID", "gatehouse");
    let client_secret = required("CLIENT_SECRET", "what the provider gave you");
    // Who may enter is never a default: a provider may sign in half the world.
    const ALLOW: &str = "example.com ada@example.org, or the word anyone";
    let allow = required("ALLOW", ALLOW).and_then(|text| {
        let allow = Allow::parse(&text);
        if allow.is_none() {
            reader.fault(
                &name("ALLOW"),
                "is neither anyone nor a list of domains and e-mail addresses",
                ALLOW,
            );
        }
        allow
    });
    let scopes = reader.text(&name("SCOPES"), "openid email profile");
    let scopes = scopes.split_whitespace().filter(|scope| *scope != "openid").map(str::to_owned).collect();
    let require_claim = read_claim(reader, &name("REQUIRE_CLAIM"));
    let issuer = issuer?;
    let host = issuer.url().host_str().unwrap_or_default().to_owned();
    Some(UpstreamSettings {
        key: number.to_string(),
        name: reader.text(&name("NAME"), &host),
        issuer,
        client_id: client_id?,
        client_secret: client_secret?,
        scopes,
        allow: allow?,
        require_claim,
    })
}

fn read_issuer(reader: &mut Reader<'_>, name: &str) -> Option<Resource> {
    let wrong = match Resource::parse(reader.optional(name)?) {
        Ok(issuer) if issuer.url().scheme() == "https" || is_loopback(issuer.url()) => return Some(issuer),
        Ok(_) => "must be https unless its host is this machine".to_owned(),
        Err(fault) => fault.to_string(),
    };
    reader.fault(name, &wrong, "https://id.example.com");
    None
}

fn read_claim(reader: &mut Reader<'_>, name: &str) -> Option<(String, String)> {
    let text = reader.optional(name)?;
    let pair = text.split_once('=').map(|(claim, value)| (claim.trim(), value.trim()));
    let pair = pair.filter(|(claim, value)| !claim.is_empty() && !value.is_empty());
    if pair.is_none() {
        reader.fault(name, "is not a claim and its value", "groups=mcp-users");
    }
    pair.map(|(claim, value)| (claim.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use shared::env::Env;

    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<SignInWays, String> {
        let env: Env = pairs.iter().copied().collect();
        let mut reader = Reader::new(&env);
        let ways = SignInWays::read(&mut reader);
        reader.finish(Some(ways)).map_err(|faults| faults.to_string())
    }

    const ONE: [(&str, &str); 4] = [
        ("UPSTREAM_ISSUER", "https://id.example.com"),
        ("UPSTREAM_CLIENT_ID", "gatehouse"),
        ("UPSTREAM_CLIENT_SECRET", "hidden"),
        ("UPSTREAM_ALLOW", "example.com, Ada@Other.org"),
    ];

    #[test]
    fn nothing_set_is_local_accounts_alone() {
        let ways = read(&[]).unwrap();
        assert!(ways.local && ways.providers.is_empty());
    }

    #[test]
    fn a_provider_has_a_name_and_scopes_and_lets_in_whom_it_is_told_to() {
        let ways = read(&[&ONE[..], &[("LOCAL_ACCOUNTS", "off")]].concat()).unwrap();
        let provider = &ways.providers[0];
        assert_eq!(
            (ways.local, provider.key.as_str(), provider.name.as_str()),
            (false, "1", "id.example.com")
        );
        assert_eq!(provider.scopes, ["email", "profile"]);
        for email in ["eve@example.com", "EVE@EXAMPLE.COM", "ada@other.org"] {
            assert!(provider.allow.admits(email), "{email}");
        }
        for email in ["eve@other.org", "eve@sub.example.com", "eve@notexample.com", "example.com", ""] {
            assert!(!provider.allow.admits(email), "{email}");
        }
        assert!(!format!("{ways:?}").contains("hidden"));
    }

    #[test]
    fn further_ones_have_numbers_and_none_is_there_twice() {
        let second = [
            ("UPSTREAM_3_ISSUER", "http://localhost:4000"),
            ("UPSTREAM_3_CLIENT_ID", "gatehouse"),
            ("UPSTREAM_3_CLIENT_SECRET", "hidden"),
            ("UPSTREAM_3_ALLOW", "anyone"),
            ("UPSTREAM_3_REQUIRE_CLAIM", "groups = mcp-users"),
        ];
        let ways = read(&[&ONE[..], &second[..]].concat()).unwrap();
        let claim = ("groups".to_owned(), "mcp-users".to_owned());
        assert_eq!((ways.providers[1].key.as_str(), &ways.providers[1].require_claim), ("3", &Some(claim)));
        let mut twice = second;
        twice[0].1 = "https://id.example.com";
        assert!(read(&[&ONE[..], &twice[..]].concat()).unwrap_err().contains("is set twice"));
    }

    #[test]
    fn what_is_missing_or_wrong_is_told_with_its_name() {
        let faults = read(&[("UPSTREAM_ISSUER", "https://id.example.com")]).unwrap_err();
        for name in ["UPSTREAM_CLIENT_ID", "UPSTREAM_CLIENT_SECRET", "UPSTREAM_ALLOW"] {
            assert!(faults.contains(name), "{name} is not in {faults}");
        }
        for (name, value) in [
            ("UPSTREAM_ISSUER", "http://id.example.com"),
            ("UPSTREAM_ISSUER", "id.example.com"),
            ("UPSTREAM_ALLOW", "everyone"),
            ("UPSTREAM_ALLOW", "@example.com"),
            ("UPSTREAM_ALLOW", "*.example.com"),
            ("UPSTREAM_REQUIRE_CLAIM", "groups"),
            ("UPSTREAM_2_NAME", "Work"),
            ("LOCAL_ACCOUNTS", "no"),
        ] {
            let mut pairs: Vec<_> = ONE.iter().copied().filter(|(own, _)| *own != name).collect();
            pairs.push((name, value));
            let faults = read(&pairs).unwrap_err();
            let named = if name == "UPSTREAM_2_NAME" { "UPSTREAM_2_ISSUER" } else { name };
            assert!(faults.contains(named), "{name}={value}: {faults}");
        }
        assert!(read(&[("LOCAL_ACCOUNTS", "off")]).unwrap_err().contains("LOCAL_ACCOUNTS"));
    }
}
