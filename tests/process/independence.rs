//! The mcp-server knows the auth-server by its keys, and asks for them rarely.

use conformance::failure::Outcome;

use crate::harness::{Deployment, get, until};

#[tokio::test]
async fn it_verifies_and_answers_while_the_auth_server_is_away() -> Outcome {
    let mut deployment = Deployment::start().await?;
    let mut actor = deployment.actor().await?;
    let (first, second) = (actor.sign_in().await?, actor.sign_in().await?);
    assert_eq!(actor.call_tool(&first.access, "list_notes").await?.status, 200);
    deployment.auth.kill()?;
    assert_eq!(actor.call_tool(&first.access, "list_notes").await?.status, 200);
    // Never seen before, so not remembered: this one is verified now.
    assert_eq!(actor.call_tool(&second.access, "list_notes").await?.status, 200);
    let forged = format!("{}AAAA", &second.access[..second.access.len() - 4]);
    assert_eq!(actor.call_tool(&forged, "list_notes").await?.status, 401);
    assert_eq!(get(&format!("{}/readyz", deployment.mcp.origin())).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn it_starts_without_the_auth_server_and_works_once_that_is_there() -> Outcome {
    let mut deployment = Deployment::start().await?;
    let mut actor = deployment.actor().await?;
    let tokens = actor.sign_in().await?;
    deployment.auth.kill()?;
    deployment.mcp.crash().await?;
    let origin = deployment.mcp.origin();
    let (healthz, readyz) = (format!("{origin}/healthz"), format!("{origin}/readyz"));
    assert_eq!(get(&healthz).await?.status, 200, "it is alive");
    let unready = get(&readyz).await?;
    assert_eq!(unready.status, 503, "{}", unready.text());
    assert!(unready.text().contains("issuer_keys"), "what is missing is named: {}", unready.text());
    let metadata = get(&format!("{origin}/.well-known/oauth-protected-resource")).await?;
    assert_eq!(metadata.status, 200, "clients find the way without keys");
    // The token may well be good, so a client must not be told to throw it away.
    assert_eq!(actor.call_tool(&tokens.access, "list_notes").await?.status, 503);
    deployment.auth.start().await?;
    until("ready", async || get(&readyz).await.ok().filter(|reply| reply.status == 200)).await?;
    assert_eq!(actor.call_tool(&tokens.access, "list_notes").await?.status, 200);
    Ok(())
}
