//! Both services as an operator would run them: two processes, two databases, one folder.

use std::path::Path;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use conformance::{
    actor::Actor,
    failure::{Failure, Outcome},
};
use tempfile::TempDir;

use super::service::Service;

/// The account of every deployment.
pub(crate) const EMAIL: &str = "demo@example.com";
/// Its password.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Two services. Dropping them kills what runs and removes what was stored.
pub(crate) struct Deployment {
    pub(crate) auth: Service,
    pub(crate) mcp: Service,
    // Removed after the services.
    folder: TempDir,
}

impl Deployment {
    /// Settings, ports and databases; nothing runs yet.
    pub(crate) fn prepare() -> Outcome<Deployment> {
        let folder = TempDir::new()?;
        let mut auth = Service::new("auth-server", folder.path())?;
        let mut mcp = Service::new("mcp-server", folder.path())?;
        let (issuer, resource) = (auth.origin(), format!("{}/mcp", mcp.origin()));
        auth.set("ISSUER", &issuer)
            .set("RESOURCES", &format!("{resource} {}/sse", mcp.origin()))
            .set("RATE_LIMITS", "off")
            .set("ARGON2_MEMORY_KIB", "64")
            .set("ARGON2_ITERATIONS", "1");
        if auth.setting("DATABASE_URL").starts_with("postgres") {
            auth.set("SECRET_KEYS", &URL_SAFE_NO_PAD.encode(shared::random::bytes::<32>()));
        }
        mcp.set("ISSUER", &issuer).set("RESOURCE", &resource).set("RATE_LIMITS", "off");
        Ok(Deployment { auth, mcp, folder })
    }

    /// Both services running, and the account.
    pub(crate) async fn start() -> Outcome<Deployment> {
        let mut deployment = Deployment::prepare()?;
        deployment.auth.start().await?;
        deployment.mcp.start().await?;
        deployment.add_user().await?;
        Ok(deployment)
    }

    /// Makes the account, by the command an operator would use.
    pub(crate) async fn add_user(&self) -> Outcome {
        let password = format!("{PASSWORD}\n");
        let ended = self.auth.run(&["users", "add", EMAIL, "--password-stdin"], Some(&password)).await?;
        match ended.status.success() {
            true => Ok(()),
            false => Err(Failure::new(format!("the account was not made:\n{}", ended.said))),
        }
    }

    /// A client that is not registered, and a human who is not signed in.
    pub(crate) fn stranger(&self) -> Outcome<Actor> {
        Actor::new(self.auth.setting("ISSUER"), self.mcp.setting("RESOURCE"), (EMAIL, PASSWORD))
    }

    /// A registered client, and a human who is not signed in.
    pub(crate) async fn actor(&self) -> Outcome<Actor> {
        let mut actor = self.stranger()?;
        actor.register().await?;
        Ok(actor)
    }

    /// Where both store their files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Whether the services keep their rows in files here.
    pub(crate) fn is_on_sqlite(&self) -> bool {
        self.auth.setting("DATABASE_URL").starts_with("sqlite")
    }
}
