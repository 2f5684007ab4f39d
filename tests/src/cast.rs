//! Which clients are played, and where what they publish about themselves can be fetched.

use std::path::{Path, PathBuf};

use url::Url;

use crate::{
    failure::{Failure, Outcome},
    host::{Authority, Host},
    persona::{Draw, Persona, home::Home, key::ClientKey},
};

/// What stands for every persona there is.
pub const ALL: &str = "all";
/// The certificate an [`Authority`] keeps in its folder.
const CERTIFICATE: &str = "conformance-ca.pem";

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Casting {
    /// The MCP endpoint.
    pub target: String,
    /// Personas by name, or [`ALL`].
    pub names: Vec<String>,
    /// Where the documents are published, when not on this machine.
    pub documents: Option<String>,
    /// The folder with the certificate authority that a server on this machine trusts, and with the clients' key.
    pub authority: PathBuf,
}

impl Casting {
    /// The personas, each once. `port` is where this machine's browser is waited for, if it is.
    ///
    /// # Errors
    /// There is no persona of a name.
    pub fn personas(&self, port: Option<u16>) -> Outcome<Vec<Persona>> {
        let mut names: Vec<&str> = Vec::new();
        for name in &self.names {
            let meant = if name == ALL {
                Persona::list().map(|(name, _)| name).collect()
            } else {
                vec![name.as_str()]
            };
            for name in meant {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names.into_iter().map(|name| self.persona(name, port)).collect()
    }

    fn persona(&self, name: &str, port: Option<u16>) -> Outcome<Persona> {
        // Ports are drawn for each: two of one run are never taken for one.
        let mut draw = Draw::of(&self.target);
        draw.port = port.unwrap_or(draw.port);
        Persona::named(name, &draw).ok_or_else(|| {
            let known: Vec<&str> = Persona::list().map(|(name, _)| name).collect();
            Failure::new(format!(
                "no persona is called {name}; there are {ALL}, chatgpt, {}",
                known.join(", ")
            ))
        })
    }

    /// Where the documents can be fetched: where they were published, or at a host that is started here when the server
    /// runs on this machine and its folder holds the authority it trusts.
    ///
    /// # Errors
    /// The authority or the key cannot be read, or the host does not start.
    pub async fn home(&self, personas: &[Persona]) -> Outcome<Option<(Home, Option<Host>)>> {
        if personas.iter().all(|persona| persona.script.document.is_none()) {
            return Ok(None);
        }
        if let Some(base) = &self.documents {
            return Ok(Some((self.published(base)?, None)));
        }
        if !is_this_machine(&self.target) || !self.authority.join(CERTIFICATE).exists() {
            return Ok(None);
        }
        let authority = Authority::read_or_create(&self.authority)?;
        let host = Host::start(&authority).await?;
        let home = Home::on(&host, authority.certificate(), ClientKey::fresh()?);
        personas.iter().for_each(|persona| home.publish(persona, &host));
        Ok(Some((home, Some(host))))
    }

    /// Writes the documents of these personas, to be published at `documents`.
    ///
    /// # Errors
    /// A file cannot be written, or it was not said where they will be published.
    pub fn write(&self, personas: &[Persona], folder: &Path) -> Outcome {
        let base = self.documents.as_deref().ok_or_else(|| Failure::new("--documents says where"))?;
        let home = self.published(base)?;
        personas.iter().try_for_each(|persona| home.write(persona, folder))
    }

    /// The key stays with the authority: what is published must never hold it.
    fn published(&self, base: &str) -> Outcome<Home> {
        let is_https = Url::parse(base).is_ok_and(|url| url.scheme() == "https");
        if !is_https {
            return Err(Failure::new(format!(
                "{base} is no https URL: client documents are fetched over https only"
            )));
        }
        std::fs::create_dir_all(&self.authority)?;
        Ok(Home::at(base, ClientKey::read_or_create(&self.authority)?))
    }
}

fn is_this_machine(target: &str) -> bool {
    Url::parse(target).is_ok_and(|url| shared::resource::is_loopback(&url))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use tempfile::TempDir;

    use super::*;

    fn casting(names: &[&str], folder: &Path) -> Casting {
        Casting {
            target: "https://mcp.example/mcp".to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            documents: Some("https://clients.example/docs".to_owned()),
            authority: folder.to_owned(),
        }
    }

    #[test]
    fn everybody_is_played_once_and_nobody_is_made_up() {
        let folder = TempDir::new().unwrap();
        let names = |names: &[&str]| casting(names, folder.path()).personas(None);
        assert_eq!(names(&["claude", "all", "claude"]).unwrap().len(), Persona::list().count());
        assert!(names(&["claud"]).unwrap_err().to_string().contains("claude-code"));
    }

    #[test]
    fn documents_are_written_for_their_address_and_the_key_is_not_among_them() {
        let (folder, published) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let casting = casting(&["chatgpt-stable"], folder.path());
        let personas = casting.personas(None).unwrap();
        casting.write(&personas, published.path()).unwrap();
        let read = |path: &str| -> Value {
            serde_json::from_slice(&std::fs::read(published.path().join(path)).unwrap()).unwrap()
        };
        let document = read("oauth/client.json");
        assert_eq!(document["client_id"], "https://clients.example/docs/oauth/client.json");
        assert_eq!(document["jwks_uri"], "https://clients.example/docs/oauth/jwks.json");
        assert!(read("oauth/jwks.json")["keys"][0].get("d").is_none());
        assert!(folder.path().join("conformance-client.key").exists());
        let plain = Casting { documents: Some("http://clients.example".to_owned()), ..casting };
        assert!(plain.write(&personas, published.path()).is_err());
    }
}
