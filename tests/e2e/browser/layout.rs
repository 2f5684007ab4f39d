//! The page fits: a phone's width without scrolling sideways, in light and dark.

use conformance::failure::Outcome;
use serde_json::Value;

use super::{
    chromium::Chromium,
    pictures::{LOOKS, Look},
    visit::{Client, Visit},
};

/// Everything a person types into or presses must be large enough for a finger.
const SMALLEST_TARGET: f64 = 44.0;

const MEASURE: &str = "
    const controls = [...document.querySelectorAll('button, input:not([type=hidden], [type=checkbox]), .optional')];
    return {
        content: document.documentElement.scrollWidth,
        window: window.innerWidth,
        screen: window.screen.width,
        ground: getComputedStyle(document.body).backgroundColor,
        heights: controls.map(control => control.getBoundingClientRect().height),
        outside: [...document.querySelectorAll('body *')]
            .filter(one => one.getBoundingClientRect().right > window.innerWidth + 0.5)
            .map(one => one.outerHTML.slice(0, 80)),
    }";

async fn assert_fits(chromium: &Chromium, page: &str) -> Outcome {
    let mut grounds = Vec::new();
    for look in LOOKS {
        chromium.look(look).await?;
        let seen = chromium.script(MEASURE).await?;
        assert_fits_in(look, &seen, page);
        grounds.push((look.scheme, seen["ground"].clone()));
    }
    grounds.sort_by_key(|(scheme, _)| *scheme);
    grounds.dedup();
    assert!(matches!(&grounds[..], [(_, dark), (_, light)] if dark != light), "{page}: {grounds:?}");
    Ok(())
}

fn assert_fits_in(look: Look, seen: &Value, page: &str) {
    let width = f64::from(look.width);
    let number = |name: &str| seen[name].as_f64().unwrap_or(f64::MAX);
    // A phone makes its window as wide as what stands in it: then it is the window that does not fit the screen.
    assert_eq!((number("screen"), number("window")), (width, width), "{page} in {look:?}: {seen}");
    assert!(number("content") <= width, "{page} in {look:?} scrolls sideways: {seen}");
    assert_eq!(seen["outside"].as_array().map(Vec::len), Some(0), "{page} in {look:?}: {seen}");
    for height in seen["heights"].as_array().into_iter().flatten() {
        assert!(height.as_f64() >= Some(SMALLEST_TARGET), "{page} in {look:?}: {seen}");
    }
}

#[tokio::test]
async fn the_pages_fit_a_laptop_and_a_phone() -> Outcome {
    let Some(mut visit) = Visit::begin().await? else { return Ok(()) };
    let chromium = &visit.chromium;
    visit.open().await?;
    assert_fits(chromium, "sign in").await?;
    chromium.fill_in("not the password").await?;
    chromium.press("button.allow").await?;
    chromium.find("[role=alert]").await?;
    assert_fits(chromium, "wrong password").await?;
    chromium.sign_in_and_allow().await?;
    visit.client.callback().await?;
    visit.open().await?;
    chromium.find(".person").await?;
    assert_fits(chromium, "signed in").await?;
    let unknown = visit.client.actor.authorize_request().with("client_id", "nobody-knows-this");
    chromium.driver.goto(unknown.address()?.as_str()).await?;
    chromium.find("section.next").await?;
    assert_fits(chromium, "a message").await
}

#[tokio::test]
async fn long_words_are_broken() -> Outcome {
    let Some(visit) = Visit::begin().await? else { return Ok(()) };
    let chromium = &visit.chromium;
    let mut long =
        Client::register(visit.world.stranger()?, &"Donaudampfschifffahrtsgesellschaft".repeat(4)).await?;
    chromium.open(&long).await?;
    assert_fits(chromium, "a long name").await?;
    let email = format!("{}@{}.example.com", "verylonglocalpart".repeat(3), "label".repeat(12));
    visit.world.add_user(&email, "correct horse battery staple").await?;
    chromium.fill("#email", &email).await?;
    chromium.fill("#password", "correct horse battery staple").await?;
    chromium.press("button.allow").await?;
    long.callback().await?.code()?;
    chromium.open(&long).await?;
    assert_eq!(chromium.text(".person").await?, email);
    assert_fits(chromium, "a long address").await
}
