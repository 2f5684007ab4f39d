//! The most reported failure of all: `form-action 'self'` on the page, and the client is never reached. It cannot be seen
//! without a browser, and these tests can see it: the page is served once as it is and once with that directive added.

use conformance::{
    actor::Actor,
    failure::{Failure, Outcome},
    world::{EMAIL, PASSWORD, World},
};
use tokio::net::TcpListener;
use url::Url;

use super::{
    chromium::{Chromium, until},
    site::Site,
    visit::Client,
};

/// An issuer behind a proxy that changes the header of its answers.
async fn behind_a_proxy(change: fn(String) -> String) -> Outcome<(World, Site, Client)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let origin = format!("http://localhost:{}", listener.local_addr()?.port());
    let world = World::builder().auth("ISSUER", &origin).mcp("ISSUER", &origin).start().await?;
    let upstream = Url::parse(world.issuer())?.port();
    let upstream = upstream.ok_or_else(|| Failure::new("the world has no port"))?;
    let proxy = Site::in_front_of((listener, origin), upstream, change);
    let actor = Actor::new(&proxy.origin, world.mcp_url(), (EMAIL, PASSWORD))?;
    let client = Client::register(actor, "Notes helper").await?;
    Ok((world, proxy, client))
}

#[tokio::test]
async fn behind_a_proxy_that_changes_nothing_the_client_is_reached() -> Outcome {
    let Some(chromium) = Chromium::start().await? else { return Ok(()) };
    let (_world, proxy, mut client) = behind_a_proxy(|head| head).await?;
    chromium.open(&client).await?;
    chromium.sign_in_and_allow().await?;
    let landing = client.callback().await?;
    landing.code()?;
    assert_eq!(landing.get("iss"), Some(proxy.origin.as_str()));
    Ok(())
}

#[tokio::test]
async fn with_form_action_self_it_is_not() -> Outcome {
    let Some(chromium) = Chromium::start().await? else { return Ok(()) };
    let narrow =
        |head: String| head.replace("frame-ancestors 'none'", "frame-ancestors 'none'; form-action 'self'");
    let (_world, _proxy, mut client) = behind_a_proxy(narrow).await?;
    chromium.open(&client).await?;
    chromium.sign_in_and_allow().await?;
    // The browser itself says why it does not go on.
    let reason = until("a word about form-action", async || {
        let said = chromium.console().await?.into_iter().map(|entry| entry.message);
        Ok(said.into_iter().find(|message| message.contains("form-action")))
    });
    let reason = reason.await?;
    assert!(
        reason.contains("callback") || reason.contains("127.0.0.1"),
        "it is about the way back: {reason}"
    );
    client.assert_not_called().await
}
