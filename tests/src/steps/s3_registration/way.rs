//! How a persona introduces itself to this server.

use url::Url;

use super::{Registration, document::method_of};
use crate::agent::Agent;

/// What to do when a document is wanted and none is there.
const ADVICE: &str = "on this machine start both services with `cargo up` (--authority names its data folder); \
                      elsewhere publish the client's document at an https address and say --documents URL \
                      (--write-documents DIR writes it)";

/// What the real client would do.
pub(super) enum Way {
    /// Be the document at this URL.
    Document(String),
    /// Register here.
    Dynamic(Url),
    /// Wait until its document is published somewhere.
    Unpublished,
    /// Give up.
    Closed,
}

impl Registration {
    /// Documents come first: every client that has one prefers it.
    pub(super) fn way(&self, agent: &Agent) -> Way {
        let document = agent.persona.script.document.as_ref().filter(|_| self.server.takes_documents);
        let is_welcome =
            document.is_some_and(|document| method_of(&document.members, &self.server).is_some());
        let id = agent.home.as_ref().filter(|_| is_welcome).and_then(|home| home.client_id(&agent.persona));
        let dynamic = self.server.registration_endpoint.clone();
        match (id, dynamic.filter(|_| agent.persona.script.dynamic.is_some())) {
            (Some(id), _) => Way::Document(id),
            (None, Some(endpoint)) => Way::Dynamic(endpoint),
            (None, None) if is_welcome => Way::Unpublished,
            (None, None) => Way::Closed,
        }
    }

    /// Looks ahead at who will take this step, and remarks on a document that is welcome but published nowhere.
    ///
    /// # Errors
    /// Why this persona cannot be played here, and what to do.
    pub fn by(self, agent: &Agent) -> Result<Registration, String> {
        let has_document = agent.persona.script.document.is_some();
        let is_missing = has_document && agent.home.is_none() && self.server.takes_documents;
        match self.way(agent) {
            Way::Unpublished => Err(format!("this server takes only documents: {ADVICE}")),
            Way::Dynamic(_) if is_missing => {
                let remark = format!("registered, although the server takes documents: {ADVICE}");
                Ok(Registration { remark: Some(remark), ..self })
            }
            _ => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        human::{Credentials, Human},
        persona::{Draw, Persona, home::Home, key::ClientKey},
        steps::{
            Seen, Server,
            fixtures::{MCP, resource, server},
        },
    };

    fn agent(name: &str, has_home: bool) -> Agent {
        let persona = Persona::named(name, &Draw::of(MCP)).unwrap();
        let human = Human::Played(Credentials { email: String::new(), password: String::new() });
        let home = has_home.then(|| Home::at("https://clients.example/docs/", ClientKey::fresh().unwrap()));
        Agent { home, ..Agent::new(persona, human).unwrap() }
    }

    fn step(takes_documents: bool, registers: bool, methods: &[&str]) -> Registration {
        let auth_methods = methods.iter().map(|method| (*method).to_owned()).collect();
        let registration_endpoint = server().registration_endpoint.filter(|_| registers);
        let server = Server { takes_documents, registration_endpoint, auth_methods, ..server() };
        Registration::new(resource(), server, Seen::default())
    }

    fn way(step: &Registration, agent: &Agent) -> String {
        match step.way(agent) {
            Way::Document(url) => url,
            Way::Dynamic(_) => "dynamic".to_owned(),
            Way::Unpublished => "unpublished".to_owned(),
            Way::Closed => "closed".to_owned(),
        }
    }

    #[test]
    fn each_client_takes_the_way_the_real_one_would() {
        let none = ["none"];
        for (name, has_home, step, taken) in [
            (
                "claude",
                true,
                step(true, true, &none),
                "https://clients.example/docs/oauth/mcp-oauth-client-metadata",
            ),
            ("claude", true, step(true, true, &["client_secret_post"]), "dynamic"),
            ("claude", true, step(false, true, &none), "dynamic"),
            ("claude", false, step(true, true, &none), "dynamic"),
            ("claude", false, step(true, false, &none), "unpublished"),
            ("gemini", true, step(true, true, &none), "dynamic"),
            ("gemini", true, step(true, false, &none), "closed"),
        ] {
            assert_eq!(way(&step, &agent(name, has_home)), taken, "{name}");
        }
    }

    #[test]
    fn a_missing_document_is_told() {
        assert!(
            step(true, false, &["none"]).by(&agent("codex", false)).err().unwrap().contains("--documents")
        );
        let fallen_back = step(true, true, &["none"]).by(&agent("codex", false)).ok().unwrap();
        assert!(fallen_back.remark.unwrap().contains("--documents"));
        assert!(step(true, true, &["none"]).by(&agent("gemini", false)).ok().unwrap().remark.is_none());
    }
}
