//! The silent-consent attack (GHSA-6x8h-498w-gv8c): everybody who uses a program has the same `client_id`, the person
//! has allowed it before, and another site sends the browser to fetch a code into the attacker's session.

use conformance::{
    actor::{Actor, Landing, Registered, Request},
    failure::Outcome,
    host::{Host, Served},
    world::World,
};
use serde_json::json;

use crate::negative::check::page;

const PATH: &str = "/oauth/client.json";
const REMOTE: &str = "https://chatgpt.com/connector_platform_oauth_redirect";
const HERE: &str = "http://127.0.0.1:61999/callback";

/// A client known by its document, which this person has allowed and which holds a live grant.
async fn allowed(redirect_uri: &str) -> Outcome<(World, Host, Actor)> {
    let world = World::start().await?;
    let host = Host::start(world.authority()).await?;
    let document = json!({
        "client_id": host.url(PATH), "client_name": "ChatGPT", "redirect_uris": [redirect_uri],
        "token_endpoint_auth_method": "none",
    });
    host.publish(PATH, Served::json(&document));
    let mut actor = world.stranger()?;
    actor.client = Registered { id: host.url(PATH), ..Registered::default() };
    actor.persona.redirect_uris = vec![redirect_uri.to_owned()];
    actor.sign_in().await?;
    // The attacker's own challenge and state, in a request that names the shared client.
    actor.fresh();
    Ok((world, host, actor))
}

/// Where the browser says it comes from, for a request that another site began.
fn begun_elsewhere(request: &Request) -> [(&'static str, Request); 3] {
    let from = |site: &str| request.clone().with_header("sec-fetch-site", site);
    [
        ("another site", from("cross-site")),
        ("a neighbour of this site", from("same-site")),
        ("a browser that does not say", request.clone()),
    ]
}

#[tokio::test]
async fn another_site_cannot_fetch_a_code_for_a_client_that_was_allowed() -> Outcome {
    let (_world, _host, mut actor) = allowed(REMOTE).await?;
    let happy = actor.authorize_request();
    let typed = happy.clone().with_header("sec-fetch-site", "none");
    Landing::of(&actor.send(typed).await?)?.code()?;
    for (from, request) in begun_elsewhere(&happy) {
        let shown = actor.send(request.clone()).await?;
        page(from, &shown, 200);
        // What the person is told by: both hosts, not the name alone.
        for fact in ["<span class=\"host\">chatgpt.com</span>", "<span class=\"address\">localhost"] {
            assert!(shown.text().contains(fact), "{from}: {}", shown.text());
        }
        // Asked not to show anything, it gives an error instead of a code.
        let silent = Landing::of(&actor.send(request.with("prompt", "none")).await?)?;
        assert_eq!(silent.get("error"), Some("interaction_required"), "{from}: {}", silent.url);
        assert_eq!(silent.get("code"), None, "{from}: {}", silent.url);
    }
    Ok(())
}

#[tokio::test]
async fn a_program_on_this_computer_never_gets_a_code_unseen() -> Outcome {
    let (_world, _host, mut actor) = allowed(HERE).await?;
    let happy = actor.authorize_request();
    let typed = ("the person", happy.clone().with_header("sec-fetch-site", "none"));
    for (from, request) in begun_elsewhere(&happy).into_iter().chain([typed]) {
        let shown = actor.send(request).await?;
        page(from, &shown, 200);
        assert!(shown.text().contains("class=\"warning\""), "{from}: {}", shown.text());
    }
    Ok(())
}

/// The other way to the same end: send the form in the person's place.
#[tokio::test]
async fn another_site_cannot_send_the_decision() -> Outcome {
    for redirect_uri in [REMOTE, HERE] {
        let (world, _host, mut actor) = allowed(redirect_uri).await?;
        let shown = actor.open(actor.authorize_request()).await?;
        let own = actor.decision_request(&shown, "allow")?;
        // The attacker has a page of their own to copy from, made for their browser.
        let mut attacker = actor.clone();
        attacker.jar.clear();
        let theirs = attacker.open(attacker.authorize_request()).await?;
        let theirs = attacker.decision_request(&theirs, "allow")?.without("email").without("password");
        let own_origin = world.issuer().to_owned();
        for (what, request) in [
            ("from another origin", own.clone().with_header("origin", "https://evil.example")),
            ("from no origin", own.clone().with_header("origin", "null")),
            ("from a neighbour's port", own.clone().with_header("origin", "http://localhost:1")),
            ("the attacker's page, in this browser", theirs.clone()),
            ("the attacker's page, from their site", theirs.with_header("origin", "https://evil.example")),
            ("a made-up request", own.clone().with("request", "AAAA")),
            ("no request", own.clone().without("request")),
        ] {
            page(what, &actor.send(request).await?, 400);
        }
        Landing::of(&actor.send(own.with_header("origin", &own_origin)).await?)?.code()?;
    }
    Ok(())
}
