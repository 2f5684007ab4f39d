//! The account page, as somebody uses it.

use std::time::Duration;

use conformance::{failure::Outcome, world::PASSWORD};

use super::{
    pictures::LOOKS,
    visit::{Client, Visit},
};

#[tokio::test]
async fn somebody_sees_what_they_allowed_and_ends_it() -> Outcome {
    let Some(mut visit) = Visit::begin().await? else { return Ok(()) };
    visit.open().await?;
    let chromium = &visit.chromium;
    chromium.sign_in_and_allow().await?;
    let code = visit.client.callback().await?.code()?;
    let tokens = visit.client.actor.redeem(&code).await?;
    let mut other =
        Client::register(visit.world.stranger()?, "A calendar with quite a long name of its own").await?;
    chromium.open(&other).await?;
    chromium.press("button.allow").await?;
    let code = other.callback().await?.code()?;
    let others = other.actor.redeem(&code).await?;
    let mut elsewhere = visit.world.stranger()?;
    elsewhere.register().await?;
    elsewhere.sign_in().await?;
    visit.world.advance(Duration::from_secs(3 * 3600));
    let others = other.actor.refresh(&others.refresh).await?;

    let account = format!("{}/account", visit.world.issuer());
    chromium.driver.goto(&account).await?;
    assert_eq!(chromium.text("h1").await?, "Your account");
    assert!(chromium.text("#sessions ~ form").await?.contains("this browser"));
    chromium.press("summary").await?;
    for look in LOOKS {
        chromium.look(look).await?;
        let wide = chromium.script("return document.documentElement.scrollWidth <= innerWidth").await?;
        assert_eq!(wide, true, "{look:?} scrolls sideways");
    }
    chromium.press("[aria-label='End access of Notes helper']").await?;
    assert!(chromium.text("[role=status]").await?.contains("The access of that application has ended."));
    let refresh = visit.client.actor.refresh_request(&tokens.refresh);
    assert_eq!(visit.client.actor.send(refresh).await?.status, 400);
    other.actor.refresh(&others.refresh).await?;
    // What the client's own callback page lacks is not ours.
    let said = chromium.console().await?.into_iter().map(|entry| entry.message);
    let said: Vec<String> = said.filter(|message| message.contains("/account")).collect();
    assert!(said.is_empty(), "the console says {said:#?}");

    chromium.press("header + h1 ~ form.entry button").await?;
    // A page of its own: the one before has a heading too.
    chromium.find("#email").await?;
    assert_eq!(chromium.text("h1").await?, "Sign in to your account");
    chromium.fill_in(PASSWORD).await?;
    chromium.press("button.allow").await?;
    assert!(chromium.text(".person").await?.contains("demo@example.com"));
    Ok(())
}

#[tokio::test]
async fn not_you_asks_for_somebody_else_and_loses_nothing() -> Outcome {
    let Some(mut visit) = Visit::begin().await? else { return Ok(()) };
    visit.world.add_user("eve@example.com", "a password of her own").await?;
    visit.open().await?;
    visit.chromium.sign_in_and_allow().await?;
    visit.client.callback().await?.code()?;
    visit.client.actor.fresh();
    visit.open().await?;
    let chromium = &visit.chromium;
    chromium.press("button.switch").await?;
    chromium.fill("#email", "eve@example.com").await?;
    chromium.fill("#password", "a password of her own").await?;
    chromium.press("button.allow").await?;
    let landing = visit.client.callback().await?;
    assert_eq!(landing.get("state"), Some(visit.client.actor.state.as_str()));
    visit.client.actor.redeem(&landing.code()?).await?;
    Ok(())
}
