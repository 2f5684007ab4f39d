//! `kill -9` of the auth-server right after a step was acknowledged, and a new start.

use conformance::{actor::Landing, failure::Outcome};

use crate::harness::{Deployment, assert_refused, jwks};

#[tokio::test]
async fn every_step_of_a_sign_in_stays_done() -> Outcome {
    let mut deployment = Deployment::start().await?;
    deployment.auth.crash().await?;
    let mut actor = deployment.actor().await?;
    let keys = jwks(&actor).await?;

    deployment.auth.crash().await?;
    let authorize = actor.authorize_request();
    let page = actor.open(authorize).await?;

    deployment.auth.crash().await?;
    let decision = actor.decision_request(&page, "allow")?;
    let landing = Landing::of(&actor.send(decision).await?)?;
    assert_eq!(landing.get("state"), Some(actor.state.as_str()));

    deployment.auth.crash().await?;
    let tokens = actor.redeem(&landing.code()?).await?;

    deployment.auth.crash().await?;
    assert_eq!(jwks(&actor).await?, keys, "the signing key is the same");
    assert_eq!(actor.call_tool(&tokens.access, "list_notes").await?.status, 200);
    actor.refresh(&tokens.refresh).await?;
    Ok(())
}

#[tokio::test]
async fn a_browser_stays_signed_in() -> Outcome {
    let mut deployment = Deployment::start().await?;
    let mut actor = deployment.actor().await?;
    actor.approve().await?;
    deployment.auth.crash().await?;
    let authorize = actor.fresh().authorize_request();
    let page = actor.open(authorize).await?;
    let text = page.text();
    assert!(text.contains(&actor.email) && !text.contains("type=\"password\""), "{text}");
    // Without a password, then: who is signed in is known.
    let decision = actor.decision_request(&page, "allow")?;
    assert_eq!(decision.parameter("password"), None);
    let code = Landing::of(&actor.send(decision).await?)?.code()?;
    actor.redeem(&code).await?;
    Ok(())
}

#[tokio::test]
async fn a_refresh_stays_done_and_its_predecessor_leads_to_the_same_successor() -> Outcome {
    let mut deployment = Deployment::start().await?;
    let mut actor = deployment.actor().await?;
    let first = actor.sign_in().await?;
    let second = actor.refresh(&first.refresh).await?;
    deployment.auth.crash().await?;
    let again = actor.refresh(&first.refresh).await?;
    assert_eq!(again.refresh, second.refresh, "an answer that was lost comes again");
    let third = actor.refresh(&second.refresh).await?;
    deployment.auth.crash().await?;
    let fourth = actor.refresh(&third.refresh).await?;
    deployment.auth.crash().await?;
    // A generation that was forgotten would let this one in.
    assert_refused(&mut actor, &second).await?;
    assert_refused(&mut actor, &fourth).await
}

#[tokio::test]
async fn a_redeemed_code_stays_redeemed() -> Outcome {
    let mut deployment = Deployment::start().await?;
    let mut actor = deployment.actor().await?;
    let code = actor.approve().await?;
    let tokens = actor.redeem(&code).await?;
    deployment.auth.crash().await?;
    let replay = actor.token_request(&code);
    let reply = actor.send(replay).await?;
    assert_eq!((reply.status, reply.error().as_deref()), (400, Some("invalid_grant")));
    deployment.auth.crash().await?;
    // The replay ended what the code had opened, and that was written down too.
    assert_refused(&mut actor, &tokens).await
}

#[tokio::test]
async fn a_revocation_stays_done() -> Outcome {
    let mut deployment = Deployment::start().await?;
    let (mut actor, mut other) = (deployment.actor().await?, deployment.actor().await?);
    let (revoked, kept) = (actor.sign_in().await?, other.sign_in().await?);
    let revocation = actor.revoke_request(&revoked.refresh);
    assert_eq!(actor.send(revocation).await?.status, 200);
    deployment.auth.crash().await?;
    assert_refused(&mut actor, &revoked).await?;
    other.refresh(&kept.refresh).await?;
    Ok(())
}
