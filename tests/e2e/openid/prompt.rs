//! `prompt`: how far the person is to be bothered (OpenID Connect Core §3.1.2.1).

use conformance::{actor::Landing, failure::Outcome, world::World};

use super::{asks_for_a_password, auth_time, direct, settled};
use crate::negative::check::{page, seconds, sent_back};

#[tokio::test]
async fn none_shows_nothing_and_says_why() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let silent = direct(actor.authorize_request().with("prompt", "none"));
    sent_back("nobody is signed in", &actor.send(silent.clone()).await?, (&actor, "login_required"))?;
    actor.approve().await?;
    let undecided = actor.send(silent.clone()).await?;
    sent_back("nothing came of the approval", &undecided, (&actor, "interaction_required"))?;
    actor.sign_in().await?;
    Landing::of(&actor.send(silent.clone()).await?)?.code()?;
    let elsewhere = silent.clone().with_header("sec-fetch-site", "cross-site");
    sent_back("another site", &actor.send(elsewhere).await?, (&actor, "interaction_required"))?;
    let more = silent.clone().with("scope", "openid notes:read");
    sent_back("a scope more", &actor.send(more).await?, (&actor, "interaction_required"))?;
    world.advance(seconds(12 * 3600));
    sent_back("the sign-in has ended", &actor.send(silent).await?, (&actor, "login_required"))?;
    Ok(())
}

#[tokio::test]
async fn none_stands_alone() -> Outcome {
    let world = World::start().await?;
    let (mut actor, happy, _) = settled(&world).await?;
    for prompt in ["none login", "consent none", "none select_account", "none create"] {
        let reply = actor.send(happy.clone().with("prompt", prompt)).await?;
        sent_back(prompt, &reply, (&actor, "invalid_request"))?;
    }
    for prompt in [" none ", "none none"] {
        Landing::of(&actor.send(happy.clone().with("prompt", prompt)).await?)?.code()?;
    }
    Ok(())
}

#[tokio::test]
async fn unknown_values_ask_for_nothing() -> Outcome {
    let world = World::start().await?;
    let (mut actor, happy, _) = settled(&world).await?;
    for prompt in ["create", "Login", "relogin reconsent", "x\"<"] {
        Landing::of(&actor.send(happy.clone().with("prompt", prompt)).await?)?.code()?;
    }
    for prompt in ["consent", "create consent"] {
        let shown = actor.send(happy.clone().with("prompt", prompt)).await?;
        page(prompt, &shown, 200);
        assert!(!asks_for_a_password(&shown), "{prompt} is no sign-in");
    }
    Ok(())
}

#[tokio::test]
async fn login_asks_for_the_password_of_whoever_is_signed_in() -> Outcome {
    let world = World::start().await?;
    let (mut actor, happy, _) = settled(&world).await?;
    for prompt in ["login", "select_account", "login consent", "create login"] {
        world.advance(seconds(60));
        let now = world.clock().now().seconds();
        let shown = actor.send(happy.clone().with("prompt", prompt)).await?;
        page(prompt, &shown, 200);
        assert!(asks_for_a_password(&shown), "{prompt}");
        let allow = actor.decision_request(&shown, "allow")?;
        let without = allow.clone().without("email").without("password");
        let again = actor.send(without).await?;
        page("without a password", &again, 403);
        assert!(asks_for_a_password(&again), "{prompt}");
        page("a wrong password", &actor.send(allow.clone().with("password", "wrong")).await?, 403);
        let landing = Landing::of(&actor.send(allow).await?)?;
        assert_eq!(auth_time(&world, &mut actor, &landing).await?, now, "{prompt}: a new sign-in");
    }
    Ok(())
}

/// A page that was made for somebody who is signed in answers its own request, and that request alone.
#[tokio::test]
async fn a_page_of_another_request_is_no_sign_in() -> Outcome {
    let world = World::start().await?;
    let (mut actor, happy, _) = settled(&world).await?;
    let usual = actor.open(happy.clone().with("prompt", "consent")).await?;
    let demanding = actor.open(happy.with("prompt", "login")).await?;
    let by_password = actor.decision_request(&demanding, "allow")?;
    let sealed = by_password.parameter("request").unwrap_or_default().to_owned();
    let forged = actor.decision_request(&usual, "allow")?.with("request", sealed);
    page("the other page's request", &actor.send(forged).await?, 403);
    Landing::of(&actor.send(by_password).await?)?.code()?;
    Ok(())
}
