//! How the pages of somebody who has an account are reached.

use std::time::Duration;

use conformance::{
    actor::{Actor, Landing},
    failure::Outcome,
    world::PASSWORD,
};

use super::{
    passkeys::give_authenticator,
    stage::{RESOURCE, Tour},
};

/// Browsers on other computers.
const MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 14.7; rv:140.0) Gecko/20100101 Firefox/140.0";
const TELEPHONE: &str =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1";
const WINDOWS: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0";
/// Between two sign-ins: all of them are good for some more.
const AN_HOUR: Duration = Duration::from_secs(3600);

impl Tour {
    pub(super) async fn account(&self) -> Outcome {
        self.goto("/account").await?;
        let chromium = &self.visit.chromium;
        chromium.fill_in(PASSWORD).await?;
        chromium.press("button.allow").await?;
        chromium.find("#sessions").await?;
        // Without the words that follow a sign-in.
        self.goto("/account").await
    }

    pub(super) async fn account_with_apps(&self) -> Outcome {
        for (name, redirect_uri) in [
            ("ChatGPT", "https://chatgpt.com/connector/oauth/a1"),
            ("Claude", "https://claude.ai/api/mcp/auth_callback"),
        ] {
            let mut actor = self.visit.world.stranger()?;
            actor.mcp_url = RESOURCE.to_owned();
            actor.persona.client_name = name.to_owned();
            actor.persona.redirect_uris = vec![redirect_uri.to_owned()];
            actor.register().await?;
            let code = self.allow_at(&mut actor, MAC).await?.code()?;
            actor.redeem(&code).await?;
            self.visit.world.advance(AN_HOUR);
        }
        self.account().await
    }

    pub(super) async fn account_with_browsers(&self) -> Outcome {
        for browser in [MAC, TELEPHONE, WINDOWS, MAC, TELEPHONE, WINDOWS] {
            let mut actor = self.visit.client.actor.clone();
            self.allow_at(&mut actor, browser).await?;
            self.visit.world.advance(AN_HOUR);
        }
        self.account().await
    }

    /// Signs in with another browser and allows.
    async fn allow_at(&self, actor: &mut Actor, browser: &str) -> Outcome<Landing> {
        actor.jar.clear();
        let shown = actor.open(actor.authorize_request()).await?;
        let request = actor.decision_request(&shown, "allow")?.with_header("user-agent", browser);
        Landing::of(&actor.send(request).await?)
    }

    pub(super) async fn changed_badly(&self) -> Outcome {
        self.account().await?;
        let chromium = &self.visit.chromium;
        chromium.press("summary").await?;
        for (field, text) in
            [("#old", "not the password"), ("#new", "another one"), ("#repeated", "another one")]
        {
            chromium.fill(field, text).await?;
        }
        chromium.press("button.allow").await?;
        chromium.find("[role=alert]").await.map(drop)
    }

    pub(super) async fn ended(&self) -> Outcome {
        self.account().await?;
        self.visit.chromium.press("section[aria-labelledby=apps] .entry button").await?;
        self.visit.chromium.find("[role=status]").await.map(drop)
    }

    pub(super) async fn no_passkey(&self) -> Outcome {
        give_authenticator(&self.visit.chromium).await?;
        self.account().await?;
        self.goto("/account/passkeys").await?;
        self.visit.chromium.find("#passkey-name").await.map(drop)
    }

    /// The authenticator is there from the page before on.
    pub(super) async fn passkey(&self) -> Outcome {
        self.account().await?;
        self.goto("/account/passkeys").await?;
        self.visit.chromium.fill("#passkey-name", "Ada's telephone").await?;
        self.visit.chromium.press(".passkey-new button").await?;
        self.visit.chromium.find(".passkeys li bdi").await.map(drop)
    }
}
