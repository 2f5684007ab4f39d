//! A client whose answers lead back to this server: the browser would take them for requests of our own pages.

use conformance::{
    actor::{Actor, Landing, Registered, Request},
    failure::Outcome,
    host::{Host, Served},
    world::World,
};
use serde_json::{Value, json};

use crate::negative::check::{page, refused};

const REMOTE: &str = "https://chatgpt.com/connector_platform_oauth_redirect";

/// Publishes a client's document.
fn publish(host: &Host, path: &str, redirect_uri: &str) -> Registered {
    let document: Value = json!({
        "client_id": host.url(path), "client_name": "Harmless", "redirect_uris": [redirect_uri],
        "token_endpoint_auth_method": "none",
    });
    host.publish(path, Served::json(&document));
    Registered { id: host.url(path), ..Registered::default() }
}

/// Somebody who has let a client in that is known by its document.
async fn allowed(world: &World, host: &Host) -> Outcome<Actor> {
    let mut person = world.stranger()?;
    person.client = publish(host, "/oauth/client.json", REMOTE);
    person.persona.redirect_uris = vec![REMOTE.to_owned()];
    person.sign_in().await?;
    // From now on the requests are an attacker's, with a challenge of their own.
    person.fresh();
    Ok(person)
}

#[tokio::test]
async fn what_a_form_of_ours_leads_to_is_shown() -> Outcome {
    let world = World::start().await?;
    let host = Host::start(world.authority()).await?;
    let mut person = allowed(&world, &host).await?;
    let followed = person.authorize_request().with_header("sec-fetch-site", "same-origin");
    page("after a form", &person.send(followed.clone()).await?, 200);
    let typed = followed.with_header("sec-fetch-site", "none");
    Landing::of(&person.send(typed).await?)?.code()?;
    Ok(())
}

#[tokio::test]
async fn no_document_has_answers_sent_to_this_server() -> Outcome {
    let world = World::start().await?;
    let host = Host::start(world.authority()).await?;
    let mut person = allowed(&world, &host).await?;
    let inner = person.authorize_request().without("state").address()?;
    let outer = |client: &Registered, redirect_uri: &str, person: &Actor| {
        person.authorize_request().with("client_id", client.id.as_str()).with("redirect_uri", redirect_uri)
    };
    let evil = publish(&host, "/oauth/evil.json", inner.as_str());
    page("our own address", &person.send(outer(&evil, inner.as_str(), &person)).await?, 400);
    let other = publish(&host, "/oauth/other.json", REMOTE);
    page("another address", &person.send(outer(&other, REMOTE, &person)).await?, 200);
    Ok(())
}

#[tokio::test]
async fn no_registration_has_answers_sent_to_this_server() -> Outcome {
    let world = World::start().await?;
    let mut stranger = world.stranger()?;
    let register = |redirect_uri: &str| {
        let content = json!({"redirect_uris": [redirect_uri], "token_endpoint_auth_method": "none"});
        Request::json(format!("{}/oauth/register", world.issuer()), content)
    };
    let own = format!("{}/oauth/authorize?client_id=x", world.issuer());
    refused("our own address", &stranger.send(register(&own)).await?, (400, "invalid_redirect_uri"));
    // The port of a loopback address is left open, so it is looked at once more when the request names one.
    let open = "http://localhost/oauth/authorize?client_id=x";
    let registered = stranger.send(register(open)).await?;
    assert_eq!(registered.status, 201, "{}", registered.text());
    let id = registered.json().and_then(|said| said["client_id"].as_str().map(str::to_owned));
    stranger.client = Registered { id: id.unwrap_or_default(), ..Registered::default() };
    let request = stranger.authorize_request();
    let happy = request.clone().with("redirect_uri", "http://localhost:1/oauth/authorize?client_id=x");
    page("another port", &stranger.send(happy).await?, 200);
    page("our own port", &stranger.send(request.with("redirect_uri", own.as_str())).await?, 400);
    Ok(())
}
