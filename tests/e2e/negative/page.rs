//! What the page carries to the browser and what it brings back: headers, escaping, and the client's state.

use conformance::{failure::Outcome, world::World};

use super::check::{page, page_headers, sent_back};

#[tokio::test]
async fn every_page_is_guarded() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let shown = actor.open(actor.authorize_request()).await?;
    page_headers("the page", &shown);
    let nobody = actor.authorize_request().with("client_id", "nobody");
    page("an error", &actor.send(nobody).await?, 400);
    actor.password = "wrong".to_owned();
    let wrong = actor.decision_request(&shown, "allow")?;
    page("a wrong password", &actor.send(wrong.clone()).await?, 403);
    world.advance(super::check::seconds(1800));
    page("an expired page", &actor.send(wrong).await?, 400);
    Ok(())
}

/// Nobody checked what a client calls itself.
#[tokio::test]
async fn the_name_of_a_client_is_text() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    actor.persona.client_name =
        r#"<script>alert(1)</script>"><img src=x onerror='alert(2)'>{{7*7}}"#.to_owned();
    actor.register().await?;
    let html = actor.open(actor.authorize_request()).await?.text().into_owned();
    for markup in ["<script>alert", "<img src=x"] {
        assert!(!html.contains(markup), "{markup} is markup in {html}");
    }
    assert!(html.contains("{{7*7}}"), "the name is a template in {html}");
    assert!(html.contains("&#60;script&#62;") || html.contains("&lt;script&gt;"), "{html}");
    // What is typed comes back to the page after a wrong password.
    let page = actor.open(actor.authorize_request()).await?;
    let typed = actor.decision_request(&page, "allow")?.with("email", "\"><script>alert(3)</script>");
    let html = actor.send(typed).await?.text().into_owned();
    // The one script is ours.
    assert!(html.matches("<script").count() == 1 && html.contains("alert(3)"), "{html}");
    Ok(())
}

/// 2,000 characters with all that means something in a URL, in HTML or in a header.
fn awkward_state() -> String {
    let piece = "a/=+&#\"<>'%25 ;,?\\ü漢😀&amp;";
    piece.chars().cycle().take(2000).collect()
}

#[tokio::test]
async fn any_state_comes_back_unchanged() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    for state in [awkward_state(), "/=+&#\"<>".to_owned(), "%00%0d%0a\r\n\t".to_owned(), "0".to_owned()] {
        actor.state = state;
        let refused = actor.authorize_request().with("response_type", "token");
        sent_back("a refusal", &actor.send(refused).await?, (&actor, "unsupported_response_type"))?;
        for decision in ["deny", "allow"] {
            let request = actor.authorize_request();
            let landing = actor.decide(request, decision).await?;
            assert_eq!(landing.get("state"), Some(actor.state.as_str()), "{decision}");
            assert_eq!(landing.get("iss"), Some(world.issuer()), "{decision}");
            assert_eq!(landing.get("code").is_some(), decision == "allow");
            assert!(landing.url.is_ascii() && !landing.url.contains(['#', '"', '<', ' ']), "{}", landing.url);
        }
    }
    let request = actor.authorize_request().with("state", "x".repeat(4097));
    page("a state that fits into no header", &actor.send(request).await?, 400);
    Ok(())
}
