//! `auth-server explain`, beside a running server.

use conformance::failure::{Failure, Outcome};

use crate::harness::{Deployment, until};

#[tokio::test]
async fn a_reference_tells_what_was_sent_and_what_was_expected() -> Outcome {
    let deployment = Deployment::start().await?;
    let mut actor = deployment.actor().await?;
    let verifier = actor.pkce.verifier.clone();
    let page = actor.open(actor.authorize_request()).await?;
    let allow = actor.decision_request(&page, "allow")?;
    let code = conformance::actor::Landing::of(&actor.send(allow).await?)?.code()?;
    let wrong = actor.token_request(&code).with("redirect_uri", "https://evil.example/cb");
    let reply = actor.send(wrong.with_header("user-agent", "openai-mcp/1.0.0")).await?;
    let body = reply.json().unwrap_or_default();
    let reference = body["reference"].as_str().ok_or_else(|| Failure::new(reply.text()))?.to_owned();
    // It is written after the answer.
    let ended = until("the reference", async || {
        let ended = deployment.auth.run(&["explain", &reference.to_lowercase()], None).await.ok()?;
        ended.status.success().then_some(ended)
    });
    let said = ended.await?.said;
    for line in [
        reference.as_str(),
        "POST /oauth/token",
        "ChatGPT",
        "openai-mcp/1.0.0",
        "invalid_grant: redirect_uri is not the one",
        "https://evil.example/cb",
        "[DOES NOT FIT]",
        "given to this client",
        &format!("{} (where the code was sent)", actor.redirect_uri()),
    ] {
        assert!(said.contains(line), "{line} is not in\n{said}");
    }
    for secret in [code.as_str(), &verifier, actor.client.secret.as_deref().unwrap_or("no secret")] {
        assert!(!said.contains(secret), "a secret is in\n{said}");
    }
    let ended = deployment.auth.run(&["explain", "ABCD2345"], None).await?;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.said);
    assert!(ended.said.contains("nothing is kept under that reference"), "{}", ended.said);
    Ok(())
}
