//! How each page of the list is reached, by a browser that knows nothing yet. The ways to somebody's own pages are in
//! `own_ways.rs`.

use std::time::Duration;

use auth_server::flow::{accounts, links};
use conformance::{
    actor::{Registered, Request},
    failure::{Failure, Outcome},
    host::Served,
    world::EMAIL,
};
use serde_json::json;

use super::{
    pages::Page,
    stage::{RESOURCE, Stage, Tour},
    visit::Client,
};

const A_WEEK: Duration = Duration::from_secs(7 * 24 * 3600);
/// Wrong passwords before one has to wait.
const FREE: usize = 10;

impl Tour {
    /// Opens a page of the list.
    pub(super) async fn reach(&mut self, page: &Page) -> Outcome {
        self.visit.chromium.devtools("Network.clearBrowserCookies", json!({})).await?;
        self.visit.client.actor.fresh();
        if page.stage == Stage::Usual {
            let app = self.visit.world.auth_app()?;
            let account = accounts::find(app, EMAIL).await?;
            app.store.end_other_sign_ins(account.id, String::new()).await?;
        }
        match page.name {
            "approve" | "providers" | "provider-only" => self.visit.open().await,
            "approve-published" => self.published().await,
            "approve-long-name" => self.long_name().await,
            "approve-wrong-password" => self.wrong_password().await,
            "approve-signed-in" => self.signed_in().await,
            "approve-not-you" => self.not_you().await,
            "unknown-client" => self.unknown_client().await,
            "account-sign-in" | "provider-only-account" => self.goto("/account").await,
            "account-empty" => self.account().await,
            "account" => self.account_with_apps().await,
            "account-many-browsers" => self.account_with_browsers().await,
            "account-wrong-password" => self.changed_badly().await,
            "account-ended" => self.ended().await,
            "passkeys-none" => self.no_passkey().await,
            "passkeys" => self.passkey().await,
            "invitation" => self.invitation("ada@example.com").await,
            "invitation-problem" => self.invitation_problem().await,
            "connect" => self.invited().await,
            "spent-link" => self.spent_link().await,
            "expired" => self.expired().await,
            "provider-refuses" => self.refused_by_provider().await,
            "provider-away" => self.press_on_approval("button[value='provider:2']").await,
            "first-account" => self.first_account().await,
            "too-many-attempts" => self.too_many().await,
            other => Err(Failure::new(format!("no way leads to {other}"))),
        }
    }

    pub(super) async fn goto(&self, path: &str) -> Outcome {
        let address = format!("{}{path}", self.visit.world.issuer());
        Ok(self.visit.chromium.driver.goto(address).await?)
    }

    async fn open_as(&self, request: Request) -> Outcome {
        Ok(self.visit.chromium.driver.goto(request.address()?.as_str()).await?)
    }

    async fn published(&self) -> Outcome {
        let (id, redirect_uri) = (self.host.url("/client.json"), "https://notes.example.com/callback");
        let document = json!({"client_id": id, "client_name": "Notizbuch", "redirect_uris": [redirect_uri]});
        self.host.publish("/client.json", Served::json(&document));
        let mut actor = self.visit.client.actor.clone();
        actor.client = Registered { id, ..Registered::default() };
        self.open_as(actor.authorize_request().with("redirect_uri", redirect_uri)).await
    }

    async fn long_name(&self) -> Outcome {
        let name = "Donaudampfschifffahrtsgesellschaftskapitänsmützenverwaltung ".repeat(2);
        let mut client = Client::register(self.visit.world.stranger()?, name.trim()).await?;
        client.actor.mcp_url = RESOURCE.to_owned();
        self.visit.chromium.open(&client).await
    }

    async fn wrong_password(&self) -> Outcome {
        self.visit.open().await?;
        let chromium = &self.visit.chromium;
        chromium.fill_in("not the password").await?;
        chromium.press("[type=checkbox]").await?;
        chromium.press("button.allow").await?;
        chromium.find("[role=alert]").await.map(drop)
    }

    async fn signed_in(&mut self) -> Outcome {
        self.visit.open().await?;
        self.visit.chromium.sign_in_and_allow().await?;
        self.visit.client.callback().await?.code()?;
        self.visit.client.actor.fresh();
        self.visit.open().await?;
        self.visit.chromium.find(".person").await.map(drop)
    }

    async fn not_you(&mut self) -> Outcome {
        self.signed_in().await?;
        self.visit.chromium.press("button.switch").await?;
        self.visit.chromium.find("#password").await.map(drop)
    }

    async fn unknown_client(&self) -> Outcome {
        let request = self.visit.client.actor.authorize_request();
        self.open_as(request.with("client_id", "nobody-knows-this")).await
    }

    async fn invitation(&self, email: &str) -> Outcome {
        let link = links::invite(self.visit.world.auth_app()?, email, A_WEEK).await?;
        self.visit.chromium.driver.goto(link).await?;
        self.visit.chromium.find("#repeated").await.map(drop)
    }

    async fn invitation_problem(&self) -> Outcome {
        self.invitation("grace@example.com").await?;
        self.choose("a password of her own", "another one altogether").await?;
        self.visit.chromium.find("[role=alert]").await.map(drop)
    }

    async fn choose(&self, password: &str, repeated: &str) -> Outcome {
        self.visit.chromium.fill("#password", password).await?;
        self.visit.chromium.fill("#repeated", repeated).await?;
        self.visit.chromium.press("button.allow").await
    }

    async fn invited(&self) -> Outcome {
        self.invitation("lin@example.com").await?;
        self.choose("a password of her own", "a password of her own").await?;
        self.visit.chromium.find("section.next").await.map(drop)
    }

    async fn spent_link(&self) -> Outcome {
        self.invitation("mary@example.com").await?;
        let link = self.visit.chromium.driver.current_url().await?;
        self.choose("a password of her own", "a password of her own").await?;
        self.visit.chromium.find("section.next").await?;
        Ok(self.visit.chromium.driver.goto(link.as_str()).await?)
    }

    async fn expired(&self) -> Outcome {
        self.visit.open().await?;
        self.visit.world.advance(Duration::from_secs(31 * 60));
        self.visit.chromium.sign_in_and_allow().await?;
        self.visit.chromium.find("section.next").await.map(drop)
    }

    async fn press_on_approval(&self, button: &str) -> Outcome {
        self.visit.open().await?;
        self.visit.chromium.press(button).await?;
        self.visit.chromium.find("section.next").await.map(drop)
    }

    async fn refused_by_provider(&self) -> Outcome {
        self.visit.open().await?;
        self.visit.chromium.press("button[value='provider:1']").await?;
        self.visit.chromium.sign_in_at_provider("mallory@elsewhere.example").await?;
        self.visit.chromium.find("section.next").await.map(drop)
    }

    async fn first_account(&self) -> Outcome {
        let link = links::set_up(self.visit.world.auth_app()?).await?;
        let link = link.ok_or_else(|| Failure::new("no link to the first account"))?;
        Ok(self.visit.chromium.driver.goto(link).await?)
    }

    async fn too_many(&self) -> Outcome {
        let mut actor = self.visit.client.actor.clone();
        for _ in 0..FREE {
            let shown = actor.open(actor.authorize_request()).await?;
            let request = actor.decision_request(&shown, "allow")?.with("email", EMAIL);
            actor.send(request.with("password", "not the password")).await?;
        }
        self.visit.open().await?;
        self.visit.chromium.sign_in_and_allow().await?;
        self.visit.chromium.find("[role=alert]").await.map(drop)
    }
}
