//! Grants, sign-ins and keys: a sign-in moves exactly what it should.

use conformance::{actor::expect, failure::Outcome, world::World};

use crate::negative::check::seconds;

const GRANTS: &str = "gatehouse_auth_grants_total";
const SIGN_INS: &str = "gatehouse_auth_sign_ins_total";
const REFUSALS: &str = "gatehouse_auth_refusals_total";

fn grant(event: &str) -> (String, f64) {
    (format!(r#"{GRANTS}{{event="{event}"}}"#), 1.0)
}

fn sign_in(outcome: &str) -> (String, f64) {
    (format!(r#"{SIGN_INS}{{way="password",outcome="{outcome}"}}"#), 1.0)
}

#[tokio::test]
async fn a_sign_in_a_refresh_and_an_end_each_count_once() -> Outcome {
    let world = World::builder().auth("REFRESH_GRACE", "0").start().await?;
    let mut actor = world.actor().await?;
    let start = world.auth_figures().await?;
    let code = actor.approve().await?;
    let tokens = actor.redeem(&code).await?;
    let made = world.auth_figures().await?;
    assert_eq!(made.grown(GRANTS, &start), [grant("made")]);
    assert_eq!(made.grown(SIGN_INS, &start), [sign_in("signed_in")]);
    assert_eq!(made.grown(REFUSALS, &start), []);

    let newer = actor.refresh(&tokens.refresh).await?;
    let refreshed = world.auth_figures().await?;
    assert_eq!(refreshed.grown(GRANTS, &made), [grant("refreshed")]);

    let replay = actor.token_request(&code);
    expect(actor.send(replay).await?, 400)?;
    let replayed = world.auth_figures().await?;
    assert_eq!(replayed.grown(GRANTS, &refreshed), [grant("code_replayed")]);
    let ended = actor.refresh_request(&newer.refresh);
    expect(actor.send(ended).await?, 400)?;
    let after = world.auth_figures().await?;
    let word = |reason: &str| (format!(r#"{REFUSALS}{{reason="{reason}"}}"#), 1.0);
    assert_eq!(after.grown(REFUSALS, &refreshed), [word("code_replayed"), word("refresh_ended")]);
    Ok(())
}

#[tokio::test]
async fn a_token_that_is_used_again_and_one_that_is_given_back_count_once() -> Outcome {
    let world = World::builder().auth("REFRESH_GRACE", "0").start().await?;
    let mut actor = world.actor().await?;
    let tokens = actor.sign_in().await?;
    actor.refresh(&tokens.refresh).await?;
    let before = world.auth_figures().await?;
    let again = actor.refresh_request(&tokens.refresh);
    expect(actor.send(again).await?, 400)?;
    let reused = world.auth_figures().await?;
    assert_eq!(reused.grown(GRANTS, &before), [grant("refresh_reused")]);
    let tokens = actor.sign_in().await?;
    let before = world.auth_figures().await?;
    let revoke = actor.revoke_request(&tokens.refresh);
    expect(actor.send(revoke).await?, 200)?;
    let unknown = actor.revoke_request("unknown");
    expect(actor.send(unknown).await?, 200)?;
    assert_eq!(world.auth_figures().await?.grown(GRANTS, &before), [grant("revoked")]);
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_counts_and_a_denial_is_one() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let before = world.auth_figures().await?;
    let authorize = actor.authorize_request();
    let page = actor.open(authorize).await?;
    let wrong = actor.decision_request(&page, "allow")?.with("password", "wrong");
    expect(actor.send(wrong).await?, 403)?;
    let refused = world.auth_figures().await?;
    assert_eq!(refused.grown(SIGN_INS, &before), [sign_in("credentials")]);
    let word = |reason: &str| [(format!(r#"{REFUSALS}{{reason="{reason}"}}"#), 1.0)];
    assert_eq!(refused.grown(REFUSALS, &before), word("decision_credentials"));
    let denial = actor.decision_request(&page, "deny")?;
    expect(actor.send(denial).await?, 303)?;
    assert_eq!(world.auth_figures().await?.grown(REFUSALS, &refused), word("denied"));
    Ok(())
}

#[tokio::test]
async fn keys_have_an_age_and_a_number() -> Outcome {
    let world = World::start().await?;
    let age = "gatehouse_auth_signing_key_age_seconds";
    let before = world.auth_figures().await?;
    world.advance(seconds(1000));
    let after = world.auth_figures().await?;
    assert_eq!(after.get(age) - before.get(age), 1000.0);
    assert_eq!(after.get("gatehouse_auth_signing_keys"), 1.0);
    assert_eq!(after.get("gatehouse_auth_password_hashes"), 0.0);
    Ok(())
}
