//! The first start, when there is nothing yet: broken off, or made by two at once.

use conformance::failure::{Failure, Outcome};

use crate::harness::{Deployment, get};

/// How often a first start is broken off: the moments that matter are short.
const ATTEMPTS: usize = 24;

#[tokio::test]
async fn one_that_was_broken_off_can_be_made_again() -> Outcome {
    for attempt in 1..=ATTEMPTS {
        let mut deployment = Deployment::prepare()?;
        deployment.auth.keep_in_files().launch()?;
        let secret = deployment.folder().join("auth-server.secret");
        // Without a pause: what comes after is done in microseconds.
        while !secret.exists() && deployment.auth.process()?.is_running() {}
        deployment.auth.kill()?;
        deployment.auth.start().await.map_err(|fault| Failure::new(format!("attempt {attempt}: {fault}")))?;
    }
    Ok(())
}

#[tokio::test]
async fn two_at_once_become_replicas() -> Outcome {
    for _ in 0..5 {
        let mut deployment = Deployment::prepare()?;
        let mut replica = deployment.auth.replica()?;
        deployment.auth.launch()?;
        replica.launch()?;
        deployment.auth.process()?.says("serving").await?;
        replica.process()?.says("serving").await?;
        let keys = async |origin: String| get(&format!("{origin}/.well-known/jwks.json")).await;
        let (one, other) = (keys(deployment.auth.origin()).await?, keys(replica.origin()).await?);
        assert_eq!(one.json(), other.json(), "one signing key");
    }
    Ok(())
}
