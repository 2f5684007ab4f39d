//! Two auth-servers, two mcp-servers, one PostgreSQL, and what leads to them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use conformance::{
    actor::Actor,
    failure::{Failure, Outcome},
};

use super::{
    balancer::Balancer,
    journal::{Journal, Trouble},
};
use crate::{
    database::Cluster,
    harness::{Deployment, Service, get},
};

const PASSWORD: &str = "correct horse battery staple";
/// A server looks for a database that was away every 5 seconds at the latest; the rest is for a machine with much to do.
const NOTICED: Duration = Duration::from_secs(8);

/// One of the two kinds of servers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Auth,
    Mcp,
}

/// Everything that runs. The services end before their database.
pub(super) struct Stage {
    auth: [Service; 2],
    mcp: [Service; 2],
    auth_front: Balancer,
    mcp_front: Balancer,
    /// Each leads to another auth-server first.
    doors: [Balancer; 2],
    pub(super) cluster: Cluster,
    deployment: Deployment,
}

impl Stage {
    /// Everything runs; nobody has an account.
    pub(super) async fn set(cluster: Cluster) -> Outcome<Stage> {
        let mut deployment = Deployment::prepare()?;
        let (mut auth_front, mut mcp_front) = (Balancer::bind().await?, Balancer::bind().await?);
        let (issuer, resource) = (auth_front.origin(), format!("{}/mcp", mcp_front.origin()));
        let secret = URL_SAFE_NO_PAD.encode(shared::random::bytes::<32>());
        let auth = deployment.auth.set("DATABASE_URL", &cluster.create("auth")?);
        auth.set("SECRET_KEYS", &secret).set("ISSUER", &issuer).set("RESOURCES", &resource);
        let mcp = deployment.mcp.set("DATABASE_URL", &cluster.create("mcp")?);
        // So short that keys are fetched while auth-servers are killed.
        mcp.set("ISSUER", &issuer).set("RESOURCE", &resource).set("JWKS_MAX_AGE", "1");
        let mut auth = [deployment.auth.replica()?, deployment.auth.replica()?];
        let mut mcp = [deployment.mcp.replica()?, deployment.mcp.replica()?];
        let mut doors = [Balancer::bind().await?, Balancer::bind().await?];
        auth_front.lead_to(ports(&auth), None);
        mcp_front.lead_to(ports(&mcp), None);
        for (place, door) in doors.iter_mut().enumerate() {
            door.lead_to(ports(&auth), Some(place));
        }
        // All at once, as a deployment starts: each finds a database without tables.
        for service in auth.iter_mut().chain(&mut mcp) {
            service.launch()?;
        }
        for service in auth.iter_mut().chain(&mut mcp) {
            service.process()?.says("serving").await?;
        }
        Ok(Stage { auth, mcp, auth_front, mcp_front, doors, cluster, deployment })
    }

    /// Somebody with an account, and a client that is not registered.
    pub(super) async fn person(&self, email: &str) -> Outcome<Actor> {
        let password = format!("{PASSWORD}\n");
        let ended = self.auth[0].run(&["users", "add", email, "--password-stdin"], Some(&password)).await?;
        if !ended.status.success() {
            return Err(Failure::new(format!("no account was made:\n{}", ended.said)));
        }
        let mut actor = self.deployment.stranger()?;
        actor.email = email.to_owned();
        Ok(actor)
    }

    /// The token endpoint by way of each door.
    pub(super) fn token_at(&self) -> [String; 2] {
        [0, 1].map(|place| format!("{}/oauth/token", self.doors[place].origin()))
    }

    /// `kill -9` under load, a while without it, and back to its part of the load.
    pub(super) async fn crash(&mut self, (kind, place): (Kind, usize), journal: &Arc<Journal>) -> Outcome {
        let (services, front) = match kind {
            Kind::Auth => (&mut self.auth, &self.auth_front),
            Kind::Mcp => (&mut self.mcp, &self.mcp_front),
        };
        journal.begin(Trouble::Kill);
        services[place].kill()?;
        journal.end(Instant::now());
        journal.more(&journal.answered, super::ENOUGH).await?;
        services[place].start().await?;
        let before = front.served()[place];
        let what = format!("{kind:?} {place} is back");
        journal.when(&what, async || front.served()[place] > before + super::CLIENTS).await
    }

    /// PostgreSQL goes under load, everybody is told so, and it comes back.
    pub(super) async fn restart(&mut self, mode: &str, journal: &Arc<Journal>) -> Outcome {
        journal.begin(Trouble::Away);
        self.cluster.stop(mode).await?;
        journal.more(&journal.unavailable, 5 * super::CLIENTS).await?;
        // What was found out holds for a second.
        let unready = async || self.ready().await.is_ok_and(|all| all == [503; 4]);
        journal.when("none is ready", unready).await?;
        self.cluster.run().await?;
        journal.end(Instant::now() + NOTICED);
        journal.when("all are ready", async || self.ready().await.is_ok_and(|all| all == [200; 4])).await
    }

    async fn ready(&self) -> Outcome<[u16; 4]> {
        let mut all = [0; 4];
        for (service, status) in self.auth.iter().chain(&self.mcp).zip(&mut all) {
            *status = get(&format!("{}/readyz", service.origin())).await?.status;
        }
        Ok(all)
    }
}

fn ports(services: &[Service; 2]) -> [u16; 2] {
    [services[0].port, services[1].port]
}
