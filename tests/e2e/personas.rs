//! Every client gets in: each persona takes all seven steps against both services.

use std::{fs, path::Path, sync::Arc};

use conformance::{
    agent::Agent,
    failure::{Failure, Outcome},
    host::Host,
    matrix::{Matrix, run_all},
    persona::{Draw, Persona, home::Home, key::ClientKey},
    world::World,
};

/// A world, and a host that publishes what its clients say of themselves.
struct Stage {
    world: World,
    host: Host,
    agent: Agent,
}

impl Stage {
    async fn set() -> Outcome<Stage> {
        Stage::around(World::start().await?).await
    }

    async fn around(world: World) -> Outcome<Stage> {
        let host = Host::start(world.authority()).await?;
        let home = Home::on(&host, world.authority().certificate(), ClientKey::fresh()?);
        let agent = world.agent()?.at_home(home)?;
        Ok(Stage { world, host, agent })
    }

    /// An agent that plays this persona, its documents published.
    fn cast(&self, name: &str) -> Outcome<Agent> {
        let unknown = || Failure::new(format!("no persona {name}"));
        let persona = Persona::named(name, &Draw::of(self.world.mcp_url())).ok_or_else(unknown)?;
        if let Some(home) = &self.agent.home {
            home.publish(&persona, &self.host);
        }
        Ok(self.agent.playing(persona))
    }

    async fn play(&self, names: &[&str]) -> Outcome<Matrix> {
        let agents = names.iter().map(|name| self.cast(name)).collect::<Outcome<Vec<Agent>>>()?;
        Ok(run_all(self.world.mcp_url(), &agents, &mut ()).await?)
    }
}

fn everybody() -> Vec<&'static str> {
    Persona::list().map(|(name, _)| name).collect()
}

#[tokio::test]
async fn every_persona_gets_in_and_the_readme_says_so() -> Outcome {
    let matrix = Stage::set().await?.play(&everybody()).await?;
    let table = matrix.markdown();
    assert!(matrix.clients.iter().all(|row| row.report.conformant), "{table}{}", matrix.remarks());
    assert_eq!(matrix.remarks(), "", "ours leaves nothing to remark");
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md"))?;
    if let Some((_, rest)) = readme.split_once("<!-- personas -->") {
        let shown = rest.split_once("<!-- /personas -->").map_or(rest, |(shown, _)| shown);
        assert_eq!(shown.trim(), table.trim(), "README.md, between the markers");
    }
    Ok(())
}
