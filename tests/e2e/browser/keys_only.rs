//! Everything a person does here, done with Tab, Space, Enter and what they type.

use std::collections::BTreeSet;

use auth_server::flow::links;
use conformance::{
    failure::{Failure, Outcome},
    world::{EMAIL, PASSWORD},
};
use thirtyfour::prelude::*;

use super::{
    chromium::{Chromium, until},
    pages::PAGES,
    passkeys::give_authenticator,
    stage::{RESOURCE, Stage, Tour},
    upstream,
    visit::Client,
};

const NEW_PASSWORD: &str = "another password altogether";

/// Types who somebody is, from the top of the page on, and presses Enter.
async fn sign_in(chromium: &Chromium, (email, password): (&str, &str)) -> Outcome {
    chromium.type_into("email", email).await?;
    assert_eq!(chromium.tab().await?, "password");
    chromium.press_key(password).await?;
    chromium.press_key(Key::Enter).await
}

/// Presses Tab on somebody else's page until this has the focus.
async fn tab_to_their(chromium: &Chromium, selector: &str) -> Outcome {
    chromium.find(selector).await?;
    let script = format!("return document.activeElement.matches('{selector}')");
    for _ in 0..8 {
        if chromium.script(&script).await? == true {
            return Ok(());
        }
        chromium.press_key(Key::Tab).await?;
    }
    Err(Failure::new(format!("Tab does not lead to {selector}")))
}

/// Waits until the account page says this.
async fn is_told(chromium: &Chromium, words: &str) -> Outcome {
    let script = "return document.querySelector('[role=status]')?.textContent ?? ''";
    let told = async || {
        let said = chromium.script(script).await?;
        Ok(said.as_str().is_some_and(|said| said.contains(words)).then_some(()))
    };
    until(words, told).await
}

#[tokio::test]
async fn tab_leads_to_every_control_of_every_page_and_on() -> Outcome {
    for stage in Stage::ALL {
        let Some(mut tour) = Tour::begin(stage, "en").await? else { continue };
        for page in PAGES.iter().filter(|page| page.stage == stage) {
            tour.reach(page).await.map_err(|fault| Failure::new(format!("{page:?}: {fault}")))?;
            let chromium = &tour.visit.chromium;
            chromium.find("main").await?;
            let walked = chromium.walk_through().await;
            let walked = walked.map_err(|fault| Failure::new(format!("{page:?}: {fault}")))?;
            let is_form = chromium.count("main form").await? > 0;
            assert!(!is_form || !walked.is_empty(), "nothing leads on from {page:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_optional_scope_is_unticked_with_the_space_bar() -> Outcome {
    let Some(mut tour) = Tour::begin(Stage::Usual, "en").await? else { return Ok(()) };
    tour.visit.open().await?;
    let chromium = &tour.visit.chromium;
    assert_eq!(chromium.tab().await?, "scope:wiki:write");
    chromium.press_key(" ").await?;
    sign_in(chromium, (EMAIL, PASSWORD)).await?;
    let code = tour.visit.client.callback().await?.code()?;
    let tokens = tour.visit.client.actor.redeem(&code).await?;
    let granted: BTreeSet<&str> = tokens.scope.split(' ').collect();
    assert!(granted.contains("wiki:read") && !granted.contains("wiki:write"), "{granted:?}");
    Ok(())
}

#[tokio::test]
async fn not_you_is_a_key_away_and_nothing_is_lost() -> Outcome {
    let Some(mut tour) = Tour::begin(Stage::Usual, "en").await? else { return Ok(()) };
    tour.visit.world.add_user("eve@example.com", NEW_PASSWORD).await?;
    tour.visit.open().await?;
    sign_in(&tour.visit.chromium, (EMAIL, PASSWORD)).await?;
    tour.visit.client.callback().await?.code()?;
    tour.visit.client.actor.fresh();
    tour.visit.open().await?;
    let chromium = &tour.visit.chromium;
    chromium.tab_to("switch").await?;
    chromium.press_key(Key::Enter).await?;
    chromium.find("#password").await?;
    sign_in(chromium, ("eve@example.com", NEW_PASSWORD)).await?;
    let landing = tour.visit.client.callback().await?;
    assert_eq!(landing.get("state"), Some(tour.visit.client.actor.state.as_str()));
    tour.visit.client.actor.redeem(&landing.code()?).await?;
    Ok(())
}

#[tokio::test]
async fn a_provider_s_button_is_pressed_with_enter() -> Outcome {
    let Some((mut visit, provider)) = upstream::begin().await? else { return Ok(()) };
    visit.open().await?;
    let chromium = &visit.chromium;
    chromium.tab_to("provider:1").await?;
    chromium.press_key(Key::Enter).await?;
    for (field, keys) in [("[name=login]", "ada"), ("[name=password]", "any")] {
        tab_to_their(chromium, field).await?;
        chromium.press_key(keys).await?;
    }
    chromium.press_key(Key::Enter).await?;
    // The button of their second page has the focus as soon as it comes, and the same Enter may have pressed it.
    let second = "form:not(:has([name=login])) [type=submit]";
    let script = format!(
        "return location.origin !== '{}' || Boolean(document.querySelector('{second}'))",
        provider.issuer
    );
    until("their second page", async || Ok((chromium.script(&script).await? == true).then_some(()))).await?;
    if chromium.count(second).await? > 0 {
        tab_to_their(chromium, second).await?;
        chromium.press_key(Key::Enter).await?;
    }
    let code = visit.client.callback().await?.code()?;
    visit.client.actor.redeem(&code).await?;
    Ok(())
}

#[tokio::test]
async fn an_application_is_ended_a_password_changed_and_the_door_closed() -> Outcome {
    let Some(tour) = Tour::begin(Stage::Usual, "en").await? else { return Ok(()) };
    let mut client = Client::register(tour.visit.world.stranger()?, "Notes helper").await?;
    client.actor.mcp_url = RESOURCE.to_owned();
    let tokens = client.actor.sign_in().await?;
    let chromium = &tour.visit.chromium;
    chromium.driver.goto(format!("{}/account", tour.visit.world.issuer())).await?;
    sign_in(chromium, (EMAIL, PASSWORD)).await?;
    chromium.find("#apps").await?;
    chromium.tab_to("End access").await?;
    chromium.press_key(Key::Enter).await?;
    is_told(chromium, "The access of that application has ended.").await?;
    let refresh = client.actor.refresh_request(&tokens.refresh);
    assert_eq!(client.actor.send(refresh).await?.status, 400);

    chromium.tab_to("Change your password").await?;
    chromium.press_key(Key::Enter).await?;
    for (field, text) in [("old", PASSWORD), ("new", NEW_PASSWORD), ("repeated", NEW_PASSWORD)] {
        assert_eq!(chromium.tab().await?, field);
        chromium.press_key(text).await?;
    }
    assert_eq!(chromium.tab().await?, "Change password");
    chromium.press_key(Key::Enter).await?;
    is_told(chromium, "Your password").await?;

    chromium.tab_to("Sign out").await?;
    chromium.press_key(Key::Enter).await?;
    chromium.find("#email").await?;
    sign_in(chromium, (EMAIL, NEW_PASSWORD)).await?;
    chromium.find("#sessions").await.map(drop)
}

#[tokio::test]
async fn an_invitation_is_followed() -> Outcome {
    let Some(tour) = Tour::begin(Stage::Usual, "en").await? else { return Ok(()) };
    let a_day = std::time::Duration::from_secs(24 * 3600);
    let link = links::invite(tour.visit.world.auth_app()?, "ada@example.com", a_day).await?;
    let chromium = &tour.visit.chromium;
    chromium.driver.goto(link).await?;
    for field in ["password", "repeated"] {
        chromium.type_into(field, NEW_PASSWORD).await?;
    }
    chromium.tab().await?;
    chromium.press_key(Key::Enter).await?;
    chromium.find("section.next").await?;
    let page = chromium.text("main").await?;
    assert!(page.contains("ada@example.com"), "{page}");
    Ok(())
}

#[tokio::test]
async fn a_passkey_s_button_is_pressed_with_enter() -> Outcome {
    let Some(mut tour) = Tour::begin(Stage::Usual, "en").await? else { return Ok(()) };
    give_authenticator(&tour.visit.chromium).await?;
    tour.visit.open().await?;
    sign_in(&tour.visit.chromium, (EMAIL, PASSWORD)).await?;
    tour.visit.client.callback().await?.code()?;
    let chromium = &tour.visit.chromium;
    chromium.driver.goto(format!("{}/account/passkeys", tour.visit.world.issuer())).await?;
    chromium.type_into("passkey-name", "This computer").await?;
    chromium.press_key(Key::Enter).await?;
    assert_eq!(chromium.text(".passkeys li bdi").await?, "This computer");
    chromium.driver.delete_all_cookies().await?;
    tour.visit.client.actor.fresh();
    tour.visit.open().await?;
    let chromium = &tour.visit.chromium;
    chromium.find(".passkey-sign-in button").await?;
    chromium.tab_to("Sign in with a passkey").await?;
    chromium.press_key(Key::Enter).await?;
    assert_eq!(chromium.text(".person").await?, EMAIL);
    chromium.tab_to("allow").await?;
    chromium.press_key(Key::Enter).await?;
    tour.visit.client.callback().await?.code()?;
    Ok(())
}
