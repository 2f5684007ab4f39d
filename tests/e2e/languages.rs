//! Pages in the language of whoever reads them.

use conformance::{failure::Outcome, world::World};

/// German, because the browser asks for it or the client does; English for everybody else.
#[tokio::test]
async fn the_page_speaks_the_reader_s_language() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    for (accepted, ui_locales, language, deny) in [
        ("de-DE,de;q=0.9,en;q=0.8", None, "de", "Ablehnen"),
        ("en", Some("de-AT en"), "de", "Ablehnen"),
        ("fr", None, "en", "Deny"),
        ("de;q=0, *", Some("tlh"), "en", "Deny"),
    ] {
        let mut request = actor.authorize_request().with_header("accept-language", accepted);
        if let Some(tags) = ui_locales {
            request = request.with("ui_locales", tags);
        }
        let page = actor.send(request).await?;
        assert_eq!(page.status, 200);
        let html = page.text();
        assert!(html.contains(&format!("<html lang=\"{language}\">")), "{accepted} {ui_locales:?}: {html}");
        assert!(html.contains(&format!(">{deny}</button>")), "{accepted} {ui_locales:?}: {html}");
    }
    Ok(())
}

/// What went wrong is said in that language too, and scopes are.
#[tokio::test]
async fn faults_and_scopes_are_said_in_it_too() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let german = |request: conformance::actor::Request| request.with_header("accept-language", "de");
    let page = actor.send(german(actor.authorize_request())).await?;
    assert!(page.text().contains("Ihre Notizen lesen"), "{}", page.text());
    let refused = actor.send(german(actor.authorize_request().with("client_id", "nobody"))).await?;
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("Dieser Server kennt die Anwendung nicht"), "{}", refused.text());
    Ok(())
}

/// A page that is shown again after a wrong password stays in the language the client asked for.
#[tokio::test]
async fn the_language_outlasts_a_wrong_password() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let shown = actor.open(actor.authorize_request().with("ui_locales", "de")).await?;
    let request = actor.decision_request(&shown, "allow")?.with("password", "not this one");
    let again = actor.send(request).await?;
    assert_eq!(again.status, 403);
    assert!(again.text().contains("E-Mail oder Passwort stimmt nicht."), "{}", again.text());
    Ok(())
}
