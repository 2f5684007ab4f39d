//! A browser in which somebody is signed in: its cookie, its end, and when it may answer in place of the person.

use conformance::{
    actor::{Actor, Landing, Request},
    exchange::Reply,
    failure::{Failure, Outcome},
    persona::Persona,
    world::World,
};

use crate::negative::check::{Row, page, seconds};

const COOKIE: &str = "gatehouse";

fn cookie(actor: &Actor) -> Outcome<String> {
    actor.jar.value(COOKIE).map(str::to_owned).ok_or_else(|| Failure::new("no cookie"))
}

fn asks_for_a_password(reply: &Reply) -> bool {
    reply.status == 200 && reply.text().contains("type=\"password\"")
}

#[tokio::test]
async fn signing_in_changes_the_cookie() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let shown = actor.open(actor.authorize_request()).await?;
    let before = cookie(&actor)?;
    // Whoever planted or read the cookie before sits at this browser.
    let mut planted = actor.clone();
    let laid_out = planted.open(planted.authorize_request()).await?;
    let request = actor.decision_request(&shown, "allow")?;
    let reply = actor.send(request).await?;
    let field = reply.header("set-cookie").unwrap_or_default().to_owned();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"] {
        assert!(field.contains(attribute), "{attribute} is missing: {field}");
    }
    assert!(!field.contains("Domain"), "{field}");
    assert_ne!(cookie(&actor)?, before);
    let shown = actor.open(actor.authorize_request()).await?;
    assert!(!asks_for_a_password(&shown));
    let shown = planted.open(planted.authorize_request()).await?;
    assert!(asks_for_a_password(&shown), "the old cookie is signed in");
    // A page they opened asks for the password, whoever is signed in where it is sent from.
    let forged = planted.decision_request(&laid_out, "allow")?.without("email").without("password");
    page("a page that was laid out before", &actor.send(forged).await?, 403);
    Ok(())
}

/// On https neither another host nor a plain connection can plant the cookie: the prefix makes browsers refuse it.
#[tokio::test]
async fn on_https_the_cookie_belongs_to_this_host_alone() -> Outcome {
    // What a world trusts for its own sake is refused where others can reach the issuer.
    let builder = World::builder().auth("CIMD_ALLOW_LOOPBACK", "off").auth("EXTRA_CA_FILE", "");
    let world = builder.auth("ISSUER", "https://auth.example.com").start().await?;
    let mut actor = world.actor().await?;
    let shown = actor.open(actor.authorize_request()).await?;
    let field = shown.header("set-cookie").unwrap_or_default();
    assert!(field.starts_with("__Host-gatehouse="), "{field}");
    for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(field.split("; ").any(|own| own == attribute), "{attribute} is missing: {field}");
    }
    assert!(!field.contains("Domain"), "{field}");
    Ok(())
}

/// A cookie a server would never give is not taken up.
#[tokio::test]
async fn a_made_up_cookie_is_replaced() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    for made_up in ["x".to_owned(), "A".repeat(44), "'; DROP TABLE sign_ins".to_owned(), String::new()] {
        actor.jar.clear();
        let request = actor.authorize_request().with_header("cookie", &format!("{COOKIE}={made_up}"));
        let shown = actor.open(request).await?;
        assert!(asks_for_a_password(&shown), "{made_up}");
        assert_ne!(cookie(&actor)?, made_up);
    }
    actor.sign_in().await?;
    Ok(())
}

#[tokio::test]
async fn a_sign_in_survives_a_restart_and_ends_in_time() -> Outcome {
    let mut world = World::builder().auth("SESSION_LIFETIME", "3600").start().await?;
    let mut actor = world.actor().await?;
    actor.approve().await?;
    world.restart_auth().await?;
    world.advance(seconds(3599));
    let shown = actor.open(actor.authorize_request()).await?;
    assert!(!asks_for_a_password(&shown), "the last second");
    world.advance(seconds(1));
    let shown = actor.open(actor.authorize_request()).await?;
    assert!(asks_for_a_password(&shown), "a sign-in that does not end");
    actor.sign_in().await?;
    Ok(())
}

/// As a browser sends it when the person typed the address or came from our own page.
fn direct(request: Request) -> Request {
    request.with_header("sec-fetch-site", "none")
}

/// The request is answered without a look, with a code that works.
async fn is_silent(actor: &mut Actor, request: Request) -> Outcome {
    let code = Landing::of(&actor.send(direct(request)).await?)?.code()?;
    actor.redeem(&code).await?;
    Ok(())
}

#[tokio::test]
async fn what_was_allowed_is_allowed_again_and_no_more() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let happy = actor.authorize_request().with("scope", "notes:read notes:write");
    let code = actor.decide(happy.clone(), "allow").await?.code()?;
    page("approved, and nothing came of it", &actor.send(direct(happy.clone())).await?, 200);
    actor.redeem(&code).await?;
    is_silent(&mut actor, happy.clone()).await?;
    is_silent(&mut actor, happy.clone().with("scope", "notes:read")).await?;
    is_silent(&mut actor, happy.clone().with("prompt", "none")).await?;
    let with = |name: &str, value: &str| direct(happy.clone().with(name, value));
    let from = |site: &str| happy.clone().with_header("sec-fetch-site", site);
    let rows: Vec<Row> = vec![
        ("sent here by another site", from("cross-site")),
        ("sent here by a neighbour", from("same-site")),
        ("sent here by nobody knows whom", happy.clone()),
        ("one scope more", with("scope", "notes:read notes:write meetings:read")),
        ("another scope", with("scope", "meetings:read")),
        ("every scope", with("scope", "")),
        ("another resource", with("resource", &world.mcp_url().replace("/mcp", "/sse"))),
        ("the client wants the page", with("prompt", "consent")),
        ("the client wants a sign-in", with("prompt", "login")),
    ];
    for (what, request) in rows {
        page(what, &actor.send(request).await?, 200);
    }
    let mut elsewhere = actor.clone();
    elsewhere.jar.clear();
    page("another browser", &elsewhere.send(direct(happy)).await?, 200);
    Ok(())
}

/// Whatever session exists, a client that this person has not let in is shown.
#[tokio::test]
async fn a_client_that_was_not_approved_is_always_shown() -> Outcome {
    let world = World::start().await?;
    world.add_user("eve@example.com", "a password of her own").await?;
    let mut actor = world.actor().await?;
    actor.sign_in().await?;
    // The same name and the same redirect URI make no client the same.
    let mut twin = actor.clone();
    twin.register().await?;
    page("a twin", &twin.send(direct(twin.authorize_request())).await?, 200);
    let mut eve = actor.clone();
    eve.jar.clear();
    (eve.email, eve.password) = ("eve@example.com".to_owned(), "a password of her own".to_owned());
    eve.approve().await?;
    page("somebody else", &eve.send(direct(eve.authorize_request())).await?, 200);
    Ok(())
}

#[tokio::test]
async fn another_redirect_uri_of_the_same_client_is_shown() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    actor.persona.redirect_uris.push("https://chatgpt.com/connector/oauth/other".to_owned());
    actor.register().await?;
    actor.sign_in().await?;
    let request = actor.authorize_request();
    is_silent(&mut actor, request.clone()).await?;
    let other = request.with("redirect_uri", "https://chatgpt.com/connector/oauth/other");
    page("another redirect URI", &actor.send(direct(other)).await?, 200);
    Ok(())
}

#[tokio::test]
async fn a_grant_that_has_ended_answers_for_nobody() -> Outcome {
    let world = World::builder().auth("REFRESH_TOKEN_LIFETIME", "3600").start().await?;
    let mut actor = world.actor().await?;
    let tokens = actor.sign_in().await?;
    let revocation = actor.revoke_request(&tokens.refresh);
    assert_eq!(actor.send(revocation).await?.status, 200);
    page("revoked", &actor.send(direct(actor.authorize_request())).await?, 200);
    actor.sign_in().await?;
    is_silent(&mut actor.clone(), actor.authorize_request()).await?;
    world.advance(seconds(3600));
    page("not used in time", &actor.send(direct(actor.authorize_request())).await?, 200);
    Ok(())
}

/// Anything could be listening on this computer.
#[tokio::test]
async fn a_program_on_this_computer_is_always_shown() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    actor.persona = Persona::on_this_machine("http://127.0.0.1:1455/callback".to_owned());
    actor.register().await?;
    actor.sign_in().await?;
    let shown = actor.send(direct(actor.authorize_request())).await?;
    page("a loopback redirect", &shown, 200);
    assert!(!asks_for_a_password(&shown), "signed in all the same");
    let silent = actor.authorize_request().with("prompt", "none");
    let landing = Landing::of(&actor.send(direct(silent)).await?)?;
    assert_eq!(landing.get("error"), Some("interaction_required"));
    Ok(())
}
