//! Clients that are documents: what the document and the server's metadata decide.

use conformance::{
    agent::Agent,
    exchange::Exchange,
    failure::{Failure, Outcome},
    host::Served,
    run::run,
    steps::{Step, s1_resource_metadata::ResourceMetadata},
    world::World,
};
use serde_json::{Value, json};

use super::stage::Stage;

/// Takes a step with its answer as it came.
async fn take<S: Step>(step: S, agent: &Agent) -> Outcome<S::Next> {
    let exchange = step.send(agent).await;
    Ok(step.judge(&exchange)?)
}

/// The exchange with another list of client authentication in the authorization server's metadata.
fn advertising(mut exchange: Exchange, methods: &[&str]) -> Exchange {
    for call in &mut exchange.calls {
        if let Ok(reply) = &mut call.outcome {
            let mut document: Value = reply.json().unwrap_or_default();
            document["token_endpoint_auth_methods_supported"] = json!(methods);
            reply.body = document.to_string().into_bytes();
        }
    }
    exchange
}

/// ChatGPT with its document, where the server's metadata list these methods: its method, after all seven steps.
async fn method_at(stage: &Stage, methods: &[&str]) -> Outcome<&'static str> {
    let agent = stage.cast(stage.persona("chatgpt-stable")?);
    let metadata = take(ResourceMetadata::of(stage.world.mcp_url())?, &agent).await?;
    let exchange = advertising(metadata.send(&agent).await, methods);
    let authorization = take(metadata.judge(&exchange)?, &agent).await?;
    let method = authorization.client().auth.name();
    let verification = take(take(authorization, &agent).await?, &agent).await?;
    let verification = verification.at(agent.clock.now().seconds());
    take(take(verification, &agent).await?, &agent).await?;
    Ok(method)
}

#[tokio::test]
async fn chatgpt_is_a_public_client_where_only_none_is_listed() -> Outcome {
    let stage = Stage::set().await?;
    assert_eq!(method_at(&stage, &["none"]).await?, "none");
    assert_eq!(method_at(&stage, &["none", "private_key_jwt"]).await?, "private_key_jwt");
    Ok(())
}

/// The rule that stops a persona whose document is changed after it was published.
async fn stopped_by(name: &str, change: impl FnOnce(&mut Value)) -> Outcome<String> {
    let stage = Stage::set().await?;
    let agent = stage.cast(stage.persona(name)?);
    let home = agent.home.as_ref().ok_or_else(|| Failure::new("no home"))?;
    let (path, mut document) =
        home.documents(&agent.persona).pop().ok_or_else(|| Failure::new("no document"))?;
    change(&mut document);
    stage.host.publish(&path, Served::json(&document));
    let report = run(stage.world.mcp_url(), &agent, &mut ()).await?;
    let violation = report.steps.last().and_then(|step| step.violation.as_ref());
    Ok(violation.map(|violation| violation.id.clone()).unwrap_or_default())
}

#[tokio::test]
async fn one_change_to_a_document_and_its_client_does_not_get_in() -> Outcome {
    let same = |_: &mut Value| {};
    assert_eq!(stopped_by("claude", same).await?, "");
    let moved = |document: &mut Value| document["client_id"] = json!("https://localhost/elsewhere");
    assert_eq!(stopped_by("claude", moved).await?, "S3.client_id_url");
    let redirected = |document: &mut Value| document["redirect_uris"] = json!(["https://claude.ai/other"]);
    assert_eq!(stopped_by("claude", redirected).await?, "S4.callback");
    let secret = |document: &mut Value| document["client_secret"] = json!("hush");
    assert_eq!(stopped_by("claude", secret).await?, "S4.callback");
    Ok(())
}

#[tokio::test]
async fn a_server_that_cannot_fetch_the_document_is_told_which_one() -> Outcome {
    let world = World::builder().auth("EXTRA_CA_FILE", "").start().await?;
    let stage = Stage::around(world).await?;
    let agent = stage.cast(stage.persona("claude")?);
    let report = run(stage.world.mcp_url(), &agent, &mut ()).await?;
    let violation = report.steps.last().and_then(|step| step.violation.as_ref());
    let violation = violation.ok_or_else(|| Failure::new("no violation"))?;
    assert_eq!(violation.id, "S4.callback");
    assert!(violation.change.contains("/oauth/mcp-oauth-client-metadata"), "{violation}");
    Ok(())
}

#[tokio::test]
async fn an_assertion_by_a_key_that_is_not_published_is_refused() -> Outcome {
    let stage = Stage::set().await?;
    let agent = stage.cast(stage.persona("chatgpt-stable")?);
    let other = conformance::persona::key::ClientKey::fresh()?.key_set();
    stage.host.publish("/oauth/jwks.json", Served::json(&other));
    let report = run(stage.world.mcp_url(), &agent, &mut ()).await?;
    let violation = report.steps.last().and_then(|step| step.violation.as_ref());
    let violation = violation.ok_or_else(|| Failure::new("no violation"))?;
    assert_eq!((report.steps.len(), violation.id.as_str()), (5, "S5.status"));
    assert!(
        violation.seen.contains("invalid_client") && violation.change.contains("jwks_uri"),
        "{violation}"
    );
    Ok(())
}

#[tokio::test]
async fn without_a_home_the_client_registers_and_it_is_remarked() -> Outcome {
    let stage = Stage::set().await?;
    let agent = Agent { home: None, ..stage.cast(stage.persona("claude")?) };
    let report = run(stage.world.mcp_url(), &agent, &mut ()).await?;
    assert!(report.conformant, "{:?}", report.steps.last());
    assert!(report.steps[2].notes[0].contains("--documents"), "{:?}", report.steps[2].notes);
    assert!(report.steps[2].seen.starts_with("201"), "{}", report.steps[2].seen);
    Ok(())
}
