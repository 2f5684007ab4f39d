//! Another password: by whoever knows the present one.

use auth_server::{
    login::browser::{cookie_digest, fresh_cookie},
    store::{
        sign_ins::{Arrival, SignIn},
        users::{NewUser, User},
    },
};
use conformance::{
    actor::{Actor, Request},
    failure::Outcome,
    world::{EMAIL, World},
};
use url::Url;

use super::{done, elsewhere, is_signed_in, open, press, sign_in};
use crate::negative::check::page;

const NEW: &str = "entirely different words";

async fn form(actor: &mut Actor) -> Outcome<Request> {
    let shown = open(actor).await?;
    let form = press(actor, &shown, "Change password")?;
    Ok(form.with("new_password", NEW).with("repeated", NEW))
}

#[tokio::test]
async fn another_password_ends_other_sign_ins_and_no_grant() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let tokens = actor.sign_in().await?;
    let mut other = elsewhere(&actor).await?;
    let change = form(&mut actor).await?;
    let shown = done(&mut actor, change.clone()).await?;
    assert!(shown.text().contains("Your password is changed."), "{}", shown.text());
    assert!(shown.text().contains("connected applications stay connected"));
    assert!(is_signed_in(&mut actor).await? && !is_signed_in(&mut other).await?);
    actor.refresh(&tokens.refresh).await?;
    // Twice, the present one is no longer the present one.
    page("once more", &actor.send(change).await?, 403);
    let shown = open(&mut other).await?;
    let old = press(&other, &shown, "Sign in")?;
    page("the old one", &other.send(old).await?, 403);
    other.password = NEW.to_owned();
    sign_in(&mut other).await?;
    Ok(())
}

#[tokio::test]
async fn without_the_present_one_nothing_changes() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    sign_in(&mut actor).await?;
    let mut other = elsewhere(&actor).await?;
    let happy = form(&mut actor).await?;
    let with = |password: &str| happy.clone().with("new_password", password).with("repeated", password);
    for (what, request, said) in [
        ("a wrong one", happy.clone().with("password", "wrong"), "present password is not right"),
        ("none", happy.clone().without("password"), "present password is not right"),
        ("two different ones", happy.clone().with("repeated", "something else"), "two different"),
        ("no second one", happy.clone().without("repeated"), "two different"),
        ("a short one", with("7 bytes"), "at least 8 characters"),
        ("a long one", with(&"x".repeat(1025)), "at least 8 characters"),
        ("the e-mail", with("Demo@Example.com"), "must not be your e-mail"),
        ("an empty one", with(""), "at least 8 characters"),
    ] {
        let reply = actor.send(request).await?;
        page(what, &reply, 403);
        assert!(reply.text().contains(said), "{what}: {}", reply.text());
        assert!(reply.text().contains("<details open>"), "{what}: {}", reply.text());
    }
    assert!(is_signed_in(&mut other).await?);
    elsewhere(&actor).await?;
    Ok(())
}

/// Whoever signs in elsewhere has no password here to change.
#[tokio::test]
async fn an_account_without_a_password_is_not_asked_for_one() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    sign_in(&mut actor).await?;
    let app = world.auth_app()?;
    let user = User { id: "user_of_a_provider".to_owned(), email: EMAIL.to_owned(), email_verified: true };
    let new = NewUser { user: user.clone(), login: user.id.clone(), password_hash: String::new() };
    assert!(app.store.add_user(new, app.clock.now()).await?);
    let (cookie, now) = (fresh_cookie(), app.clock.now());
    let arrival = Arrival {
        id: cookie_digest(&cookie),
        user_agent: String::new(),
        replaced: None,
        expires_at: now + std::time::Duration::from_secs(3600),
    };
    app.store
        .add_sign_in(
            arrival,
            SignIn { user, browser: "a browser".to_owned(), at: now },
            app.clock.milliseconds(),
        )
        .await?;
    let mut other = world.stranger()?;
    let field = format!("gatehouse={cookie}; Path=/");
    other.jar.store(&Url::parse(&other.issuer)?, [field.as_str()]);
    let shown = open(&mut other).await?;
    assert!(shown.text().contains("Your account") && !shown.text().contains("type=\"password\""));
    // The form of somebody who has one is not hers.
    let foreign = form(&mut actor).await?;
    assert_eq!(other.send(foreign).await?.status, 403);
    Ok(())
}
