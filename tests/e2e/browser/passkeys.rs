//! Passkeys with Chromium's virtual authenticator.

use conformance::{
    failure::{Failure, Outcome},
    world::EMAIL,
};
use serde_json::{Value, json};

use super::{
    chromium::{Chromium, until},
    visit::Visit,
};

const BUTTON: &str = ".passkey-sign-in button";
const PROBLEM: &str = ".passkey-sign-in [role=alert]";

/// Gives a browser an authenticator that finds the right person before it; how that one is called.
pub(super) async fn give_authenticator(chromium: &Chromium) -> Outcome<Value> {
    chromium.devtools("WebAuthn.enable", json!({})).await?;
    let options = json!({
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
        "hasUserVerification": true, "isUserVerified": true, "automaticPresenceSimulation": true,
    });
    let added = chromium.devtools("WebAuthn.addVirtualAuthenticator", json!({"options": options})).await?;
    Ok(added["authenticatorId"].clone())
}

/// A visit whose browser has an authenticator that finds the right person before it.
struct Authenticated {
    visit: Visit,
    authenticator: Value,
}

impl Authenticated {
    async fn begin() -> Outcome<Option<Authenticated>> {
        let Some(visit) = Visit::begin().await? else { return Ok(None) };
        let authenticator = give_authenticator(&visit.chromium).await?;
        Ok(Some(Authenticated { visit, authenticator }))
    }

    /// A command to the authenticator.
    async fn tell(&self, command: &str, mut parameters: Value) -> Outcome<Value> {
        parameters["authenticatorId"] = self.authenticator.clone();
        self.visit.chromium.devtools(&format!("WebAuthn.{command}"), parameters).await
    }

    /// Signs in with the password, adds a passkey of this name and forgets the sign-in.
    async fn add(&mut self, name: &str) -> Outcome {
        self.visit.open().await?;
        self.visit.chromium.sign_in_and_allow().await?;
        self.visit.client.callback().await?.code()?;
        self.open_list().await?;
        self.visit.chromium.fill("#passkey-name", name).await?;
        self.visit.chromium.press(".passkey-new button").await?;
        assert_eq!(self.visit.chromium.text(".passkeys li bdi").await?, name);
        Ok(())
    }

    async fn open_list(&self) -> Outcome {
        let address = format!("{}/account/passkeys", self.visit.world.issuer());
        Ok(self.visit.chromium.driver.goto(address).await?)
    }

    /// The page of a new authorization request, in a browser where nobody is signed in.
    async fn open_signed_out(&mut self) -> Outcome {
        self.visit.chromium.driver.delete_all_cookies().await?;
        self.visit.client.actor.fresh();
        self.visit.open().await
    }

    /// What the page says when the button is pressed and nobody is let in.
    async fn problem(&self) -> Outcome<String> {
        self.visit.chromium.press(BUTTON).await?;
        self.visit.chromium.text(PROBLEM).await
    }
}

#[tokio::test]
async fn a_passkey_signs_in_and_the_person_still_decides() -> Outcome {
    let Some(mut page) = Authenticated::begin().await? else { return Ok(()) };
    page.add("This computer").await?;
    page.open_signed_out().await?;
    page.visit.chromium.press(BUTTON).await?;
    assert_eq!(page.visit.chromium.text(".person").await?, EMAIL);
    assert_eq!(page.visit.chromium.count("[type=password], script").await?, 0);
    page.visit.client.assert_not_called().await?;
    page.visit.chromium.press("button.allow").await?;
    let landing = page.visit.client.callback().await?;
    assert_eq!(landing.get("state"), Some(page.visit.client.actor.state.as_str()));
    page.visit.client.actor.redeem(&landing.code()?).await?;
    let said = page.visit.chromium.console().await?.into_iter().map(|entry| entry.message);
    let said: Vec<String> = said.filter(|message| message.contains("Content Security")).collect();
    assert!(said.is_empty(), "the console says {said:#?}");
    Ok(())
}

/// The page after a wrong password has no address of its own; the passkey finds the way back all the same.
#[tokio::test]
async fn after_a_wrong_password_a_passkey_still_helps() -> Outcome {
    let Some(mut page) = Authenticated::begin().await? else { return Ok(()) };
    page.add("This computer").await?;
    page.open_signed_out().await?;
    page.visit.chromium.fill_in("not the password").await?;
    page.visit.chromium.press("button.allow").await?;
    page.visit.chromium.find("#problem").await?;
    page.visit.chromium.press(BUTTON).await?;
    assert_eq!(page.visit.chromium.text(".person").await?, EMAIL);
    page.visit.chromium.press("button.allow").await?;
    page.visit.client.callback().await?.code()?;
    Ok(())
}

#[tokio::test]
async fn a_passkey_that_was_removed_is_of_no_use() -> Outcome {
    let Some(mut page) = Authenticated::begin().await? else { return Ok(()) };
    page.add("This computer").await?;
    page.visit.chromium.press(".passkeys li button").await?;
    let chromium = &page.visit.chromium;
    until("the empty list", async || Ok((chromium.count(".passkeys li").await? == 0).then_some(()))).await?;
    page.open_signed_out().await?;
    let problem = page.problem().await?;
    assert!(problem.contains("does not know that passkey"), "{problem}");
    assert_eq!(page.visit.chromium.count(".person").await?, 0);
    Ok(())
}

/// The authenticator looks at whoever sits there, and it is somebody else.
#[tokio::test]
async fn the_wrong_person_does_not_get_in() -> Outcome {
    let Some(mut page) = Authenticated::begin().await? else { return Ok(()) };
    page.add("This computer").await?;
    page.open_signed_out().await?;
    page.tell("setUserVerified", json!({"isUserVerified": false})).await?;
    let problem = page.problem().await?;
    assert!(problem.contains("cancelled"), "{problem}");
    page.tell("setUserVerified", json!({"isUserVerified": true})).await?;
    page.visit.chromium.press(BUTTON).await?;
    assert_eq!(page.visit.chromium.text(".person").await?, EMAIL);
    Ok(())
}

/// A copy of the key whose counter stands behind.
#[tokio::test]
async fn a_copy_of_the_key_is_refused() -> Outcome {
    let Some(mut page) = Authenticated::begin().await? else { return Ok(()) };
    page.add("This computer").await?;
    let credentials = page.tell("getCredentials", json!({})).await?;
    let copy = credentials["credentials"][0].clone();
    let id = copy["credentialId"].clone();
    for _ in 0..2 {
        page.open_signed_out().await?;
        page.visit.chromium.press(BUTTON).await?;
        page.visit.chromium.find(".person").await?;
    }
    let now = page.tell("getCredentials", json!({})).await?["credentials"][0]["signCount"].clone();
    if now.as_u64() <= copy["signCount"].as_u64() {
        return Err(Failure::new(format!("the authenticator does not count: {now}")));
    }
    page.tell("removeCredential", json!({"credentialId": id})).await?;
    page.tell("addCredential", json!({"credential": copy})).await?;
    page.open_signed_out().await?;
    let problem = page.problem().await?;
    assert!(problem.contains("not accepted"), "{problem}");
    Ok(())
}
