//! Where a persona's documents can be fetched from: by the server under test, and by this client.

use std::{fs, path::Path, sync::Arc};

use serde_json::{Value, json};

use crate::{
    failure::Outcome,
    host::{Host, Served},
    persona::{Persona, key::ClientKey},
};

/// An https origin, with a path or without, that serves documents of personas, and the key they name.
#[derive(Clone)]
pub struct Home {
    base: String,
    /// Who vouches for it, when no public authority does (PEM).
    pub authority: Option<String>,
    /// Proves who they are.
    pub key: Arc<ClientKey>,
}

/// A document and where it stands.
pub type Placed = (String, Value);

impl Home {
    /// A place that serves the documents under this URL.
    pub fn at(base: &str, key: ClientKey) -> Home {
        Home { base: base.trim_end_matches('/').to_owned(), authority: None, key: Arc::new(key) }
    }

    /// A host of this machine.
    pub fn on(host: &Host, authority: &str, key: ClientKey) -> Home {
        Home { authority: Some(authority.to_owned()), ..Home::at(&host.url(""), key) }
    }

    /// The `client_id` of a persona that has a document.
    pub fn client_id(&self, persona: &Persona) -> Option<String> {
        persona.script.document.as_ref().map(|document| format!("{}{}", self.base, document.path))
    }

    /// What a persona publishes: its document and its keys. Nothing when it has none.
    pub fn documents(&self, persona: &Persona) -> Vec<Placed> {
        let Some(script) = &persona.script.document else { return Vec::new() };
        let mut document = script.members.clone();
        let mut placed = Vec::new();
        document.insert("client_id".to_owned(), json!(self.client_id(persona)));
        if let Some(path) = &script.key_path {
            document.insert("jwks_uri".to_owned(), json!(format!("{}{path}", self.base)));
            placed.push((path.clone(), self.key.key_set()));
        }
        placed.push((script.path.clone(), Value::Object(document)));
        placed
    }

    /// Publishes them on a host.
    pub fn publish(&self, persona: &Persona, host: &Host) {
        for (path, document) in self.documents(persona) {
            host.publish(&path, Served::json(&document));
        }
    }

    /// Writes them into a folder, each at its path.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, persona: &Persona, folder: &Path) -> Outcome {
        for (path, document) in self.documents(persona) {
            let file = folder.join(path.trim_start_matches('/'));
            if let Some(parent) = file.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(file, serde_json::to_string_pretty(&document)?)?;
        }
        Ok(())
    }
}
