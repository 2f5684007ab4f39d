//! `health`: what a container's health check runs, and what it makes of the answer.

use conformance::failure::Outcome;

use crate::harness::{Deployment, Service};

/// The exit code, and what was said.
async fn health(service: &Service) -> Outcome<(Option<i32>, String)> {
    let ended = service.run(&["health"], None).await?;
    Ok((ended.status.code(), ended.said))
}

#[tokio::test]
async fn health_tells_a_server_that_is_ready_from_one_that_is_not_there() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    for service in [&deployment.auth, &deployment.mcp] {
        let (code, said) = health(service).await?;
        assert!(code == Some(1) && said.contains("/readyz"), "{code:?}: {said}");
    }
    deployment.auth.start().await?;
    deployment.mcp.start().await?;
    for service in [&deployment.auth, &deployment.mcp] {
        assert_eq!(health(service).await?, (Some(0), String::new()));
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_answers_and_is_not_ready_is_not_healthy() -> Outcome {
    let mut deployment = Deployment::prepare()?;
    // Its issuer was never there, so it has no keys.
    deployment.mcp.start().await?;
    let (code, said) = health(&deployment.mcp).await?;
    assert!(code == Some(1) && said.contains("not ready: 503"), "{code:?}: {said}");
    Ok(())
}
