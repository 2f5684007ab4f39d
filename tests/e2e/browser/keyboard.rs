//! The page without a mouse.

use conformance::{
    failure::Outcome,
    world::{EMAIL, PASSWORD},
};
use serde_json::json;
use thirtyfour::prelude::*;

use super::{chromium::until, visit::Visit};

#[tokio::test]
async fn tab_leads_from_the_address_to_the_decision() -> Outcome {
    let Some(mut visit) = Visit::begin().await? else { return Ok(()) };
    visit.open().await?;
    for name in ["email", "password", "allow", "deny"] {
        assert_eq!(visit.chromium.tab().await?, name);
    }
    visit.chromium.press_key(Key::Enter).await?;
    let landing = visit.client.callback().await?;
    assert_eq!(landing.get("error"), Some("access_denied"), "Enter on Deny denies");
    Ok(())
}

#[tokio::test]
async fn the_way_is_the_same_in_german() -> Outcome {
    let Some(mut visit) = Visit::begin().await? else { return Ok(()) };
    let request = visit.client.actor.authorize_request().with("ui_locales", "de");
    visit.chromium.driver.goto(request.address()?.as_str()).await?;
    assert_eq!(visit.chromium.text("button.deny").await?, "Ablehnen");
    for (field, text) in [("email", EMAIL), ("password", PASSWORD)] {
        assert_eq!(visit.chromium.tab().await?, field);
        visit.chromium.press_key(text).await?;
    }
    for name in ["allow", "deny"] {
        assert_eq!(visit.chromium.tab().await?, name);
    }
    visit.chromium.press_key(Key::Enter).await?;
    let landing = visit.client.callback().await?;
    assert_eq!(landing.get("error"), Some("access_denied"), "{}", landing.url);
    Ok(())
}

#[tokio::test]
async fn enter_in_the_password_field_means_allow() -> Outcome {
    let Some(mut visit) = Visit::begin().await? else { return Ok(()) };
    visit.open().await?;
    for (field, text) in [("email", EMAIL), ("password", PASSWORD)] {
        assert_eq!(visit.chromium.tab().await?, field);
        visit.chromium.press_key(text).await?;
    }
    visit.chromium.press_key(Key::Enter).await?;
    let code = visit.client.callback().await?.code()?;
    visit.client.actor.redeem(&code).await?;
    Ok(())
}

#[tokio::test]
async fn an_empty_form_is_not_sent_and_the_browser_says_what_is_missing() -> Outcome {
    let Some(mut visit) = Visit::begin().await? else { return Ok(()) };
    visit.open().await?;
    visit.chromium.press("button.allow").await?;
    until("the focus on what is missing", async || {
        let focus = visit.chromium.script("return document.activeElement.id").await?;
        Ok((focus == json!("email")).then_some(()))
    })
    .await?;
    assert_eq!(visit.chromium.count("[role=alert]").await?, 0, "the page is still the first one");
    visit.client.assert_not_called().await
}

#[tokio::test]
async fn signed_in_the_decision_comes_first() -> Outcome {
    let Some(mut visit) = Visit::begin().await? else { return Ok(()) };
    visit.open().await?;
    visit.chromium.sign_in_and_allow().await?;
    visit.client.callback().await?;
    visit.client.actor.fresh();
    visit.open().await?;
    for name in ["allow", "deny"] {
        assert_eq!(visit.chromium.tab().await?, name);
    }
    // Shift must be let go, or Enter opens another window.
    let back =
        visit.chromium.driver.action_chain().key_down(Key::Shift).send_keys(Key::Tab).key_up(Key::Shift);
    back.perform().await?;
    visit.chromium.press_key(Key::Enter).await?;
    visit.client.callback().await?.code()?;
    Ok(())
}
