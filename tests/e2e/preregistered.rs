//! Clients an operator makes, removes and shuts out.

use auth_server::{
    clients::{
        directory::{DirectoryError, PreregisterError},
        new_client::NewClient,
    },
    oauth::client::{AuthMethod, GrantType},
};
use conformance::{
    actor::{Actor, Landing, expect},
    failure::Outcome,
    host::{Host, Served},
    world::World,
};
use serde_json::json;

use crate::{
    client_methods::{REDIRECT, introspect_request, made, new_client, new_machine},
    negative::check::{page, refused},
};

async fn refusal(world: &World, new: NewClient) -> Outcome<String> {
    let app = world.auth_app()?;
    let made = app.clients.preregister(&new, &app.settings.catalogue, app.clock.now()).await;
    Ok(made.map(drop).map_or_else(|refusal| refusal.to_string(), |()| String::new()))
}

/// https anywhere, this machine, and schemes of applications: an operator may allow what a registration may not.
#[tokio::test]
async fn redirect_uris_are_the_operator_s_choice_and_exact() -> Outcome {
    let world = World::start().await?;
    for uri in [
        "https://internal.example/callback",
        "http://127.0.0.1:4000/callback",
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "com.example.app:/callback",
    ] {
        let mut actor =
            made(&world, NewClient { redirect_uris: vec![uri.to_owned()], ..new_client() }).await?;
        let landing = actor.decide(actor.authorize_request(), "allow").await?;
        assert!(landing.url.starts_with(&format!("{uri}?")), "{}", landing.url);
        actor.redeem(&landing.code()?).await?;
        for other in [format!("{uri}/"), format!("{uri}2"), "https://evil.example/".to_owned()] {
            let request = actor.fresh().authorize_request().with("redirect_uri", other.as_str());
            page(&other, &actor.send(request).await?, 400);
        }
    }
    for uri in [
        "http://internal.example/callback",
        "javascript:alert(1)",
        "javascript://x/%0aalert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "cursor:callback",
        "https://*.example/#a",
        "https://u@internal.example/",
        "callback",
        "",
    ] {
        let new = NewClient { redirect_uris: vec![uri.to_owned()], ..new_client() };
        assert!(refusal(&world, new).await?.contains("redirect URI"), "{uri}");
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_work_is_not_made() -> Outcome {
    let world = World::start().await?;
    let none = Some(AuthMethod::None);
    let id = |id: &str| NewClient { id: Some(id.to_owned()), ..new_client() };
    let grants = |grants: &[GrantType]| NewClient { grants: grants.to_vec(), ..new_client() };
    let jwks = || Some(json!({"keys": []}));
    let rows = vec![
        (id("https://client.example/id"), "an id has"),
        (id("dcr_something"), "an id has"),
        (id("dcs_something"), "an id has"),
        (id("two words"), "an id has"),
        (id(""), "an id has"),
        (id(&"x".repeat(129)), "an id has"),
        (NewClient { name: " \n".to_owned(), ..new_client() }, "name"),
        (NewClient { redirect_uris: Vec::new(), ..new_client() }, "--redirect-uri"),
        (
            NewClient { redirect_uris: vec![REDIRECT.to_owned()], ..new_machine("notes:read") },
            "--redirect-uri",
        ),
        (NewClient { auth_method: none, ..new_machine("notes:read") }, "--auth-method none"),
        (NewClient { scope: None, ..new_machine("") }, "--scope"),
        (new_machine("notes:destroy"), "notes:read"),
        (grants(&[GrantType::RefreshToken]), "authorization_code"),
        (NewClient { jwks: jwks(), ..new_client() }, "jwks"),
        (NewClient { auth_method: none, jwks: jwks(), ..new_client() }, "private_key_jwt"),
        (NewClient { auth_method: Some(AuthMethod::PrivateKeyJwt), ..new_client() }, "jwks_uri"),
        (NewClient { resource_server: Some("https://a.example".to_owned()), ..new_client() }, "RESOURCES"),
        (
            NewClient {
                resource_server: Some(world.mcp_url().to_owned()),
                auth_method: none,
                ..new_client()
            },
            "--auth-method none",
        ),
    ];
    for (new, told) in rows {
        let what = format!("{new:?}");
        let refusal = refusal(&world, new).await?;
        assert!(refusal.contains(told), "{what}: {refusal}");
    }
    assert!(world.auth_app()?.clients.list().await?.is_empty(), "nothing was made on the way");
    Ok(())
}

#[tokio::test]
async fn a_chosen_id_is_taken_once_and_lasts() -> Outcome {
    let mut world = World::start().await?;
    let new = NewClient { id: Some("Notes.app~1".to_owned()), ..new_client() };
    let mut actor = made(&world, new.clone()).await?;
    assert_eq!(
        (actor.client.id.as_str(), actor.client.secret.as_deref().map(str::len)),
        ("Notes.app~1", Some(43))
    );
    let app = world.auth_app()?;
    let again = app.clients.preregister(&new, &app.settings.catalogue, app.clock.now()).await;
    assert!(matches!(again, Err(PreregisterError::Exists)));
    let tokens = actor.sign_in().await?;
    world.restart_auth().await?;
    let tokens = actor.refresh(&tokens.refresh).await?;
    // Spelled otherwise it is another, and none.
    for other in ["notes.app~1", "Notes.app~1 ", "Notes%2Eapp~1"] {
        let refresh = actor.refresh_request(&tokens.refresh).with("client_id", other);
        refused(other, &actor.send(refresh).await?, (401, "invalid_client"));
    }
    let request = actor.fresh().authorize_request().with("prompt", "consent");
    let shown = actor.open(request).await?;
    assert!(shown.text().contains("Made by hand"));
    Ok(())
}

#[tokio::test]
async fn a_removed_client_is_unknown_and_its_grants_are_over() -> Outcome {
    let world = World::start().await?;
    let new = NewClient { id: Some("short-lived".to_owned()), ..new_client() };
    let mut actor = made(&world, new.clone()).await?;
    let tokens = actor.sign_in().await?;
    let app = world.auth_app()?;
    assert_eq!(app.clients.remove("short-lived", app.clock.now()).await?, 1);
    let again = app.clients.remove("short-lived", app.clock.now()).await;
    assert!(matches!(again, Err(DirectoryError::Unknown)));
    let refresh = actor.refresh_request(&tokens.refresh);
    refused("a removed client", &actor.send(refresh).await?, (401, "invalid_client"));
    let request = actor.fresh().authorize_request();
    page("a removed client", &actor.send(request).await?, 400);
    // Another client under its name has another secret and gets none of its grants.
    let mut heir = made(&world, new).await?;
    let refresh = heir.refresh_request(&tokens.refresh);
    refused("a grant of the removed one", &heir.send(refresh).await?, (400, "invalid_grant"));
    let sealed = world.actor().await?.client.id;
    let refusal = app.clients.remove(&sealed, app.clock.now()).await;
    assert!(matches!(refusal, Err(DirectoryError::Sealed)));
    assert!(refusal.is_err_and(|refusal| refusal.to_string().contains("block it")));
    Ok(())
}

/// A client of each kind, with the tokens of somebody who let it in.
async fn of_each_kind(world: &World, host: &Host) -> Outcome<Vec<(&'static str, Actor)>> {
    let mut stored = world.stranger()?;
    let uris: Vec<String> = (0..32).map(|number| format!("http://127.0.0.1/callback/{number}")).collect();
    stored.register_with(stored.register_request().with("redirect_uris", json!(uris))).await?;
    assert!(stored.client.id.starts_with("dcs_"));
    let mut document = world.stranger()?;
    document.client.id = host.url("/client.json");
    let published =
        json!({"client_id": document.client.id, "client_name": "A client", "redirect_uris": [REDIRECT]});
    host.publish("/client.json", Served::json(&published));
    Ok(vec![
        ("sealed", world.actor().await?),
        ("stored", stored),
        ("an operator's", made(world, new_client()).await?),
        ("a document", document),
    ])
}

/// At once, everywhere, and over a restart; and only this one.
#[tokio::test]
async fn a_blocked_client_is_shut_out() -> Outcome {
    let mut world = World::start().await?;
    let host = Host::start(world.authority()).await?;
    let mut bystander = world.actor().await?;
    let spared = bystander.sign_in().await?;
    for (what, mut actor) in of_each_kind(&world, &host).await? {
        let tokens = actor.sign_in().await?;
        let code = actor.fresh().approve().await?;
        let open = actor.open(actor.authorize_request().with("prompt", "consent")).await?;
        let decision = actor.decision_request(&open, "allow")?;
        let app = world.auth_app()?;
        let id = actor.client.id.clone();
        assert_eq!(app.clients.block(&id, app.clock.now()).await?, 1, "{what}");
        assert!(matches!(app.clients.block(&id, app.clock.now()).await, Err(DirectoryError::Blocked)));
        let requests = host.requests("/client.json");
        for restarts in [false, true] {
            if restarts {
                world.restart_auth().await?;
            }
            for request in [
                actor.refresh_request(&tokens.refresh),
                actor.token_request(&code),
                actor.revoke_request(&tokens.refresh),
                introspect_request(&actor, &tokens.refresh),
            ] {
                refused(what, &actor.send(request).await?, (401, "invalid_client"));
            }
            let request = actor.authorize_request();
            page(what, &actor.send(request).await?, 400);
        }
        let reply = actor.send(decision).await?;
        assert!(
            Landing::of(&reply).and_then(|landing| landing.code()).is_err(),
            "{what}: a page from before"
        );
        assert_eq!(host.requests("/client.json"), requests, "{what}: nothing is fetched for it");
        let app = world.auth_app()?;
        app.clients.unblock(&id, app.clock.now()).await?;
        assert!(matches!(app.clients.unblock(&id, app.clock.now()).await, Err(DirectoryError::NotBlocked)));
        let refresh = actor.refresh_request(&tokens.refresh);
        refused(what, &actor.send(refresh).await?, (400, "invalid_grant"));
        actor.fresh().sign_in().await?;
    }
    let refresh = bystander.refresh_request(&spared.refresh);
    expect(bystander.send(refresh).await?, 200)?;
    Ok(())
}

#[tokio::test]
async fn only_what_can_be_a_client_is_blocked() -> Outcome {
    let world = World::start().await?;
    let app = world.auth_app()?;
    for id in ["nobody", "dcr_nothing", "dcs_aaaaaaaaaaaaaaaaaaaaaaaaaaa", "", "two words", "dcr_\u{e4}"] {
        let refusal = app.clients.block(id, app.clock.now()).await;
        assert!(matches!(refusal, Err(DirectoryError::Unknown)), "{id}");
    }
    assert!(app.clients.list().await?.is_empty());
    Ok(())
}
