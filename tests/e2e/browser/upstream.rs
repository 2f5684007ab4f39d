//! Signing in through another provider in a real browser: its own sign-in and consent pages, and the way back.

use conformance::{
    failure::Outcome,
    world::{EMAIL, World},
};
use serde_json::json;

use super::{
    chromium::Chromium,
    visit::{Client, Visit},
};
use crate::upstream::provider::Provider;

const PROVIDER: &str = "button[value='provider:1']";

impl Chromium {
    /// Signs in on the provider's own page and consents on the next.
    pub(super) async fn sign_in_at_provider(&self, login: &str) -> Outcome {
        self.fill("[name=login]", login).await?;
        self.fill("[name=password]", "any").await?;
        self.press("button[type=submit]").await?;
        // Its two pages look alike: the second one has nothing to fill in.
        self.find("form:not(:has([name=login])) [name=prompt][value=consent] ~ button[type=submit]")
            .await?
            .click()
            .await?;
        Ok(())
    }
}

/// A person in front of a world whose accounts are the provider's.
pub(super) async fn begin() -> Outcome<Option<(Visit, Provider)>> {
    let Some(chromium) = Chromium::start().await? else { return Ok(None) };
    let Some(mut provider) = Provider::start().await? else { return Ok(None) };
    let builder = World::builder().auth("LOCAL_ACCOUNTS", "off");
    let world = provider.settings(builder, "UPSTREAM", "example.com").start().await?;
    provider.serve(&world, json!({})).await?;
    let client = Client::register(world.stranger()?, "ChatGPT").await?;
    Ok(Some((Visit { chromium, world, client }, provider)))
}

#[tokio::test]
async fn through_the_provider_s_pages_to_a_tool_call() -> Outcome {
    let Some((mut visit, _provider)) = begin().await? else { return Ok(()) };
    visit.open().await?;
    let chromium = &visit.chromium;
    assert_eq!(chromium.count("[type=password]").await?, 0, "no password is asked for here");
    assert_eq!(chromium.text(PROVIDER).await?, "Continue with Example ID and allow");
    chromium.press(PROVIDER).await?;
    chromium.sign_in_at_provider("ada").await?;
    let landing = visit.client.callback().await?;
    assert_eq!(landing.get("state"), Some(visit.client.actor.state.as_str()));
    assert_eq!(landing.get("iss"), Some(visit.world.issuer()));
    let tokens = visit.client.actor.redeem(&landing.code()?).await?;
    assert_eq!(visit.client.actor.call_tool(&tokens.access, "list_notes").await?.status, 200);
    // The browser is signed in here from now on, as whom the provider said.
    visit.client.actor.fresh();
    visit.open().await?;
    assert_eq!(visit.chromium.text(".person").await?, "ada@example.com");
    visit.chromium.press("button.allow").await?;
    let code = visit.client.callback().await?.code()?;
    visit.client.actor.redeem(&code).await?;
    Ok(())
}

#[tokio::test]
async fn whoever_turns_back_at_the_provider_has_denied() -> Outcome {
    let Some((mut visit, _provider)) = begin().await? else { return Ok(()) };
    visit.open().await?;
    visit.chromium.press(PROVIDER).await?;
    visit.chromium.press("a[href$='/abort']").await?;
    visit.client.assert_denied().await
}

#[tokio::test]
async fn whoever_may_not_enter_is_told_so_and_the_client_is_not_reached() -> Outcome {
    let Some((mut visit, _provider)) = begin().await? else { return Ok(()) };
    visit.open().await?;
    visit.chromium.press(PROVIDER).await?;
    visit.chromium.sign_in_at_provider("mallory@elsewhere.example").await?;
    visit.chromium.find("section.next").await?;
    let page = visit.chromium.text("main").await?;
    assert!(page.contains("mallory@elsewhere.example may not use this server"), "{page}");
    visit.client.assert_not_called().await
}

#[tokio::test]
async fn a_provider_that_is_down_is_a_page_of_ours() -> Outcome {
    let Some((mut visit, provider)) = begin().await? else { return Ok(()) };
    visit.open().await?;
    drop(provider);
    visit.chromium.press(PROVIDER).await?;
    visit.chromium.find("section.next").await?;
    let page = visit.chromium.text("main").await?;
    assert!(page.contains("Example ID cannot be reached"), "{page}");
    let address = visit.chromium.driver.current_url().await?;
    assert!(address.as_str().starts_with(visit.world.issuer()), "{address}");
    visit.client.assert_not_called().await
}

#[tokio::test]
async fn where_passwords_are_known_too_the_provider_is_one_more_button() -> Outcome {
    let Some(chromium) = Chromium::start().await? else { return Ok(()) };
    let Some(mut provider) = Provider::start().await? else { return Ok(()) };
    let world = provider.settings(World::builder(), "UPSTREAM", "example.com").start().await?;
    provider.serve(&world, json!({})).await?;
    let mut client = Client::register(world.stranger()?, "ChatGPT").await?;
    chromium.open(&client).await?;
    // Required fields are no hindrance for whoever needs none of them.
    chromium.press(PROVIDER).await?;
    chromium.sign_in_at_provider("ada").await?;
    client.callback().await?.code()?;
    chromium.open(&client).await?;
    assert_ne!(chromium.text(".person").await?, EMAIL);
    Ok(())
}
