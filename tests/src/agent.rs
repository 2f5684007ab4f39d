//! The client as a whole: its wire, who it says it is, who signs in, and its clock.

use shared::clock::Clock;

use crate::{human::Human, persona::Persona, wire::Wire};

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
}

impl Agent {
    /// ChatGPT, and a human who signs in.
    ///
    /// # Errors
    /// TLS could not be set up.
    pub fn new(persona: Persona, human: Human) -> Result<Agent, reqwest::Error> {
        Ok(Agent { wire: Wire::new()?, persona, human, clock: Clock::system() })
    }
}
