//! The decision: what is left of a request, and a denial that always arrives.

use std::io::Write;

use conformance::{
    actor::{Actor, Landing, Request},
    exchange::Reply,
    failure::Outcome,
    jwt::Jwt,
    world::World,
};
use tempfile::NamedTempFile;

use crate::negative::check::{page, seconds, sent_back};

const WIKI: &str = "https://wiki.example.com/mcp";

/// One scope that is needed, two that a person may leave out.
const RESOURCES: &str = r#"
[[resource]]
resource = "https://wiki.example.com/mcp"
name = "Wiki"
scopes = [
    { name = "wiki:read", words = "Read pages" },
    { name = "wiki:write", words = "Change pages", words_in = { de = "Seiten ändern" }, optional = true },
    { name = "wiki:delete", words = "Delete pages", optional = true },
]
"#;

async fn stage() -> Outcome<(World, Actor)> {
    let mut file = NamedTempFile::new()?;
    file.write_all(RESOURCES.as_bytes())?;
    let path = file.path().display().to_string();
    let world = World::builder().auth("RESOURCES_FILE", &path).start().await?;
    let mut actor = world.actor().await?;
    actor.mcp_url = WIKI.to_owned();
    Ok((world, actor))
}

fn field(scope: &str) -> String {
    format!("scope:{scope}")
}

fn has_box(shown: &Reply, scope: &str, end: &str) -> bool {
    shown.text().contains(&format!("name=\"{}\" value=\"on\"{end}", field(scope)))
}

/// As a browser sends it when the person typed the address.
fn direct(request: Request) -> Request {
    request.with_header("sec-fetch-site", "none")
}

#[tokio::test]
async fn what_is_unticked_is_not_granted() -> Outcome {
    let (_world, mut actor) = stage().await?;
    let shown = actor.open(actor.authorize_request()).await?;
    assert!(!has_box(&shown, "wiki:read", ""), "what is needed has no box: {}", shown.text());
    for scope in ["wiki:write", "wiki:delete"] {
        assert!(has_box(&shown, scope, " checked>"), "{scope}: {}", shown.text());
    }
    let request = actor.decision_request(&shown, "allow")?.without(&field("wiki:delete"));
    let code = Landing::of(&actor.send(request).await?)?.code()?;
    let tokens = actor.redeem(&code).await?;
    assert_eq!(tokens.scope, "wiki:read wiki:write");
    let claims = Jwt::parse(&tokens.access);
    assert_eq!(claims.as_ref().and_then(|jwt| jwt.claim("scope")), Some("wiki:read wiki:write"));
    let refreshed = actor.refresh(&tokens.refresh).await?;
    assert_eq!(refreshed.scope, "wiki:read wiki:write");
    let wider = actor.refresh_request(&refreshed.refresh).with("scope", "wiki:read wiki:delete");
    assert_eq!(actor.send(wider).await?.error().as_deref(), Some("invalid_scope"));

    // What is remembered is what was granted, not what was asked for.
    let happy = actor.authorize_request();
    page("the same request", &actor.send(direct(happy.clone())).await?, 200);
    let less = actor.send(direct(happy.with("scope", "wiki:read wiki:write"))).await?;
    Landing::of(&less)?.code()?;
    Ok(())
}

#[tokio::test]
async fn a_form_takes_away_what_is_optional_and_adds_nothing() -> Outcome {
    let (_world, mut actor) = stage().await?;
    let asked = actor.authorize_request().with("scope", "wiki:read wiki:write openid");
    let shown = actor.open(asked).await?;
    assert!(!has_box(&shown, "wiki:delete", ""), "what was not asked for is not shown");
    let request = actor.decision_request(&shown, "allow")?;
    for (what, request, granted) in [
        ("nothing unticked", request.clone(), "wiki:read wiki:write openid"),
        (
            "more than was asked for",
            request.clone().with(&field("wiki:delete"), "on"),
            "wiki:read wiki:write openid",
        ),
        ("an unknown one", request.clone().with(&field("wiki:admin"), "on"), "wiki:read wiki:write openid"),
        ("all unticked", request.without(&field("wiki:write")), "wiki:read openid"),
    ] {
        let code = Landing::of(&actor.send(request).await?)?.code()?;
        assert_eq!(actor.redeem(&code).await?.scope, granted, "{what}");
    }
    Ok(())
}

#[tokio::test]
async fn what_was_unticked_stays_so_when_the_page_is_shown_again() -> Outcome {
    let (_world, mut actor) = stage().await?;
    let shown = actor.open(actor.authorize_request()).await?;
    let request = actor.decision_request(&shown, "allow")?.without(&field("wiki:write"));
    let again = actor.send(request.with("password", "not this one")).await?;
    page("a wrong password", &again, 403);
    assert!(has_box(&again, "wiki:write", ">") && has_box(&again, "wiki:delete", " checked>"));
    // It is no more than a wish: it can be ticked again.
    let request = actor.decision_request(&again, "allow")?.with(&field("wiki:write"), "on");
    let code = Landing::of(&actor.send(request).await?)?.code()?;
    let granted = actor.redeem(&code).await?.scope;
    assert_eq!(granted, "wiki:read wiki:write wiki:delete");
    Ok(())
}

#[tokio::test]
async fn a_token_for_nothing_is_not_given() -> Outcome {
    let (_world, mut actor) = stage().await?;
    for is_signed_in in [false, true] {
        let shown = actor.open(actor.authorize_request().with("scope", "wiki:write email")).await?;
        let request = actor.decision_request(&shown, "allow")?.without(&field("wiki:write"));
        let again = actor.send(request).await?;
        page("nothing ticked", &again, 403);
        assert!(again.text().contains("Tick at least one thing"), "{}", again.text());
        assert_eq!(again.text().contains("type=\"password\""), !is_signed_in, "{}", again.text());
        let request = actor.decision_request(&again, "allow")?.with(&field("wiki:write"), "on");
        let code = Landing::of(&actor.send(request).await?)?.code()?;
        assert_eq!(actor.redeem(&code).await?.scope, "wiki:write email");
    }
    Ok(())
}

/// Whatever else is wrong, a person who denies is believed and the client is told.
#[tokio::test]
async fn a_denial_always_reaches_the_client() -> Outcome {
    let world = World::builder().auth("SESSION_LIFETIME", "600").start().await?;
    let mut actor = world.actor().await?;
    let shown = actor.open(actor.authorize_request()).await?;
    let deny = actor.decision_request(&shown, "deny")?;
    let wrong = actor.decision_request(&shown, "allow")?.with("password", "not this one");
    let again = actor.send(wrong.clone()).await?;
    page("a wrong password", &again, 403);
    let german = |request: Request| request.with_header("accept-language", "de");
    let in_german = actor.send(german(wrong)).await?;
    assert!(in_german.text().contains(">Ablehnen</button>"), "{}", in_german.text());
    for (what, request) in [
        ("credentials typed", deny.clone()),
        ("a wrong password typed", deny.clone().with("password", "not this one")),
        ("nothing typed", deny.without("email").without("password")),
        ("after a wrong password", actor.decision_request(&again, "deny")?),
        ("in German", german(actor.decision_request(&in_german, "deny")?)),
    ] {
        sent_back(what, &actor.send(request).await?, (&actor, "access_denied"))?;
    }
    actor.approve().await?;
    let shown = actor.open(actor.authorize_request()).await?;
    let deny = actor.decision_request(&shown, "deny")?;
    sent_back("signed in", &actor.send(deny.clone()).await?, (&actor, "access_denied"))?;
    world.advance(seconds(601));
    sent_back("the sign-in has ended", &actor.send(deny.clone()).await?, (&actor, "access_denied"))?;
    // A browser throws the cookie away when its time is over.
    actor.jar.clear();
    sent_back("and its cookie with it", &actor.send(deny).await?, (&actor, "access_denied"))?;
    Ok(())
}
