//! The page asks nothing of anybody else, and stands in nobody's frame.

use conformance::failure::Outcome;

use super::{chromium::until, site::Site, visit::Visit};

#[tokio::test]
async fn nothing_is_fetched_from_elsewhere_and_nothing_goes_wrong() -> Outcome {
    let Some(visit) = Visit::begin().await? else { return Ok(()) };
    let chromium = &visit.chromium;
    visit.open().await?;
    let styled = chromium.script("return getComputedStyle(document.querySelector('main')).maxWidth").await?;
    assert_ne!(styled, "none", "the stylesheet is there");
    let scripts = chromium.script("return [...document.scripts].map(script => script.src)").await?;
    assert_eq!(scripts, serde_json::json!([format!("{}/passkeys.js", visit.world.issuer())]));
    let said: Vec<String> = chromium.console().await?.into_iter().map(|entry| entry.message).collect();
    assert!(said.is_empty(), "the console says {said:#?}");
    chromium.fill_in("not the password").await?;
    chromium.press("button.allow").await?;
    chromium.find("[role=alert]").await?;
    // A browser notes every page whose status is an error; nothing else may be there.
    let said = chromium.console().await?.into_iter().map(|entry| entry.message);
    let said: Vec<String> = said.filter(|message| !message.contains("status of 403")).collect();
    assert!(said.is_empty(), "the console says {said:#?}");
    let own = format!("{}/", visit.world.issuer());
    let requested = chromium.requested().await?;
    // What the browser fetches from itself for its first tab is not the page's.
    let leaves =
        |url: &&String| !["data:", "chrome:", "chrome-untrusted:"].iter().any(|own| url.starts_with(own));
    let elsewhere: Vec<_> = requested.iter().filter(leaves).filter(|url| !url.starts_with(&own)).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
    assert!(requested.iter().any(|url| url.ends_with("/style.css")), "requests are seen: {requested:?}");
    Ok(())
}

#[tokio::test]
async fn it_cannot_be_framed() -> Outcome {
    let Some(visit) = Visit::begin().await? else { return Ok(()) };
    let page = visit.client.actor.authorize_request().address()?;
    // Of the same server, but allowed everywhere: this is what a frame that works looks like.
    let style = format!("{}/style.css", visit.world.issuer());
    let frame = |id: &str, url: &str| {
        let url = url.replace('&', "&amp;");
        format!("<iframe id={id} src=\"{url}\" onload=\"this.dataset.loaded=1\"></iframe>")
    };
    let html = format!("<!doctype html>{}{}", frame("page", page.as_str()), frame("style", &style));
    let site = Site::showing(html).await?;
    let chromium = &visit.chromium;
    chromium.driver.goto(&site.origin).await?;
    until("both frames", async || Ok((chromium.count("iframe[data-loaded]").await? == 2).then_some(())))
        .await?;

    chromium.find("#style").await?.enter_frame().await?;
    let text = chromium.script("return document.body.innerText").await?;
    assert!(
        text.as_str().is_some_and(|text| text.contains("--accent")),
        "a frame can be looked into: {text}"
    );
    chromium.driver.enter_default_frame().await?;

    chromium.find("#page").await?.enter_frame().await?;
    assert_eq!(chromium.count("form, input, main").await?, 0, "the page is in the frame");
    let said: Vec<String> = chromium.console().await?.into_iter().map(|entry| entry.message).collect();
    assert!(said.iter().any(|message| message.contains("frame-ancestors")), "why not: {said:#?}");
    Ok(())
}
