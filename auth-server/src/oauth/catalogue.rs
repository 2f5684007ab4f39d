//! What tokens can be issued for: resources, their scopes in words, and what is granted when nothing is asked for.

use std::collections::BTreeMap;

use serde::Deserialize;
use shared::{resource::Resource, scope::Scopes};

use super::openid::{EMAIL, OPENID, PROFILE};

/// Asked for by clients that want a refresh token (OpenID Connect Core §11). Accepted and granted by name; a refresh
/// token is issued with or without it.
pub const OFFLINE_ACCESS: &str = "offline_access";

/// Scopes that go with every resource and open none: granted when they are asked for by name, and never by default.
const BESIDE: [&str; 4] = [OPENID, EMAIL, PROFILE, OFFLINE_ACCESS];

/// Every resource this server issues tokens for. The first is the default.
#[derive(Clone, Debug)]
pub struct Catalogue(Vec<ProtectedResource>);

/// A resource and the scopes it understands.
#[derive(Clone, Debug)]
pub struct ProtectedResource {
    /// Its identifier: what `aud` will say.
    pub resource: Resource,
    /// What a person calls it.
    pub name: String,
    scopes: Vec<ScopeInWords>,
    known: Scopes,
    default: Scopes,
}

/// A scope and what it allows, as a person reads it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeInWords {
    /// The scope token.
    pub name: String,
    /// A short imperative: "Read your notes".
    pub words: String,
    /// The same in other languages, by their tags: `de = "Ihre Notizen lesen"`.
    #[serde(default)]
    pub words_in: BTreeMap<String, String>,
    /// Whether a person may leave it out of what a client asks for. Some clients then report a mismatch.
    #[serde(default)]
    pub optional: bool,
}

/// A resource as `RESOURCES_FILE` has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceEntry {
    /// The identifier.
    pub resource: String,
    /// What a person calls it.
    pub name: String,
    /// The scopes it understands.
    pub scopes: Vec<ScopeInWords>,
    /// Names of those granted when a request names none; all of them when left out.
    pub default: Option<Vec<String>>,
}

impl Catalogue {
    /// Checks the entries.
    ///
    /// # Errors
    /// The first fault, with the resource it is about.
    pub fn new(entries: Vec<ResourceEntry>) -> Result<Catalogue, String> {
        if entries.is_empty() {
            return Err("names no resource".to_owned());
        }
        entries.into_iter().map(ProtectedResource::new).collect::<Result<_, _>>().map(Catalogue)
    }

    /// Reads `RESOURCES_FILE`: TOML with `[[resource]]` tables.
    ///
    /// # Errors
    /// What is wrong with the text or an entry.
    pub fn from_toml(text: &str) -> Result<Catalogue, String> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            resource: Vec<ResourceEntry>,
        }
        let file: File = toml::from_str(text).map_err(|fault| fault.message().to_owned())?;
        Catalogue::new(file.resource)
    }

    /// The resource a request means: the one it names, or the default when it names none (RFC 8707 §2.1). None when it
    /// names one we do not know.
    pub fn select(&self, requested: Option<&str>) -> Option<&ProtectedResource> {
        match requested {
            None => self.0.first(),
            Some(text) => self.iter().find(|entry| entry.resource.is_named_by(text)),
        }
    }

    /// Each resource, the default first.
    pub fn iter(&self) -> impl Iterator<Item = &ProtectedResource> {
        self.0.iter()
    }

    /// Every scope of every resource and those that go with each, once.
    pub fn scopes_supported(&self) -> Scopes {
        let names = self.iter().flat_map(|entry| entry.known.iter()).chain(BESIDE);
        Scopes::from_iter(names)
    }

    /// The scopes a client is registered with: those it named and we know, or the default resource's default set. Never
    /// empty, because some clients ask for exactly what they find in the registration's answer.
    pub fn registered(&self, named: Option<&Scopes>) -> Scopes {
        let known = named.map(|scopes| scopes.intersection(&self.scopes_supported()));
        let default = || self.0.first().map(|entry| entry.default.clone());
        known.filter(|scopes| !scopes.is_empty()).or_else(default).unwrap_or_default()
    }
}

impl ProtectedResource {
    fn new(entry: ResourceEntry) -> Result<ProtectedResource, String> {
        let resource =
            Resource::parse(&entry.resource).map_err(|fault| format!("`{}` {fault}", entry.resource))?;
        let names: Vec<&str> = entry.scopes.iter().map(|scope| scope.name.as_str()).collect();
        let known =
            Scopes::parse(&names.join(" ")).map_err(|fault| format!("`{}`: {fault}", entry.resource))?;
        if let Some(name) = BESIDE.iter().find(|name| known.contains(name)) {
            return Err(format!(
                "`{}`: `{name}` goes with every resource and is not its own",
                entry.resource
            ));
        }
        let default = match &entry.default {
            None => known.clone(),
            Some(names) => Scopes::from_iter(names.iter().map(String::as_str)),
        };
        if default.is_empty() || !known.contains_all(&default) {
            return Err(format!("`{}`: `default` must name some of its own scopes", entry.resource));
        }
        Ok(ProtectedResource { resource, name: entry.name, scopes: entry.scopes, known, default })
    }

    /// What a request is granted. Unknown scopes are dropped; when no known one remains, the client's registered
    /// scopes count, and without those the default set: a token without scopes helps nobody.
    pub fn grantable(&self, requested: &Scopes, registered: Option<&Scopes>) -> Scopes {
        let known = [Some(requested), registered]
            .into_iter()
            .flatten()
            .map(|scopes| scopes.intersection(&self.known))
            .find(|known| !known.is_empty())
            .unwrap_or_else(|| self.default.clone());
        let beside = BESIDE.into_iter().filter(|name| requested.contains(name));
        Scopes::from_iter(known.iter().chain(beside))
    }

    /// Those of `scopes` that are its own.
    pub fn own(&self, scopes: &Scopes) -> Scopes {
        scopes.intersection(&self.known)
    }

    /// Whether a person may leave this scope out.
    pub fn is_optional(&self, scope: &str) -> bool {
        self.scopes.iter().any(|own| own.optional && own.name == scope)
    }

    /// What stays of `asked` without the optional scopes that are not ticked; nothing where none of its own would stay.
    pub fn kept(&self, asked: &Scopes, is_ticked: impl Fn(&str) -> bool) -> Option<Scopes> {
        let kept: Scopes = asked.iter().filter(|name| !self.is_optional(name) || is_ticked(name)).collect();
        Some(kept).filter(|kept| !self.own(kept).is_empty())
    }

    /// What one of its own scopes allows, in that language if somebody wrote it, else as it was first written.
    pub fn in_words(&self, scope: &str, language: &str) -> Option<&str> {
        let scope = self.scopes.iter().find(|own| own.name == scope)?;
        Some(scope.words_in.get(language).unwrap_or(&scope.words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        Catalogue::from_toml(
            r#"
            [[resource]]
            resource = "https://mcp.example/mcp"
            name = "Notes"
            default = ["notes:read"]
            scopes = [{ name = "notes:read", words = "Read" }, { name = "notes:write", words = "Write", words_in = { de = "Schreiben" } }]
            "#,
        )
        .unwrap()
    }

    #[test]
    fn nothing_useful_asked_for_means_the_registered_or_the_default_set() {
        let catalogue = catalogue();
        let resource = catalogue.select(None).unwrap();
        let granted = |requested: &str, registered: Option<&str>| {
            let registered = registered.map(|text| Scopes::parse(text).unwrap());
            resource.grantable(&Scopes::parse(requested).unwrap(), registered.as_ref()).to_string()
        };
        assert_eq!(granted("", None), "notes:read");
        assert_eq!(granted("email unknown", None), "notes:read email");
        assert_eq!(granted("", Some("openid email")), "notes:read");
        assert_eq!(granted("openid notes:write profile", None), "notes:write openid profile");
        assert_eq!(granted("", Some("notes:write")), "notes:write");
        assert_eq!(granted("notes:write x", Some("notes:read")), "notes:write");
        assert_eq!(granted("offline_access", None), "notes:read offline_access");
    }

    #[test]
    fn a_scope_that_goes_with_every_resource_has_words_and_is_no_resource_s_own() {
        let catalogue = catalogue();
        let words = |scope, language| catalogue.select(None).unwrap().in_words(scope, language);
        assert_eq!(words("notes:read", "en"), Some("Read"));
        assert_eq!(
            (words("notes:write", "de"), words("notes:write", "en")),
            (Some("Schreiben"), Some("Write"))
        );
        assert_eq!((words("openid", "en"), words("x", "en")), (None, None));
        assert!(catalogue.scopes_supported().contains_all(&Scopes::parse("openid email profile").unwrap()));
        let own = "[[resource]]\nresource = \"https://a/b\"\nname = \"A\"\nscopes = [{ name = \"email\", words = \"E\" }]";
        assert!(Catalogue::from_toml(own).is_err_and(|fault| fault.contains("`email`")));
    }

    #[test]
    fn only_what_is_optional_can_be_left_out_and_never_everything() {
        let catalogue = Catalogue::from_toml(
            r#"
            [[resource]]
            resource = "https://mcp.example/mcp"
            name = "Notes"
            scopes = [{ name = "read", words = "Read" }, { name = "write", words = "Write", optional = true }]
            "#,
        );
        let catalogue = catalogue.unwrap();
        let kept = |asked: &str, ticked: &str| {
            let (asked, ticked) = (Scopes::parse(asked).unwrap(), Scopes::parse(ticked).unwrap());
            let kept = catalogue.select(None).unwrap().kept(&asked, |name| ticked.contains(name));
            kept.map(|scopes| scopes.to_string())
        };
        assert_eq!(kept("read write openid", "").as_deref(), Some("read openid"));
        assert_eq!(kept("read write openid", "write").as_deref(), Some("read write openid"));
        assert_eq!(kept("read", "write other").as_deref(), Some("read"), "nothing is added");
        assert_eq!(kept("write openid", ""), None);
    }

    #[test]
    fn an_unknown_resource_is_not_the_default_one() {
        assert!(catalogue().select(Some("https://mcp.example/other")).is_none());
        assert!(catalogue().select(Some("HTTPS://mcp.example:443/mcp")).is_some());
    }

    #[test]
    fn a_default_outside_the_scopes_is_a_fault() {
        let entry = "[[resource]]\nresource = \"https://a/b\"\nname = \"A\"\nscopes = []";
        assert!(Catalogue::from_toml(entry).is_err());
        assert!(Catalogue::from_toml("[[resource]]\nresource = \"mcp\"\nname = \"A\"\nscopes = []").is_err());
    }
}
