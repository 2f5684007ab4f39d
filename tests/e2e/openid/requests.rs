//! Authorization requests of OpenID Connect: what is left alone, and what is said not to be supported.

use auth_server::store::clients::PreregisteredRow;
use conformance::{actor::Landing, failure::Outcome, world::World};
use serde_json::json;

use super::settled;
use crate::negative::check::{page, sent_back};

#[tokio::test]
async fn wishes_are_left_alone() -> Outcome {
    let world = World::start().await?;
    let (mut actor, happy, _) = settled(&world).await?;
    for (name, value) in [
        ("ui_locales", "de-CH fr"),
        ("ui_locales", "\u{0}\"<not a language>"),
        ("acr_values", "phr 0"),
        ("display", "popup"),
        ("claims", "{\"id_token\":{\"email\":{\"essential\":true}}}"),
        ("claims", "{"),
        ("claims_locales", "de"),
        ("unheard_of", "x"),
    ] {
        Landing::of(&actor.send(happy.clone().with(name, value)).await?)?.code()?;
    }
    Ok(())
}

/// OpenID Connect Core §6: nothing is read from a JWT, and nothing is fetched.
#[tokio::test]
async fn parameters_in_a_jwt_are_not_supported() -> Outcome {
    let world = World::start().await?;
    let (mut actor, happy, _) = settled(&world).await?;
    for (name, value, error) in [
        ("request", "eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
        ("request", "x", "request_not_supported"),
        ("request_uri", "https://client.example/request.jwt", "request_uri_not_supported"),
        ("request_uri", "urn:x", "request_uri_not_supported"),
    ] {
        let request = happy.clone().with(name, value);
        sent_back(name, &actor.send(request.clone()).await?, (&actor, error))?;
        let hidden = request.without("code_challenge").without("response_type");
        sent_back(name, &actor.send(hidden).await?, (&actor, error))?;
    }
    let stranger = happy.with("request", "x").with("redirect_uri", "https://evil.com/");
    page("a stranger", &actor.send(stranger).await?, 400);
    Ok(())
}

/// What a person allows is told to them in words.
#[tokio::test]
async fn the_page_says_what_will_be_known() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let identity = ["Recognize your account", "See your e-mail address", "See the name you sign in with"];
    let plain = actor.open(actor.authorize_request()).await?;
    let asked = actor.authorize_request().with("scope", "openid email profile notes:read");
    let asked = actor.open(asked).await?;
    for words in identity {
        assert!(!plain.text().contains(words), "{words} was not asked for");
        assert!(asked.text().contains(words), "{words}");
    }
    Ok(())
}

/// RFC 6749 §4.1.2.1: an operator may keep codes from a client.
#[tokio::test]
async fn a_client_without_the_code_grant_is_sent_back() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    for (grants, error) in
        [(vec!["client_credentials"], Some("unauthorized_client")), (vec!["authorization_code"], None)]
    {
        let id = format!("operators-{}", grants[0]);
        let registration = json!({
            "redirect_uris": [actor.redirect_uri()], "auth_method": "client_secret_basic", "grants": grants,
        });
        let row = PreregisteredRow {
            id: id.clone(),
            registration: registration.to_string(),
            secret_digest: Some("x".to_owned()),
            created_at: world.clock().now(),
        };
        assert!(world.auth_app()?.store.add_preregistered_client(row).await?);
        let reply = actor.send(actor.authorize_request().with("client_id", id.as_str())).await?;
        match error {
            Some(error) => drop(sent_back(&id, &reply, (&actor, error))?),
            None => page(&id, &reply, 200),
        }
    }
    Ok(())
}
