//! What a persona needs to be played: a world, and a host that publishes what it says of itself.

use conformance::{
    agent::Agent,
    failure::{Failure, Outcome},
    host::Host,
    matrix::{Matrix, run_all},
    persona::{Draw, Persona, home::Home, key::ClientKey},
    world::World,
};

/// A world and a host it trusts.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) host: Host,
    agent: Agent,
}

impl Stage {
    /// Around the usual world.
    pub(super) async fn set() -> Outcome<Stage> {
        Stage::around(World::start().await?).await
    }

    /// Around this world.
    pub(super) async fn around(world: World) -> Outcome<Stage> {
        let host = Host::start(world.authority()).await?;
        let home = Home::on(&host, world.authority().certificate(), ClientKey::fresh()?);
        let agent = world.agent()?.at_home(home)?;
        Ok(Stage { world, host, agent })
    }

    /// A persona with its placeholders filled.
    pub(super) fn persona(&self, name: &str) -> Outcome<Persona> {
        let unknown = || Failure::new(format!("no persona {name}"));
        Persona::named(name, &Draw::of(self.world.mcp_url())).ok_or_else(unknown)
    }

    /// An agent that plays this persona, its documents published.
    pub(super) fn cast(&self, persona: Persona) -> Agent {
        if let Some(home) = &self.agent.home {
            home.publish(&persona, &self.host);
        }
        self.agent.playing(persona)
    }

    /// Plays these, one after the other.
    pub(super) async fn play(&self, names: &[&str]) -> Outcome<Matrix> {
        let personas = names.iter().map(|name| self.persona(name)).collect::<Outcome<Vec<Persona>>>()?;
        let agents: Vec<Agent> = personas.into_iter().map(|persona| self.cast(persona)).collect();
        Ok(run_all(self.world.mcp_url(), &agents, &mut ()).await?)
    }
}
