//! What `auth-server explain` prints of the failures that happen most, line by line: the files of `told` hold it, with names
//! in the place of what differs from run to run.

use std::path::Path;

use auth_server::{cli::explain::told, flow::accounts};
use conformance::{
    actor::{Actor, Landing, Request, TokenSet},
    failure::Outcome,
    pkce::Pkce,
    world::{EMAIL, World},
};
use serde_json::json;
use shared::clock::Timestamp;

use super::explained;
use crate::negative::check::seconds;

/// A world, its first second, and a client of somebody who has not signed in.
struct Stage {
    world: World,
    start: Timestamp,
    actor: Actor,
    /// What is printed otherwise than its file says.
    wrong: Vec<String>,
}

impl Stage {
    async fn set() -> Outcome<Stage> {
        let world = World::start().await?;
        let mut actor = world.actor().await?;
        actor.pkce = Pkce::of("a-verifier-that-is-always-the-same-one-00000".to_owned());
        Ok(Stage { start: world.clock().now(), world, actor, wrong: Vec::new() })
    }

    /// Signs in ten seconds after the page was opened; five seconds later the code is here.
    async fn approve(&mut self) -> Outcome<String> {
        let page = self.actor.open(self.actor.authorize_request()).await?;
        self.world.advance(seconds(10));
        let decision = self.actor.decision_request(&page, "allow")?;
        let code = Landing::of(&self.actor.send(decision).await?)?.code()?;
        self.world.advance(seconds(5));
        Ok(code)
    }

    async fn sign_in(&mut self) -> Outcome<TokenSet> {
        let code = self.approve().await?;
        self.actor.redeem(&code).await
    }

    /// Compares what is printed of the request's refusal with the file of that name.
    async fn tell(&mut self, name: &str, request: Request) -> Outcome {
        let found = explained(&self.world, &self.actor.send(request).await?).await?;
        let mut text = told(&found).replace(&found.noted.reference, "REFERENCE");
        for earlier in &found.before {
            text = text.replace(&earlier.reference, "EARLIER");
        }
        let short: String = self.actor.client.id.chars().take(20).collect();
        let text = text.replace(&format!("{short}…"), "CLIENT").replace(self.world.mcp_origin(), "RESOURCE");
        let text = self.timed(unhidden(text));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("e2e/incidents/told/{name}.txt"));
        let expected = std::fs::read_to_string(path)?;
        if !text.lines().eq(expected.lines()) {
            self.wrong.push(format!("--- {name}\n{text}"));
        }
        Ok(())
    }

    /// All of it was as the files say.
    fn is_told(&self) -> Outcome {
        assert!(self.wrong.is_empty(), "{}", self.wrong.concat());
        Ok(())
    }

    /// Another attempt, long after.
    fn later(&mut self) {
        self.world.advance(seconds(7200));
        self.start = self.world.clock().now();
    }

    /// Moments as seconds since the start.
    fn timed(&self, mut text: String) -> String {
        for span in 0..4000 {
            let at = self.start + seconds(span);
            text = text.replace(&at.to_string(), &format!("T+{span}"));
        }
        text
    }
}

/// How long what is hidden was, is left out.
fn unhidden(text: String) -> String {
    let mut parts = text.split("(hidden, ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.split_once(')').map_or(part, |(_, rest)| rest);
        format!("{text}(hidden){rest}")
    })
}

#[tokio::test]
async fn of_an_authorization_request() -> Outcome {
    let mut stage = Stage::set().await?;
    let happy = stage.actor.authorize_request().with("scope", "notes:read");
    let elsewhere = happy.clone().with("redirect_uri", "https://evil.example/cb");
    stage.tell("redirect_uri", elsewhere).await?;
    stage.later();
    let unknown = happy.clone().with("client_id", "nobody");
    stage.tell("unknown_client", unknown).await?;
    stage.later();
    let other = happy.clone().with("resource", "https://other.example/mcp");
    stage.tell("resource", other).await?;
    stage.world.advance(seconds(3));
    let scope = happy.clone().with("scope", "notes:read \"all\"");
    stage.tell("scope", scope).await?;
    stage.later();
    stage.world.auth_app()?.clients.block(&stage.actor.client.id, stage.start).await?;
    stage.world.advance(seconds(20));
    stage.tell("blocked_client", happy).await?;
    stage.is_told()
}

#[tokio::test]
async fn of_a_code() -> Outcome {
    let mut stage = Stage::set().await?;
    let code = stage.approve().await?;
    let wrong = stage.actor.token_request(&code).with("code_verifier", "x".repeat(43));
    stage.tell("code_verifier", wrong).await?;
    stage.world.advance(seconds(1));
    stage.actor.redeem(&code).await?;
    stage.world.advance(seconds(4));
    let again = stage.actor.token_request(&code);
    stage.tell("code_again", again).await?;
    stage.is_told()
}

#[tokio::test]
async fn of_a_code_that_came_too_late() -> Outcome {
    let mut stage = Stage::set().await?;
    let code = stage.approve().await?;
    stage.world.advance(seconds(700));
    let late = stage.actor.token_request(&code);
    stage.tell("code_expired", late).await?;
    stage.is_told()
}

#[tokio::test]
async fn of_a_secret_that_is_wrong() -> Outcome {
    let mut stage = Stage::set().await?;
    let code = stage.approve().await?;
    let wrong = stage.actor.token_request(&code).with("client_secret", "wrong");
    stage.tell("client_secret", wrong).await?;
    stage.is_told()
}

#[tokio::test]
async fn of_a_refresh_token() -> Outcome {
    let mut stage = Stage::set().await?;
    let tokens = stage.sign_in().await?;
    stage.world.advance(seconds(100));
    stage.actor.refresh(&tokens.refresh).await?;
    stage.world.advance(seconds(300));
    let again = stage.actor.refresh_request(&tokens.refresh);
    stage.tell("refresh_again", again).await?;
    stage.is_told()
}

#[tokio::test]
async fn of_an_account_that_is_disabled() -> Outcome {
    let mut stage = Stage::set().await?;
    let tokens = stage.sign_in().await?;
    stage.world.advance(seconds(100));
    let app = stage.world.auth_app()?;
    accounts::disable(app, accounts::find(app, EMAIL).await?).await?;
    stage.world.advance(seconds(100));
    let refresh = stage.actor.refresh_request(&tokens.refresh);
    stage.tell("disabled", refresh).await?;
    stage.is_told()
}

#[tokio::test]
async fn of_a_registration_and_a_decision() -> Outcome {
    let mut stage = Stage::set().await?;
    let evil = stage.actor.register_request().with("redirect_uris", json!(["https://evil.example/cb"]));
    stage.tell("registration", evil).await?;
    let page = stage.actor.open(stage.actor.authorize_request()).await?;
    stage.world.advance(seconds(1801));
    let late = stage.actor.decision_request(&page, "allow")?;
    stage.tell("page_expired", late).await?;
    stage.is_told()
}
