//! What a person can do on the page.

use std::time::Duration;

use conformance::{
    failure::Outcome,
    world::{EMAIL, PASSWORD},
};

use super::visit::{Client, Visit};

#[tokio::test]
async fn signing_in_and_allowing_reaches_the_client_with_a_good_code() -> Outcome {
    let Some(mut visit) = Visit::begin().await? else { return Ok(()) };
    visit.open().await?;
    let chromium = &visit.chromium;
    assert_eq!(chromium.text("h1").await?, "Allow Notes helper to use Notes and meetings?");
    assert_eq!(chromium.text(".host").await?, "127.0.0.1");
    assert!(chromium.text(".warning").await?.contains("on this computer"), "only this computer is listening");
    chromium.sign_in_and_allow().await?;
    let landing = visit.client.callback().await?;
    assert_eq!(landing.get("state"), Some(visit.client.actor.state.as_str()));
    assert_eq!(landing.get("iss"), Some(visit.world.issuer()));
    let tokens = visit.client.actor.redeem(&landing.code()?).await?;
    assert_eq!(visit.client.actor.call_tool(&tokens.access, "list_notes").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn denying_needs_no_sign_in_and_reaches_the_client_too() -> Outcome {
    let Some(mut visit) = Visit::begin().await? else { return Ok(()) };
    visit.open().await?;
    visit.chromium.press("button.deny").await?;
    visit.client.assert_denied().await
}

#[tokio::test]
async fn a_wrong_password_is_told_and_the_right_one_works_then() -> Outcome {
    let Some(mut visit) = Visit::begin().await? else { return Ok(()) };
    visit.open().await?;
    let chromium = &visit.chromium;
    chromium.fill_in("not the password").await?;
    chromium.press("button.allow").await?;
    let problem = chromium.text("[role=alert]").await?;
    assert!(problem.contains("e-mail or the password is not right"), "{problem}");
    let email = chromium.find("#email").await?;
    assert_eq!(email.value().await?.as_deref(), Some(EMAIL), "what was typed is kept");
    let password = chromium.find("#password").await?;
    assert_eq!(password.value().await?.as_deref(), Some(""), "but not the password");
    let focused = chromium.driver.active_element().await?.id().await?;
    assert_eq!(focused.as_deref(), Some("password"), "what is to be typed again is ready for it");
    chromium.fill("#password", PASSWORD).await?;
    chromium.press("button.allow").await?;
    visit.client.callback().await?.code()?;
    Ok(())
}

#[tokio::test]
async fn an_expired_page_says_so_and_does_not_reach_the_client() -> Outcome {
    let Some(mut visit) = Visit::begin().await? else { return Ok(()) };
    visit.open().await?;
    visit.world.advance(Duration::from_secs(31 * 60));
    visit.chromium.sign_in_and_allow().await?;
    // A selector of its own: the page before has no such section.
    let next = visit.chromium.text("section.next").await?;
    assert!(next.contains("connect again"), "what to do now: {next}");
    assert_eq!(visit.chromium.text("h1").await?, "This page has expired");
    visit.client.assert_not_called().await
}

#[tokio::test]
async fn who_is_signed_in_is_named_and_allows_without_a_password() -> Outcome {
    let Some(mut visit) = Visit::begin().await? else { return Ok(()) };
    visit.open().await?;
    visit.chromium.sign_in_and_allow().await?;
    visit.client.callback().await?.code()?;

    visit.client.actor.fresh();
    visit.open().await?;
    assert_eq!(visit.chromium.text(".person").await?, EMAIL);
    assert_eq!(visit.chromium.count("input:not([type=hidden])").await?, 0, "nothing to fill in");
    assert_eq!(visit.chromium.text("button.allow").await?, "Allow");
    visit.chromium.press("button.allow").await?;
    let landing = visit.client.callback().await?;
    assert_eq!(landing.get("state"), Some(visit.client.actor.state.as_str()));
    visit.client.actor.redeem(&landing.code()?).await?;

    // Another client of the same browser: the sign-in is the browser's, the approval is not.
    let mut other = Client::register(visit.world.stranger()?, "Another one").await?;
    visit.chromium.open(&other).await?;
    assert_eq!(visit.chromium.text(".person").await?, EMAIL);
    visit.chromium.press("button.allow").await?;
    let code = other.callback().await?.code()?;
    other.actor.redeem(&code).await?;
    Ok(())
}

#[tokio::test]
async fn a_request_that_cannot_be_answered_is_explained() -> Outcome {
    let Some(mut visit) = Visit::begin().await? else { return Ok(()) };
    let request = visit.client.actor.authorize_request().with("client_id", "nobody-knows-this");
    visit.chromium.driver.goto(request.address()?.as_str()).await?;
    assert_eq!(visit.chromium.text("h1").await?, "This connection cannot be made");
    let next = visit.chromium.text("section.next").await?;
    assert!(next.contains("add it again"), "what to do now: {next}");
    assert!(!visit.chromium.text("code").await?.is_empty(), "a reference for the operator");
    visit.client.assert_not_called().await
}
