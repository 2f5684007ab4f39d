//! "Not you?": the page of a request for somebody else, and no request is lost.

use conformance::{
    actor::{Landing, Request},
    failure::Outcome,
    world::World,
};

use super::{EVE, eve, is_signed_in, open};
use crate::negative::check::{page, page_headers, seconds, sent_back};

#[tokio::test]
async fn somebody_else_decides_with_their_own_account() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    world.add_user(EVE.0, EVE.1).await?;
    actor.approve().await?;
    let request = actor.authorize_request().with("scope", "openid email").with("ui_locales", "de");
    let shown = actor.open(request).await?;
    assert!(shown.text().contains(&actor.email) && !shown.text().contains("type=\"password\""));
    let switch = actor.decision_request(&shown, "switch")?;
    let asked = actor.send(switch.clone()).await?;
    page("the page for somebody else", &asked, 200);
    page_headers("the page for somebody else", &asked);
    assert!(asked.text().contains("type=\"password\"") && !asked.text().contains(&actor.email));
    assert!(asked.text().contains("Anmelden und erlauben"), "the language goes on: {}", asked.text());
    assert!(is_signed_in(&mut actor).await?, "nobody is signed out before somebody else signs in");
    // The person who was signed in is not asked any more, and cannot answer this page without a password either.
    let bare = actor.decision_request(&asked, "allow")?.without("email").without("password");
    page("nobody's answer", &actor.send(bare).await?, 403);

    let mut shared = actor.clone();
    (shared.email, shared.password) = (EVE.0.to_owned(), EVE.1.to_owned());
    let allow = shared.decision_request(&asked, "allow")?;
    let landing = Landing::of(&shared.send(allow).await?)?;
    assert_eq!(landing.get("state"), Some(shared.state.as_str()));
    let tokens = shared.redeem(&landing.code()?).await?;
    let told = Request::get(shared.endpoint("userinfo")).bearer(&tokens.access);
    let told = shared.send(told).await?.json().unwrap_or_default();
    assert_eq!(told["email"], EVE.0);
    assert!(open(&mut shared).await?.text().contains(EVE.0));
    assert!(!is_signed_in(&mut actor).await?, "this browser is hers now");
    Ok(())
}

#[tokio::test]
async fn the_page_for_somebody_else_still_tells_the_client_no() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    actor.approve().await?;
    let shown = actor.open(actor.authorize_request()).await?;
    let asked = actor.send(actor.decision_request(&shown, "switch")?).await?;
    let deny = actor.decision_request(&asked, "deny")?;
    sent_back("deny", &actor.send(deny).await?, (&actor, "access_denied"))?;
    // Whoever is there already signs in again, and decides.
    let allow = actor.decision_request(&asked, "allow")?;
    Landing::of(&actor.send(allow).await?)?.code()?;
    Ok(())
}

#[tokio::test]
async fn only_the_browser_s_own_page_is_switched() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    actor.approve().await?;
    let mut eve = eve(&world, &actor).await?;
    let shown = actor.open(actor.authorize_request()).await?;
    let happy = actor.decision_request(&shown, "switch")?;
    for (what, request) in [
        ("nothing sealed", happy.clone().without("request")),
        ("from another site", happy.clone().with_header("origin", "https://evil.com")),
    ] {
        page(what, &actor.send(request).await?, 400);
    }
    page("another browser", &eve.send(happy.clone()).await?, 400);
    world.advance(seconds(1800));
    page("an expired page", &actor.send(happy).await?, 400);
    Ok(())
}
