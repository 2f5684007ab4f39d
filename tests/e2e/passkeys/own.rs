//! The passkeys of a person: adding, listing, removing.

use conformance::{
    actor::{Actor, Request, expect},
    failure::{Failure, Outcome},
    world::World,
};
use serde_json::json;

use super::{
    authenticator::{Authenticator, add, call, list, new_request, question, sign_in_request},
    refused,
};
use crate::negative::check::{page, seconds};

/// Somebody else in a browser of their own.
async fn eve(world: &World, actor: &Actor) -> Outcome<Actor> {
    let password = "a password of her own";
    world.add_user("eve@example.com", password).await?;
    let mut eve = actor.clone();
    eve.jar.clear();
    (eve.email, eve.password) = ("eve@example.com".to_owned(), password.to_owned());
    eve.sign_in().await?;
    Ok(eve)
}

/// What the buttons of the list send, in its order.
async fn removals(actor: &mut Actor) -> Outcome<Vec<Request>> {
    let shown = expect(list(actor).await?, 200)?;
    let text = shown.text();
    let sealed = text.split("name=\"removal\" value=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let form = |sealed| {
        let request = Request::form(format!("{}/account/passkeys/removal", actor.issuer)).by_human();
        request.with_header("origin", &actor.issuer).with("removal", sealed)
    };
    Ok(sealed.map(form).collect())
}

async fn first_removal(actor: &mut Actor) -> Outcome<Request> {
    let first = removals(actor).await?.into_iter().next();
    first.ok_or_else(|| Failure::new("nothing can be removed"))
}

#[tokio::test]
async fn what_was_added_is_listed_and_can_be_removed() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let shown = list(&mut actor).await?;
    page("nobody is signed in", &shown, 200);
    assert!(shown.text().contains("Sign in to your account"), "{}", shown.text());
    actor.sign_in().await?;
    let shown = list(&mut actor).await?;
    page("the list", &shown, 200);
    assert!(shown.text().contains("You have none yet."), "{}", shown.text());
    let mut phone = add(&mut actor, " My\n<b>phone</b>\u{7} ").await?;
    world.advance(seconds(1));
    add(&mut actor, "").await?;
    let shown = list(&mut actor).await?;
    let text = shown.text().into_owned();
    assert!(text.contains("My &#60;b&#62;phone&#60;/b&#62;") && !text.contains("<b>"), "{text}");
    assert!(text.contains("Passkey without a name") && !text.contains("last used"), "{text}");
    let request = sign_in_request(&mut actor, &mut phone).await?;
    expect(actor.send(request).await?, 200)?;
    assert!(list(&mut actor).await?.text().contains("last used"));
    let german = Request::get(format!("{}/account/passkeys", actor.issuer)).by_human();
    let german = actor.send(german.with_header("accept-language", "de")).await?;
    assert!(german.text().contains("Ihre Passkeys"), "{}", german.text());

    let removal = first_removal(&mut actor).await?;
    for _ in 0..2 {
        let reply = actor.send(removal.clone()).await?;
        assert_eq!((reply.status, reply.header("location")), (303, Some("/account/passkeys")));
    }
    assert_eq!(removals(&mut actor).await?.len(), 1);
    let request = sign_in_request(&mut actor, &mut phone).await?;
    refused("a passkey that was removed", &actor.send(request).await?, "unknown");
    Ok(())
}

#[tokio::test]
async fn one_is_added_by_its_owner_once_and_in_time() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let ask = call(&actor, "/account/passkeys/question", json!({}));
    refused("nobody is signed in", &actor.send(ask).await?, "signed_out");
    actor.sign_in().await?;
    let mut eve = eve(&world, &actor).await?;
    let mut passkey = Authenticator::fresh(&actor.issuer)?;
    let happy = new_request(&mut actor, &mut passkey, "").await?;
    let (mut second, third) = (Authenticator::fresh(&actor.issuer)?, Authenticator::fresh(&actor.issuer)?);
    let late = new_request(&mut actor, &mut second, "").await?;
    let unseen = new_request(&mut actor, &mut third.without_a_look(), "").await?;
    let (_, other) = question(&mut actor, "/account/passkeys/question").await?;
    let (_, sign_in) = question(&mut actor, "/signin/passkey/question").await?;
    refused("somebody else", &eve.send(happy.clone()).await?, "other_browser");
    let mut signed_out = actor.clone();
    signed_out.jar.clear();
    refused("nobody", &signed_out.send(happy.clone()).await?, "signed_out");
    for (what, request, error) in [
        ("another question's", happy.clone().with("state", other), "refused"),
        ("a question to sign in", happy.clone().with("state", sign_in), "forged"),
        ("another site's", happy.clone().with_header("origin", "https://evil.com"), "forged"),
        ("a form", happy.clone().with_header("content-type", "text/plain"), "forged"),
        ("nobody was looked at", unseen, "refused"),
        ("no answer", happy.clone().with("credential", json!({})), "refused"),
    ] {
        refused(what, &actor.send(request).await?, error);
    }
    expect(actor.send(happy.clone()).await?, 200)?;
    refused("again", &actor.send(happy.clone()).await?, "replayed");
    let removal = first_removal(&mut actor).await?;
    assert_eq!(actor.send(removal).await?.status, 303);
    refused("again after it was removed", &actor.send(happy).await?, "replayed");
    world.advance(seconds(300));
    refused("too late", &actor.send(late).await?, "expired");
    assert!(removals(&mut actor).await?.is_empty());
    Ok(())
}

/// The same passkey is nobody else's, and is not asked for twice; and there is an end to them.
#[tokio::test]
async fn a_passkey_is_one_person_s_and_there_are_not_too_many() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    actor.sign_in().await?;
    let mut passkey = add(&mut actor, "").await?;
    let (options, _) = question(&mut actor, "/account/passkeys/question").await?;
    assert_eq!(options["excludeCredentials"].as_array().map(Vec::len), Some(1), "{options}");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    let mut eve = eve(&world, &actor).await?;
    let stolen = new_request(&mut eve, &mut passkey, "").await?;
    refused("somebody else's", &eve.send(stolen).await?, "known");
    for _ in 0..19 {
        add(&mut actor, "").await?;
    }
    let surplus = new_request(&mut actor, &mut Authenticator::fresh(world.issuer())?, "").await?;
    refused("one too many", &actor.send(surplus).await?, "too_many");
    Ok(())
}

#[tokio::test]
async fn nobody_else_can_remove_one() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    actor.sign_in().await?;
    let mut passkey = add(&mut actor, "").await?;
    let mut eve = eve(&world, &actor).await?;
    let happy = first_removal(&mut actor).await?;
    let mut signed_out = actor.clone();
    signed_out.jar.clear();
    page("somebody else", &eve.send(happy.clone()).await?, 403);
    page("nobody", &signed_out.send(happy.clone()).await?, 403);
    for (what, request) in [
        ("another site", happy.clone().with_header("origin", "https://evil.com")),
        ("forged", happy.clone().with("removal", "AAAA")),
        ("empty", happy.clone().without("removal")),
    ] {
        page(what, &actor.send(request).await?, 403);
    }
    world.advance(seconds(30 * 60));
    page("too late", &actor.send(happy).await?, 403);
    let request = sign_in_request(&mut actor, &mut passkey).await?;
    expect(actor.send(request).await?, 200)?;
    Ok(())
}
