//! A person at the page: a world, a client that waits at a loopback port, and a browser.

use std::time::Duration;

use conformance::{
    actor::{Actor, Landing},
    browser::Listener,
    exchange::Reply,
    failure::{Failure, Outcome},
    world::{EMAIL, PASSWORD, World},
};
use thirtyfour::{error::WebDriverErrorInner, prelude::*};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::timeout,
};

use super::chromium::{Chromium, PATIENCE, until};

/// Everything a test of the page needs.
pub(super) struct Visit {
    pub(super) chromium: Chromium,
    pub(super) world: World,
    pub(super) client: Client,
}

/// A client on this computer.
pub(super) struct Client {
    pub(super) actor: Actor,
    /// What the browser came back with. Always listened for: a click is not over before its answer is there.
    callbacks: UnboundedReceiver<String>,
}

impl Visit {
    /// A world, a registered client and an empty browser; none where there is no browser.
    pub(super) async fn begin() -> Outcome<Option<Visit>> {
        let Some(chromium) = Chromium::start().await? else { return Ok(None) };
        let world = World::start().await?;
        let client = Client::register(world.stranger()?, "Notes helper").await?;
        Ok(Some(Visit { chromium, world, client }))
    }

    /// Opens the page of the client's authorization request.
    pub(super) async fn open(&self) -> Outcome {
        self.chromium.open(&self.client).await
    }
}

impl Client {
    /// Registers a client of this name whose callback is a port of this computer.
    pub(super) async fn register(mut actor: Actor, name: &str) -> Outcome<Client> {
        let listener = Listener::bind().await?;
        actor.persona.client_name = name.to_owned();
        actor.persona.redirect_uris = vec![listener.redirect_uri()];
        actor.register().await?;
        let (tell, callbacks) = unbounded_channel();
        tokio::spawn(async move {
            // Until the test is over.
            while let Ok(url) = listener.callback().await
                && tell.send(url).is_ok()
            {}
        });
        Ok(Client { actor, callbacks })
    }

    /// What the browser came back with.
    pub(super) async fn callback(&mut self) -> Outcome<Landing> {
        let url = timeout(PATIENCE, self.callbacks.recv()).await.ok().flatten();
        let url = url.ok_or_else(|| Failure::new("the browser did not reach the callback"))?;
        Landing::of(&Reply { status: 303, headers: vec![("location".to_owned(), url)], body: Vec::new() })
    }

    /// The browser comes back with a refusal and nothing else: RFC 6749 §4.1.2.1, RFC 9207.
    pub(super) async fn assert_denied(&mut self) -> Outcome {
        let landing = self.callback().await?;
        assert_eq!(landing.get("error"), Some("access_denied"), "{}", landing.url);
        assert_eq!(landing.get("state"), Some(self.actor.state.as_str()));
        assert_eq!(landing.get("iss"), Some(self.actor.issuer.as_str()));
        assert_eq!(landing.get("code"), None);
        Ok(())
    }

    /// The browser has not come back so far: whoever comes now is the first one.
    pub(super) async fn assert_not_called(&mut self) -> Outcome {
        // Only what carries a state is taken for an answer.
        reqwest::get(format!("{}?state=nobody-before", self.actor.redirect_uri())).await?;
        let landing = self.callback().await?;
        match landing.get("state") {
            Some("nobody-before") => Ok(()),
            _ => Err(Failure::new(format!("the browser came back with {}", landing.url))),
        }
    }
}

impl Chromium {
    /// Opens the page of a client's authorization request.
    pub(super) async fn open(&self, client: &Client) -> Outcome {
        let address = client.actor.authorize_request().address()?;
        self.driver.goto(address.as_str()).await?;
        self.find("main").await.map(drop)
    }

    /// An element by its CSS selector, once it is there.
    pub(super) async fn find(&self, selector: &str) -> Outcome<WebElement> {
        let query = self.driver.query(By::Css(selector)).wait(PATIENCE, Duration::from_millis(20));
        match query.and_displayed().first().await {
            Ok(found) => Ok(found),
            Err(fault) => {
                let page = self.script("return location.href + ': ' + document.body.innerText").await?;
                Err(Failure::new(format!("{selector}: {fault}; {page}")))
            }
        }
    }

    /// The text a person reads in an element.
    pub(super) async fn text(&self, selector: &str) -> Outcome<String> {
        // A page that is just being left takes its elements along.
        until(selector, async || match self.find(selector).await?.text().await {
            Ok(text) => Ok(Some(text)),
            Err(fault) if matches!(&*fault, WebDriverErrorInner::StaleElementReference(_)) => Ok(None),
            Err(fault) => Err(fault.into()),
        })
        .await
    }

    /// How many elements there are now.
    pub(super) async fn count(&self, selector: &str) -> Outcome<usize> {
        Ok(self.driver.find_all(By::Css(selector)).await?.len())
    }

    /// Types into a field.
    pub(super) async fn fill(&self, selector: &str, text: &str) -> Outcome {
        let field = self.find(selector).await?;
        field.clear().await?;
        Ok(field.send_keys(text).await?)
    }

    /// Types the account's e-mail and this password.
    pub(super) async fn fill_in(&self, password: &str) -> Outcome {
        self.fill("#email", EMAIL).await?;
        self.fill("#password", password).await
    }

    /// Presses a button.
    pub(super) async fn press(&self, selector: &str) -> Outcome {
        Ok(self.find(selector).await?.click().await?)
    }

    /// Signs in and allows.
    pub(super) async fn sign_in_and_allow(&self) -> Outcome {
        self.fill_in(PASSWORD).await?;
        self.press("button.allow").await
    }
}
