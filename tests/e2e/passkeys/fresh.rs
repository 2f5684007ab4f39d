//! A passkey outlives the sign-in it was added with, so that one must be fresh: a cookie somebody stole is not enough.

use conformance::{
    actor::{Actor, Request, expect},
    exchange::Reply,
    failure::{Failure, Outcome},
    world::{EMAIL, World},
};
use serde_json::json;

use super::{
    authenticator::{Authenticator, add, call, list, new_request, sign_in_request},
    refused,
};
use crate::{
    account::{EVE, open, press, sign_in},
    negative::check::{page, seconds},
};

const OLD: &str = "You signed in more than ten minutes ago.";

/// What removes the first passkey of the list.
fn removal(actor: &Actor, shown: &Reply) -> Outcome<Request> {
    let text = shown.text();
    let sealed = text.split("name=\"removal\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let sealed = sealed.ok_or_else(|| Failure::new("nothing can be removed"))?;
    let request = Request::form(format!("{}/account/passkeys/removal", actor.issuer)).by_human();
    Ok(request.with_header("origin", &actor.issuer).with("removal", sealed))
}

#[tokio::test]
async fn an_old_sign_in_changes_no_passkey() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    sign_in(&mut actor).await?;
    let mut passkey = add(&mut actor, "Mine").await?;
    let shown = list(&mut actor).await?;
    let removal = removal(&actor, &shown)?;
    world.advance(seconds(600));
    assert!(list(&mut actor).await?.text().contains("Your passkeys"), "ten minutes are fresh");
    let asked = new_request(&mut actor, &mut Authenticator::fresh(world.issuer())?, "").await?;
    world.advance(seconds(1));
    let shown = list(&mut actor).await?;
    page("the list", &shown, 200);
    assert!(shown.text().contains(OLD) && !shown.text().contains("Mine"), "{}", shown.text());
    assert!(shown.text().contains("data-next=\"/account/passkeys\""), "{}", shown.text());
    let question = call(&actor, "/account/passkeys/question", json!({}));
    refused("a question", &actor.send(question.clone()).await?, "not_fresh");
    let german = actor.send(question.with_header("accept-language", "de")).await?;
    assert!(german.text().contains("vor mehr als zehn Minuten"), "{}", german.text());
    refused("an answer to one that was fresh", &actor.send(asked).await?, "not_fresh");
    let reply = actor.send(removal.clone()).await?;
    page("a removal", &reply, 403);
    assert!(reply.text().contains(OLD), "{}", reply.text());
    assert!(open(&mut actor).await?.text().contains("You have one passkey."), "and nothing has changed");

    // Whoever knows the password goes on where they were.
    let wrong = press(&actor, &shown, "Sign in")?.with("password", "not this one");
    let shown = actor.send(wrong).await?;
    page("a wrong password", &shown, 403);
    assert!(shown.text().contains("The e-mail or the password is not right."), "{}", shown.text());
    let request = press(&actor, &shown, "Sign in")?;
    let reply = actor.send(request).await?;
    assert_eq!((reply.status, reply.header("location")), (303, Some("/account/passkeys")));
    assert!(list(&mut actor).await?.text().contains("Mine"));
    add(&mut actor, "Another").await?;
    // Or has a passkey.
    world.advance(seconds(601));
    assert!(list(&mut actor).await?.text().contains(OLD));
    let request = sign_in_request(&mut actor, &mut passkey).await?;
    expect(actor.send(request).await?, 200)?;
    assert_eq!(actor.send(removal).await?.status, 303);
    assert!(open(&mut actor).await?.text().contains("You have one passkey."));
    Ok(())
}

/// Whoever signs in at somebody else's browser is not that somebody.
#[tokio::test]
async fn a_fresh_sign_in_of_somebody_else_goes_on_as_somebody_else() -> Outcome {
    let world = World::start().await?;
    world.add_user(EVE.0, EVE.1).await?;
    let mut actor = world.stranger()?;
    sign_in(&mut actor).await?;
    add(&mut actor, "Mine").await?;
    let shown = list(&mut actor).await?;
    let removal = removal(&actor, &shown)?;
    world.advance(seconds(590));
    let asked = new_request(&mut actor, &mut Authenticator::fresh(world.issuer())?, "Hers").await?;
    world.advance(seconds(11));
    let shown = list(&mut actor).await?;
    let mut eve = actor.clone();
    (eve.email, eve.password) = (EVE.0.to_owned(), EVE.1.to_owned());
    let request = press(&eve, &shown, "Sign in")?;
    assert_eq!(eve.send(request).await?.header("location"), Some("/account/passkeys"));
    let shown = list(&mut eve).await?;
    assert!(shown.text().contains(EVE.0) && shown.text().contains("You have none yet."), "{}", shown.text());
    assert!(!shown.text().contains(EMAIL) && !shown.text().contains("Mine"), "{}", shown.text());
    refused("what was asked of the one before", &eve.send(asked).await?, "other_browser");
    page("what the one before could remove", &eve.send(removal).await?, 403);
    let shown = open(&mut eve).await?;
    assert!(shown.text().contains("You have no passkey yet."), "{}", shown.text());
    // The cookie of before is nobody's.
    assert!(open(&mut actor).await?.text().contains("Sign in to your account"));
    sign_in(&mut actor).await?;
    let shown = open(&mut actor).await?;
    assert!(shown.text().contains("You have one passkey."), "{}", shown.text());
    Ok(())
}

#[tokio::test]
async fn both_pages_lead_to_each_other() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    let shown = sign_in(&mut actor).await?;
    assert!(shown.text().contains("<a href=\"/account/passkeys\">"), "{}", shown.text());
    for (name, said) in [("One", "You have one passkey."), ("Two", "You have 2 passkeys.")] {
        add(&mut actor, name).await?;
        assert!(open(&mut actor).await?.text().contains(said), "{said}");
    }
    let shown = list(&mut actor).await?;
    assert!(shown.text().contains("<a href=\"/account\">Back to your account</a>"), "{}", shown.text());
    let without = World::builder().auth("ISSUER", "http://127.0.0.1:9000").start().await?;
    let mut actor = without.stranger()?;
    let shown = open(&mut actor).await?;
    assert!(!shown.text().contains("<script"), "{}", shown.text());
    assert_eq!(list(&mut actor).await?.status, 404);
    Ok(())
}
