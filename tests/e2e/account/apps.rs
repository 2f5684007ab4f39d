//! Connected applications: seen as they are, and ended at once.

use conformance::{
    actor::{Actor, Registered, Request},
    failure::Outcome,
    host::{Host, Served},
    world::World,
};
use serde_json::json;

use super::{account, done, eve, open, press, press_where, sign_in};
use crate::negative::check::{page, refused, seconds};

const GRANT: (u16, &str) = (400, "invalid_grant");

/// The refresh token of an ended grant is worth nothing.
async fn assert_ended(what: &str, actor: &mut Actor, refresh_token: &str) -> Outcome {
    let request = actor.refresh_request(refresh_token);
    refused(what, &actor.send(request).await?, GRANT);
    Ok(())
}

#[tokio::test]
async fn what_was_allowed_is_listed_in_words() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let shown = sign_in(&mut actor).await?;
    assert!(shown.text().contains("You have not let in any application."), "{}", shown.text());
    let request = actor.authorize_request().with("scope", "notes:read offline_access");
    let code = actor.decide(request, "allow").await?.code()?;
    let shown = open(&mut actor).await?;
    assert!(shown.text().contains("not let in any"), "nobody has redeemed the code so far");
    actor.redeem(&code).await?;
    world.advance(seconds(24 * 3600));
    // Signing in a day later: the first and the last use are the same, and the day before.
    let shown = sign_in(&mut actor).await?;
    let html = shown.text();
    for words in ["ChatGPT", "chatgpt.com", "Notes and meetings", "Read your notes", "Stay connected"] {
        assert!(html.contains(words), "{words} is missing in {html}");
    }
    assert!(!html.contains("Create, change and delete your notes"), "what was not granted: {html}");
    assert!(html.contains("within 60 minutes"), "{html}");
    let german = actor.send(account(&actor).with_header("accept-language", "de")).await?;
    let html = german.text();
    for words in ["Ihr Konto", "Verbundene Anwendungen", "Ihre Notizen lesen", "Zugriff beenden"] {
        assert!(html.contains(words), "{words} is missing in {html}");
    }
    Ok(())
}

/// What the ended application holds: a refresh token, the one before it, an access token, and a code it has not redeemed.
#[tokio::test]
async fn nothing_an_ended_application_holds_makes_another_token() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let request = actor.authorize_request().with("scope", "notes:read openid");
    let code = actor.decide(request.clone(), "allow").await?.code()?;
    let first = actor.redeem(&code).await?;
    let second = actor.refresh(&first.refresh).await?;
    let unredeemed = actor.decide(request.clone(), "allow").await?.code()?;
    let userinfo = Request::get(actor.endpoint("userinfo")).bearer(&second.access);
    assert_eq!(actor.send(userinfo.clone()).await?.status, 200);
    let mut other = world.actor().await?;
    other.jar = actor.jar.clone();
    let other_code = other.approve().await?;
    let others = other.redeem(&other_code).await?;
    world.advance(seconds(1));

    let shown = open(&mut actor).await?;
    let id = actor.client.id.clone();
    let its = |form: &conformance::page::Form| form.fields.iter().any(|field| field.value == id);
    let end = press_where(&actor, &shown, ("End access", its))?;
    let shown = done(&mut actor, end.clone()).await?;
    assert!(shown.text().contains("The access of that application has ended."), "{}", shown.text());
    assert!(!shown.text().contains(&id) && shown.text().contains(&other.client.id));

    assert_ended("its refresh token", &mut actor, &second.refresh).await?;
    assert_ended("the one before it", &mut actor, &first.refresh).await?;
    refused("its code", &actor.send(actor.token_request(&unredeemed)).await?, GRANT);
    assert_eq!(actor.send(userinfo).await?.status, 401, "its access token where we are asked");
    page("what it was allowed", &actor.send(request.with_header("sec-fetch-site", "none")).await?, 200);
    // Another one goes on; and a code of it that comes twice still ends it.
    let others = other.refresh(&others.refresh).await?;
    refused("a code that came twice", &other.send(other.token_request(&other_code)).await?, GRANT);
    assert_ended("after that", &mut other, &others.refresh).await?;
    // Pressed twice, it is still ended, and it can be let in again.
    done(&mut actor, end).await?;
    world.advance(seconds(1));
    actor.fresh();
    let again = actor.approve().await?;
    actor.redeem(&again).await?;
    Ok(())
}

#[tokio::test]
async fn all_of_them_end_together() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let mut other = world.actor().await?;
    let tokens = actor.sign_in().await?;
    let others = other.sign_in().await?;
    let mut eve = eve(&world, &actor).await?;
    let hers = eve.sign_in().await?;
    world.advance(seconds(1));
    let shown = open(&mut actor).await?;
    let end = press(&actor, &shown, "End access of all applications")?;
    let shown = done(&mut actor, end).await?;
    assert!(shown.text().contains("The access of every application has ended."), "{}", shown.text());
    assert!(shown.text().contains("You have not let in any application."));
    assert_ended("one", &mut actor, &tokens.refresh).await?;
    assert_ended("the other", &mut other, &others.refresh).await?;
    eve.refresh(&hers.refresh).await?;
    Ok(())
}

/// Somebody else's applications are not hers to end.
#[tokio::test]
async fn what_is_not_theirs_is_not_found() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let tokens = actor.sign_in().await?;
    let mut other = world.actor().await?;
    let mut eve = eve(&world, &other).await?;
    other.jar = eve.jar.clone();
    let hers = eve.sign_in().await?;
    let shown = open(&mut eve).await?;
    assert!(!shown.text().contains(&actor.client.id), "somebody else's");
    let end = press(&eve, &shown, "End access")?;
    for about in [actor.client.id.as_str(), "nobody", "", "\0", "https://client.example/oauth/client.json"] {
        page(about, &eve.send(end.clone().with("about", about)).await?, 404);
    }
    let hers = eve.refresh(&hers.refresh).await?;
    actor.refresh(&tokens.refresh).await?;
    // The same client, let in by both: each ends their own.
    let mut mine = eve.clone();
    mine.jar = actor.jar.clone();
    (mine.email, mine.password) = (actor.email.clone(), actor.password.clone());
    let kept = mine.sign_in().await?;
    done(&mut eve, end).await?;
    assert_ended("hers", &mut eve, &hers.refresh).await?;
    mine.refresh(&kept.refresh).await?;
    Ok(())
}

/// A client that publishes who it is, is named as its host said last; nobody is asked for the page's sake.
#[tokio::test]
async fn a_published_client_is_named_without_asking_its_host() -> Outcome {
    const PATH: &str = "/oauth/client.json";
    const REDIRECT: &str = "https://client.example/callback";
    let mut world = World::start().await?;
    let host = Host::start(world.authority()).await?;
    let id = host.url(PATH);
    let document = json!({"client_id": id, "client_name": "Papers <b>", "redirect_uris": [REDIRECT]});
    host.publish(PATH, Served::json(&document));
    let mut actor = world.stranger()?;
    actor.client = Registered { id, ..Registered::default() };
    actor.persona.redirect_uris = vec![REDIRECT.to_owned()];
    actor.sign_in().await?;
    for what in ["from memory", "from the database"] {
        let before = host.requests(PATH);
        world.advance(seconds(3 * 3600));
        let shown = open(&mut actor).await?;
        let html = shown.text();
        assert!(html.contains("Papers &#60;b&#62;") || html.contains("Papers &lt;b&gt;"), "{what}: {html}");
        assert!(html.contains("Published by") && html.contains("localhost"), "{what}: {html}");
        assert_eq!(host.requests(PATH), before, "{what}");
        world.restart_auth().await?;
    }
    Ok(())
}
