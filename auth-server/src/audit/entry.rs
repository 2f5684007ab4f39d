//! An event with what is told of it.

use serde::Serialize;

use super::kind::{By, Kind, Way};

/// An event with what is known of it: ids, never a secret.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    pub(super) event: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<By>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) way: Option<Way>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resource: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scopes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) grant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) count: Option<usize>,
}

impl Entry {
    /// That it happened.
    pub const fn of(event: Kind) -> Entry {
        Entry {
            event,
            by: None,
            account: None,
            email: None,
            way: None,
            provider: None,
            reason: None,
            client: None,
            resource: None,
            scopes: None,
            grant: None,
            key: None,
            count: None,
        }
    }

    /// Who did it.
    #[must_use]
    pub fn by(self, by: By) -> Entry {
        Entry { by: Some(by), ..self }
    }

    /// The id of the account it is about.
    #[must_use]
    pub fn account(self, id: &str) -> Entry {
        Entry { account: Some(id.to_owned()), ..self }
    }

    /// An address an operator or its owner has typed: told where an account begins, so that its id means something.
    #[must_use]
    pub fn email(self, email: &str) -> Entry {
        Entry { email: Some(email.to_owned()), ..self }
    }

    /// How somebody signs in.
    #[must_use]
    pub fn way(self, way: Way) -> Entry {
        Entry { way: Some(way), ..self }
    }

    /// The issuer of the provider.
    #[must_use]
    pub fn provider(self, issuer: &str) -> Entry {
        Entry { provider: Some(issuer.to_owned()), way: Some(Way::Provider), ..self }
    }

    /// Why, in one word of ours.
    #[must_use]
    pub const fn reason(mut self, reason: &'static str) -> Entry {
        self.reason = Some(reason);
        self
    }

    /// The client. A sealed registration is as long as what it holds: its beginning, which `explain` shows too, is random and
    /// enough.
    #[must_use]
    pub fn client(self, id: &str) -> Entry {
        let client = match id.char_indices().nth(20) {
            Some((end, _)) if id.starts_with("dcr_") => format!("{}…", &id[..end]),
            _ => id.to_owned(),
        };
        Entry { client: Some(client), ..self }
    }

    /// What a grant is for.
    #[must_use]
    pub fn access(self, resource: &str, scopes: &str) -> Entry {
        Entry { resource: Some(resource.to_owned()), scopes: Some(scopes.to_owned()), ..self }
    }

    /// The id of the grant: a text, for not every reader of JSON can hold the number.
    #[must_use]
    pub fn grant(self, id: i64) -> Entry {
        Entry { grant: Some(id.to_string()), ..self }
    }

    /// The `kid` of a signing key.
    #[must_use]
    pub fn key(self, kid: &str) -> Entry {
        Entry { key: Some(kid.to_owned()), ..self }
    }

    /// How many grants were revoked with it, or rows were touched.
    #[must_use]
    pub fn count(self, count: usize) -> Entry {
        Entry { count: Some(count), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_client_id_is_shortened_and_any_other_is_not() {
        let told = |id: &str| Entry::of(Kind::ClientBlocked).client(id).client.unwrap();
        assert_eq!(told("dcr_0123456789abcdefghij"), "dcr_0123456789abcdef…");
        for id in ["https://chatgpt.com/oauth/client.json", "the-wiki-of-the-whole-company"] {
            assert_eq!(told(id), id);
        }
    }
}
