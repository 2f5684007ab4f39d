//! What tokens are issued for, as the settings say it: a file, or a list of URLs and one of scopes.

use shared::{
    env::Reader,
    resource::{Resource, is_loopback},
};

use crate::oauth::catalogue::{Catalogue, ResourceEntry, ScopeInWords};

const DEFAULT_RESOURCES: &str = "http://localhost:8000/mcp http://localhost:8000/sse";

/// The scopes of the notes and meetings tools, in words: English and German.
const SHIPPED_SCOPES: [(&str, &str, &str); 4] = [
    ("notes:read", "Read your notes", "Ihre Notizen lesen"),
    ("notes:write", "Create, change and delete your notes", "Ihre Notizen anlegen, ändern und löschen"),
    ("meetings:read", "Read your meetings", "Ihre Besprechungen lesen"),
    ("meetings:write", "Record meetings", "Besprechungen festhalten"),
];

/// Reads `RESOURCES_FILE`, or `RESOURCES` and `SCOPES`.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<Catalogue> {
    let (name, read) = match reader.optional("RESOURCES_FILE") {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|fault| fault.to_string());
            ("RESOURCES_FILE", text.and_then(|text| Catalogue::from_toml(&text)))
        }
        None => {
            let resources = reader.text("RESOURCES", DEFAULT_RESOURCES);
            let shipped = SHIPPED_SCOPES.map(|(name, ..)| name).join(" ");
            let scopes = reader.text("SCOPES", &shipped);
            let entries = resources.split_whitespace().map(|resource| entry(resource, &scopes)).collect();
            ("RESOURCES", Catalogue::new(entries))
        }
    };
    let secure = read_secure(read);
    secure.map_err(|fault| reader.fault(name, &fault, "https://mcp.example.com/mcp")).ok()
}

/// A catalogue whose every resource is https, or on this machine.
fn read_secure(catalogue: Result<Catalogue, String>) -> Result<Catalogue, String> {
    let catalogue = catalogue?;
    let is_insecure =
        |resource: &&Resource| resource.url().scheme() != "https" && !is_loopback(resource.url());
    let insecure = catalogue.iter().map(|entry| &entry.resource).find(is_insecure);
    match insecure.map(|resource| resource.as_str().to_owned()) {
        None => Ok(catalogue),
        Some(resource) => Err(format!("`{resource}` must be https unless its host is this machine")),
    }
}

/// A resource that is described by its URL and a list of scopes alone. With the scopes of the shipped tools it is called
/// what they are, with others by its host: RESOURCES_FILE has names for those.
fn entry(resource: &str, scopes: &str) -> ResourceEntry {
    let is_shipped =
        scopes.split_whitespace().all(|name| SHIPPED_SCOPES.iter().any(|(known, ..)| *known == name));
    let host = || Resource::parse(resource).ok()?.url().host_str().map(str::to_owned);
    let name = if is_shipped { Some("Notes and meetings".to_owned()) } else { host() };
    ResourceEntry {
        resource: resource.to_owned(),
        name: name.unwrap_or_else(|| resource.to_owned()),
        scopes: scopes.split_whitespace().map(scope).collect(),
        default: None,
    }
}

/// A scope of the shipped tools in words, any other by its name.
fn scope(name: &str) -> ScopeInWords {
    let shipped = SHIPPED_SCOPES.iter().find(|(known, ..)| *known == name);
    ScopeInWords {
        name: name.to_owned(),
        words: shipped.map_or(name, |(_, english, _)| english).to_owned(),
        words_in: shipped.map(|(.., german)| ("de".to_owned(), (*german).to_owned())).into_iter().collect(),
        optional: false,
    }
}
