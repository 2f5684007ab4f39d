//! Links: each is good once, in time, for what it was made for.

use conformance::{
    actor::{Landing, expect},
    failure::Outcome,
    world::{EMAIL, World},
};

use super::{NEW_PASSWORD, filled, follow, invite, nobody, open, reset, set_up, somebody};
use crate::negative::check::{page, seconds};

const A_DAY: u64 = 24 * 3600;
const EVE: &str = "eve@example.com";

#[tokio::test]
async fn the_first_account_is_made_by_its_link_and_ends_it() -> Outcome {
    let world = nobody().await?;
    let app = world.auth_app()?;
    let (link, other) = (set_up(app).await?, set_up(app).await?);
    let mut actor = somebody(&world, "First@Example.com ", NEW_PASSWORD).await?;
    let shown = open(&mut actor, &link).await?;
    page("the page of the link", &shown, 200);
    let done = actor.send(filled(&actor, &shown, NEW_PASSWORD)?).await?;
    assert_eq!((done.status, done.header("location")), (303, Some("/welcome")), "{}", done.text());
    let next = format!("{}/welcome", actor.issuer);
    let next = open(&mut actor, &next).await?;
    page("how to go on", &next, 200);
    assert!(next.text().contains("first@example.com"), "{}", next.text());
    assert!(next.text().contains(&actor.mcp_url), "{}", next.text());
    // Signed in there already, and with the password anywhere.
    let shown = actor.open(actor.authorize_request()).await?;
    assert!(!shown.text().contains("type=\"password\""), "{}", shown.text());
    actor.jar.clear();
    actor.sign_in().await?;
    for used in [&link, &other] {
        page("the link of a first account that is there", &open(&mut actor, used).await?, 404);
    }
    assert_eq!(auth_server::flow::links::set_up(app).await?, None);
    Ok(())
}

#[tokio::test]
async fn an_account_that_was_made_otherwise_ends_the_link_too() -> Outcome {
    let world = nobody().await?;
    let link = set_up(world.auth_app()?).await?;
    let mut actor = somebody(&world, EVE, NEW_PASSWORD).await?;
    let shown = open(&mut actor, &link).await?;
    world.add_user(EMAIL, "correct horse battery staple").await?;
    let late = filled(&actor, &shown, NEW_PASSWORD)?;
    page("a form from before", &actor.send(late).await?, 404);
    page("the link", &open(&mut actor, &link).await?, 404);
    Ok(())
}

/// Two people, two links, one first account.
#[tokio::test]
async fn of_many_who_use_such_links_at_once_one_makes_the_account() -> Outcome {
    let world = nobody().await?;
    let mut requests = Vec::new();
    for number in 0..6 {
        let link = set_up(world.auth_app()?).await?;
        let mut actor = somebody(&world, &format!("{number}@example.com"), NEW_PASSWORD).await?;
        let shown = open(&mut actor, &link).await?;
        let request = filled(&actor, &shown, NEW_PASSWORD)?;
        requests.push((actor, request));
    }
    let sent = requests.into_iter().map(|(mut actor, request)| async move { actor.send(request).await });
    let replies = futures_util::future::try_join_all(sent).await?;
    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort();
    assert_eq!(statuses, [303, 404, 404, 404, 404, 404]);
    Ok(())
}

#[tokio::test]
async fn an_invitation_is_for_one_person_once() -> Outcome {
    let world = World::start().await?;
    let link = invite(world.auth_app()?, "Eve@Example.com").await?;
    let mut eve = somebody(&world, EVE, NEW_PASSWORD).await?;
    let shown = open(&mut eve, &link).await?;
    assert!(shown.text().contains(EVE), "{}", shown.text());
    // The address is the link's, whatever a form says.
    let request = filled(&eve, &shown, NEW_PASSWORD)?.with("email", EMAIL);
    let (mut twin, again) = (eve.clone(), request.clone());
    let replies = futures_util::future::try_join(eve.send(request), twin.send(again)).await?;
    let mut statuses = [replies.0.status, replies.1.status];
    statuses.sort();
    assert_eq!(statuses, [303, 404], "twice at once");
    page("used", &open(&mut eve, &link).await?, 404);
    eve.jar.clear();
    eve.sign_in().await?;
    world.actor().await?.sign_in().await?;
    Ok(())
}

#[tokio::test]
async fn an_invitation_does_not_change_an_account_that_is_there() -> Outcome {
    let world = World::start().await?;
    let link = invite(world.auth_app()?, EVE).await?;
    let mut eve = somebody(&world, EVE, "a password of her own").await?;
    let shown = open(&mut eve, &link).await?;
    world.add_user(EVE, "a password of her own").await?;
    let late = filled(&eve, &shown, NEW_PASSWORD)?;
    page("made otherwise", &eve.send(late).await?, 409);
    page("and used up", &open(&mut eve, &link).await?, 404);
    eve.jar.clear();
    eve.sign_in().await?;
    assert!(invite(world.auth_app()?, EVE).await.is_err(), "nobody who has an account is invited");
    Ok(())
}

#[tokio::test]
async fn links_end_in_time() -> Outcome {
    let world = World::start().await?;
    let app = world.auth_app()?;
    let mut actor = world.actor().await?;
    let (invitation, new_password) = (invite(app, EVE).await?, reset(app, EMAIL).await?);
    world.advance(seconds(A_DAY - 1));
    page("the last second", &open(&mut actor, &new_password).await?, 200);
    let shown = open(&mut actor, &new_password).await?;
    let late = filled(&actor, &shown, NEW_PASSWORD)?;
    world.advance(seconds(1));
    page("after a day", &open(&mut actor, &new_password).await?, 404);
    page("a form from before", &actor.send(late).await?, 404);
    world.advance(seconds(6 * A_DAY - 1));
    page("the last second of an invitation", &open(&mut actor, &invitation).await?, 200);
    world.advance(seconds(1));
    page("after a week", &open(&mut actor, &invitation).await?, 404);
    let world = nobody().await?;
    let link = set_up(world.auth_app()?).await?;
    world.advance(seconds(A_DAY));
    page("a first start that was left alone", &open(&mut world.stranger()?, &link).await?, 404);
    Ok(())
}

#[tokio::test]
async fn looking_at_a_link_uses_nothing_up() -> Outcome {
    let world = World::start().await?;
    let link = reset(world.auth_app()?, EMAIL).await?;
    let mut actor = world.actor().await?;
    for _ in 0..3 {
        let mut scanner = world.stranger()?;
        page("a mail program's look", &open(&mut scanner, &link).await?, 200);
    }
    assert_eq!(follow(&mut actor, &link, NEW_PASSWORD).await?.status, 303);
    page("used", &open(&mut actor, &link).await?, 404);
    Ok(())
}

#[tokio::test]
async fn what_was_typed_wrongly_can_be_typed_again() -> Outcome {
    let world = nobody().await?;
    let link = set_up(world.auth_app()?).await?;
    let mut actor = somebody(&world, EVE, NEW_PASSWORD).await?;
    let shown = open(&mut actor, &link).await?;
    let before = world.auth_app()?.passwords.computed();
    let good = filled(&actor, &shown, NEW_PASSWORD)?;
    for (what, request, said) in [
        ("too short", good.clone().with("password", "seven b").with("repeated", "seven b"), "at least 8"),
        ("too long", good.clone().with("password", "x".repeat(1025)), "at least 8"),
        ("the address", good.clone().with("password", EVE.to_uppercase()), "must not be the e-mail"),
        ("a slip", good.clone().with("repeated", "another passwort altogether"), "not the same"),
        ("not repeated", good.clone().without("repeated"), "not the same"),
        ("no address", good.clone().with("email", "eve"), "not an e-mail address"),
        ("nothing", good.clone().without("email").without("password"), "not an e-mail address"),
    ] {
        let again = actor.send(request).await?;
        page(what, &again, 422);
        assert!(again.text().contains(said), "{what}: {}", again.text());
        assert!(!again.text().contains("seven b"), "no password is shown: {}", again.text());
    }
    assert_eq!(world.auth_app()?.passwords.computed(), before, "no work for what will not do");
    assert_eq!(actor.send(good).await?.status, 303);
    Ok(())
}

/// The form is good in the browser it was made for, from our own page, for half an hour.
#[tokio::test]
async fn nobody_else_sends_the_form() -> Outcome {
    let world = World::start().await?;
    let link = reset(world.auth_app()?, EMAIL).await?;
    let mut actor = world.actor().await?;
    let shown = open(&mut actor, &link).await?;
    let good = filled(&actor, &shown, NEW_PASSWORD)?;
    let mut elsewhere = world.actor().await?;
    let request = elsewhere.authorize_request();
    elsewhere.open(request).await?;
    page("another browser", &elsewhere.send(good.clone()).await?, 400);
    elsewhere.jar.clear();
    page("a browser without a cookie", &elsewhere.send(good.clone()).await?, 400);
    let sealed = good.parameter("link").unwrap_or_default().to_owned();
    let decision = actor.open(actor.authorize_request()).await?;
    let decision = actor.decision_request(&decision, "allow")?;
    for (what, request) in [
        ("another site", good.clone().with_header("origin", "https://evil.example")),
        ("no origin", good.clone().with_header("origin", "null")),
        ("tampered", good.clone().with("link", format!("{sealed}A"))),
        ("nothing", good.clone().without("link")),
        ("another form's", good.clone().with("link", decision.parameter("request").unwrap_or_default())),
        ("the link itself", good.clone().with("link", link.rsplit('/').next().unwrap_or_default())),
    ] {
        page(what, &actor.send(request).await?, 400);
    }
    world.advance(seconds(1800));
    page("half an hour later", &actor.send(good.clone()).await?, 400);
    assert_eq!(follow(&mut actor, &link, NEW_PASSWORD).await?.status, 303, "the link is as good as before");
    Ok(())
}

#[tokio::test]
async fn what_is_no_link_leads_nowhere() -> Outcome {
    let world = World::start().await?;
    let link = reset(world.auth_app()?, EMAIL).await?;
    let mut actor = world.actor().await?;
    let (base, token) = link.rsplit_once('/').unwrap_or_default();
    let mut other = token.to_owned();
    other.replace_range(..1, if token.starts_with('A') { "B" } else { "A" });
    for guess in
        [other.as_str(), &token[1..], &token.to_lowercase(), "%00", "'%20OR%201=1--", &"A".repeat(5000)]
    {
        let reply = open(&mut actor, &format!("{base}/{guess}")).await?;
        page(guess, &reply, 404);
        assert!(!reply.text().contains("<form"), "{guess}");
    }
    let shown = open(&mut actor, &link).await?;
    assert!(!shown.text().contains(token), "the page does not repeat what only the link should hold");
    Ok(())
}

#[tokio::test]
async fn a_new_password_takes_the_place_of_the_old_one() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let link = reset(world.auth_app()?, EMAIL).await?;
    let shown = actor.open(actor.authorize_request()).await?;
    let old = actor.decision_request(&shown, "allow")?;
    page("the old one, from now on", &actor.send(old.clone()).await?, 403);
    page("and none at all", &actor.send(old.with("password", "")).await?, 403);
    // A further link ends the one before.
    let second = reset(world.auth_app()?, EMAIL).await?;
    page("the first link", &open(&mut actor, &link).await?, 404);
    assert_eq!(follow(&mut actor, &second, NEW_PASSWORD).await?.status, 303);
    actor.jar.clear();
    let shown = actor.open(actor.authorize_request()).await?;
    page("the old one", &actor.send(actor.decision_request(&shown, "allow")?).await?, 403);
    actor.password = NEW_PASSWORD.to_owned();
    let request = actor.decision_request(&shown, "allow")?;
    Landing::of(&actor.send(request).await?)?.code()?;
    Ok(())
}

#[tokio::test]
async fn the_pages_speak_german() -> Outcome {
    let world = World::start().await?;
    let link = reset(world.auth_app()?, EMAIL).await?;
    let mut actor = world.actor().await?;
    for (address, said) in [
        (link.clone(), "Ein neues Passwort wählen"),
        (format!("{link}x"), "Dieser Link hilft nicht weiter"),
        (format!("{}/welcome", actor.issuer), "Jetzt können Sie sich verbinden"),
    ] {
        let request =
            conformance::actor::Request::get(&address).by_human().with_header("accept-language", "de");
        let shown = actor.send(request).await?;
        assert!(shown.text().contains(said), "{}", shown.text());
    }
    expect(open(&mut actor, &link).await?, 200)?;
    Ok(())
}
