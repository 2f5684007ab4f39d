//! The client as a whole: its wire, who it says it is, who signs in, and its clock.

use shared::clock::Clock;

use crate::{
    human::Human,
    persona::{Persona, home::Home},
    wire::{Dress, Wire},
};

/// Everything the steps need to send.
#[derive(Clone)]
pub struct Agent {
    /// Sends and remembers secrets.
    pub wire: Wire,
    /// What it says about itself.
    pub persona: Persona,
    /// Who signs in.
    pub human: Human,
    /// What it checks expiry against.
    pub clock: Clock,
    /// Where its documents are published, if they are.
    pub home: Option<Home>,
}

/// A kind of request: clients set other header fields in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Metadata documents.
    Discovery,
    /// The registration.
    Registration,
    /// The token endpoint.
    Token,
    /// MCP.
    Mcp,
}

impl Agent {
    /// This persona, and a human who signs in.
    ///
    /// # Errors
    /// TLS could not be set up.
    pub fn new(persona: Persona, human: Human) -> Result<Agent, reqwest::Error> {
        Ok(Agent { wire: Wire::new()?, persona, human, clock: Clock::system(), home: None })
    }

    /// The same with documents published there.
    ///
    /// # Errors
    /// TLS could not be set up, or the home's authority is no certificate.
    pub fn at_home(self, home: Home) -> Result<Agent, reqwest::Error> {
        Ok(Agent { wire: Wire::trusting(home.authority.as_deref())?, home: Some(home), ..self })
    }

    /// The same as another client.
    #[must_use]
    pub fn playing(&self, persona: Persona) -> Agent {
        Agent { persona, ..self.clone() }
    }

    /// The same, dressed as its persona is in this kind of request.
    #[must_use]
    pub fn dressed(&self, part: Part) -> Agent {
        let script = &self.persona.script;
        let headers = match part {
            Part::Discovery => &script.headers.discovery,
            Part::Registration => &script.headers.registration,
            Part::Token => &script.headers.token,
            Part::Mcp => &script.headers.mcp,
        };
        Agent { wire: self.wire.dressed(Dress::new(headers, script.origin.as_deref())), ..self.clone() }
    }
}
