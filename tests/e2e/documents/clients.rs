//! The documents real clients publish, each from a host of its own on this machine.

use conformance::{
    failure::Outcome,
    host::{Host, Served},
    world::World,
};
use serde_json::{Value, json};

use super::{PATH, REDIRECT, ask, client, document, published, stage, with};
use crate::negative::check::{page, refused};

/// ChatGPT's document, with the addresses of a host on this machine.
fn chatgpt(host: &Host) -> Value {
    json!({
        "client_id": host.url(PATH),
        "client_uri": host.url("/"),
        "client_name": "ChatGPT",
        "logo_uri": host.url("/logo.png"),
        "redirect_uris": ["https://chatgpt.com/connector_platform_oauth_redirect"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "token_endpoint_auth_signing_alg": "RS256",
        "jwks_uri": host.url("/oauth/jwks.json")
    })
}

#[tokio::test]
async fn chatgpt_gets_in_as_a_public_client() -> Outcome {
    let (world, host) = stage().await?;
    host.publish(PATH, Served::json(&chatgpt(&host)));
    let mut actor = client(&world, &host.url(PATH), "https://chatgpt.com/connector_platform_oauth_redirect")?;
    let tokens = actor.sign_in().await?;
    assert_eq!(actor.call_tool(&tokens.access, "list_notes").await?.status, 200);
    let tokens = actor.refresh(&tokens.refresh).await?;
    assert_eq!(actor.call_tool(&tokens.access, "list_notes").await?.status, 200);
    for unused in ["/logo.png", "/oauth/jwks.json", "/"] {
        assert_eq!(host.requests(unused), 0, "{unused} was asked for");
    }
    Ok(())
}

#[tokio::test]
async fn programs_on_this_computer_choose_their_port() -> Outcome {
    let (world, host) = stage().await?;
    for (name, registered, used) in [
        ("Claude Code", "http://localhost/callback", "http://localhost:3118/callback"),
        ("Claude Code", "http://127.0.0.1/callback", "http://127.0.0.1:61999/callback"),
        ("GitHub Copilot CLI", "http://127.0.0.1:33418/", "http://127.0.0.1:50123/"),
        ("Goose", "http://[::1]/oauth_callback", "http://[::1]:5000/oauth_callback"),
    ] {
        // Each under a path of its own: one client, one document.
        let path = format!("/{}/{}", name.len(), used.len());
        let document = json!({
            "client_id": host.url(&path), "client_name": name, "redirect_uris": [registered],
            "application_type": "native", "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
        });
        host.publish(&path, Served::json(&document));
        let mut actor = client(&world, &host.url(&path), used)?;
        let asked = ask(&mut actor).await?.text().into_owned();
        assert!(asked.contains(name) && asked.contains("class=\"warning\""), "{name}: {asked}");
        let tokens = actor.sign_in().await?;
        assert_eq!(actor.call_tool(&tokens.access, "list_notes").await?.status, 200, "{name}");
        actor.persona.redirect_uris = vec![used.replace("callback", "other").replace("123/", "123/x")];
        page("another path", &ask(&mut actor).await?, 400);
    }
    Ok(())
}

#[tokio::test]
async fn the_page_shows_who_publishes_the_document_and_where_the_answer_goes() -> Outcome {
    let (world, host) = stage().await?;
    let mut actor = published(&world, &host)?;
    let asked = ask(&mut actor).await?;
    let text = asked.text();
    assert!(text.contains("<span class=\"host\">client.example</span>"), "{text}");
    assert!(
        text.contains("Published by") && text.contains("<span class=\"address\">localhost</span>"),
        "{text}"
    );
    assert!(!text.contains("class=\"warning\""), "{text}");
    Ok(())
}

/// CIMD §6.2: a client that publishes keys and no other way in must prove that it has them.
#[tokio::test]
async fn a_client_with_nothing_but_keys_is_not_let_in_without_them() -> Outcome {
    let (world, host) = stage().await?;
    let mut keys = with(&document(&host), "token_endpoint_auth_method", json!("private_key_jwt"));
    keys["jwks_uri"] = json!(host.url("/jwks.json"));
    host.publish(PATH, Served::json(&keys));
    let mut actor = client(&world, &host.url(PATH), REDIRECT)?;
    let code = actor.approve().await?;
    let request = actor.token_request(&code);
    refused("no assertion", &actor.send(request).await?, (401, "invalid_client"));
    let request = actor.token_request(&code).with("client_secret", "secret");
    refused("a secret", &actor.send(request).await?, (401, "invalid_client"));
    Ok(())
}

#[tokio::test]
async fn documents_can_be_switched_off() -> Outcome {
    let metadata = |world: &World| format!("{}/.well-known/oauth-authorization-server", world.issuer());
    let member = "client_id_metadata_document_supported";
    let (world, _host) = stage().await?;
    let advertised: Value = reqwest::get(metadata(&world)).await?.json().await?;
    assert_eq!(advertised[member], true);

    let world = World::builder().auth("CIMD", "off").start().await?;
    let host = Host::start(world.authority()).await?;
    let advertised: Value = reqwest::get(metadata(&world)).await?.json().await?;
    assert!(advertised.get(member).is_none(), "{advertised}");
    let mut actor = published(&world, &host)?;
    page("a document", &ask(&mut actor).await?, 400);
    assert_eq!(host.requests(PATH), 0);
    Ok(())
}
