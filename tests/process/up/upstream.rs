//! `cargo up` with a provider in its environment: one command, and people sign in there.

#[expect(dead_code, reason = "the other tests set up worlds with it, which are not processes")]
#[path = "../../e2e/upstream/provider.rs"]
mod provider;

use conformance::{
    actor::{Actor, Landing},
    failure::Outcome,
};
use serde_json::json;
use tempfile::TempDir;

use self::provider::{Provider, sign_in};
use super::{Up, conform_as};
use crate::harness::{free_port, note_ids};

/// Where providers send people back to.
const CALLBACK: &str = "/signin/callback";

/// Both services, with a provider and whatever else is set.
async fn start(provider: &mut Provider, data: &TempDir, local_accounts: &str) -> Outcome<Up> {
    let ports = [free_port()?, free_port()?];
    let callback = format!("http://localhost:{}{CALLBACK}", ports[0]);
    provider.tell(&json!({"redirect_uri": callback})).await?;
    let settings = [
        ("UPSTREAM_ISSUER", provider.issuer.as_str()),
        ("UPSTREAM_CLIENT_ID", "gatehouse"),
        ("UPSTREAM_CLIENT_SECRET", "a secret: +/%&"),
        ("UPSTREAM_ALLOW", "example.com"),
        ("LOCAL_ACCOUNTS", local_accounts),
    ];
    let mut up = Up::launch(data.path(), ports, &settings)?;
    up.welcomes().await?;
    let said = up.process.said();
    for told in ["sign in with", &provider.issuer, &callback] {
        assert!(said.contains(told), "`{told}` is missing in:\n{said}");
    }
    assert_eq!(said.contains("demo@example.com"), local_accounts == "on", "{said}");
    Ok(up)
}

#[tokio::test]
async fn one_command_leads_to_a_tool_call_with_another_s_sign_in() -> Outcome {
    let Some(mut provider) = Provider::start().await? else { return Ok(()) };
    let data = TempDir::new()?;
    let mut up = start(&mut provider, &data, "on").await?;
    let mut actor = Actor::new(&up.issuer(), &up.resource(), ("", ""))?;
    actor.register().await?;
    let authorize = actor.authorize_request();
    let page = actor.open(authorize).await?;
    let request = actor.decision_request(&page, "provider:1")?;
    let departure = Landing::of(&actor.send(request).await?)?;
    let code = Landing::of(&sign_in(&mut actor, &departure, "ada").await?)?.code()?;
    let tokens = actor.redeem(&code).await?;
    assert!(note_ids(&mut actor, &tokens.access).await?.is_empty(), "a tool was called");
    up.interrupt().await
}

#[tokio::test]
async fn where_a_provider_is_the_only_way_no_account_is_made() -> Outcome {
    let Some(mut provider) = Provider::start().await? else { return Ok(()) };
    let data = TempDir::new()?;
    let mut up = start(&mut provider, &data, "off").await?;
    let said = conform_as("ada", (&up.resource(), "any"), &[]).await?;
    assert!(said.contains("conformant: 7 of 7 steps"), "{said}");
    up.interrupt().await
}
