//! `id_token_hint` and `login_hint`: which person is meant (OpenID Connect Core §3.1.2.1).

use conformance::{
    actor::{Actor, Landing},
    failure::Outcome,
    world::World,
};

use super::{allow, asks_for_a_password, id_token, settled};
use crate::negative::check::{page, seconds, sent_back};

const EVE: (&str, &str) = ("eve@example.com", "a password of her own");

/// Somebody else at a browser of her own.
async fn eve(world: &World) -> Outcome<Actor> {
    world.add_user(EVE.0, EVE.1).await?;
    let mut eve = world.actor().await?;
    (eve.email, eve.password) = (EVE.0.to_owned(), EVE.1.to_owned());
    Ok(eve)
}

#[tokio::test]
async fn the_person_of_the_hint_is_not_asked_again_even_when_it_has_expired() -> Outcome {
    let world = World::start().await?;
    let (mut actor, happy, tokens) = settled(&world).await?;
    let hinted = happy.with("id_token_hint", id_token(&tokens)?);
    Landing::of(&actor.send(hinted.clone()).await?)?.code()?;
    world.advance(seconds(2 * 3600));
    Landing::of(&actor.send(hinted.clone()).await?)?.code()?;
    Landing::of(&actor.send(hinted.with("prompt", "none")).await?)?.code()?;
    Ok(())
}

#[tokio::test]
async fn another_person_is_asked_to_make_way() -> Outcome {
    let world = World::start().await?;
    let (mut actor, happy, _) = settled(&world).await?;
    let mut eve = eve(&world).await?;
    let hers = allow(&mut eve, "openid notes:read").await?;
    let hinted = happy.with("id_token_hint", id_token(&hers)?);
    let silent = hinted.clone().with("prompt", "none");
    sent_back("nothing may be shown", &actor.send(silent).await?, (&actor, "login_required"))?;
    let shown = actor.send(hinted).await?;
    page("somebody else", &shown, 200);
    assert!(asks_for_a_password(&shown));
    // Core: only the person of the hint gets a positive answer.
    let own = actor.decision_request(&shown, "allow")?;
    let reply = actor.send(own.clone()).await?;
    page("the wrong account", &reply, 403);
    assert!(reply.text().contains("another account") && asks_for_a_password(&reply), "{}", reply.text());
    assert_eq!(reply.header("set-cookie"), None, "nobody was signed in");
    let right = own.with("email", EVE.0).with("password", EVE.1);
    let code = Landing::of(&actor.send(right).await?)?.code()?;
    let tokens = actor.redeem(&code).await?;
    let subject = |token: &str| conformance::jwt::Jwt::parse(token).map(|jwt| jwt.claims["sub"].clone());
    assert_eq!(subject(id_token(&tokens)?), subject(id_token(&hers)?));
    Ok(())
}

#[tokio::test]
async fn a_hint_that_is_not_ours_says_nothing() -> Outcome {
    let world = World::start().await?;
    let (mut actor, happy, tokens) = settled(&world).await?;
    let mut eve = eve(&world).await?;
    let hers = allow(&mut eve, "openid notes:read").await?;
    let token = id_token(&hers)?.to_owned();
    let middle = token.len() / 2;
    let swapped = if token.as_bytes()[middle] == b'A' { "B" } else { "A" };
    let changed = format!("{}{swapped}{}", &token[..middle], &token[middle + 1..]);
    let elsewhere = World::start().await?;
    let foreign = settled(&elsewhere).await?.2;
    for (what, hint) in [
        ("garbage", "garbage"),
        ("three dots", "..."),
        ("a changed one", changed.as_str()),
        ("an access token", hers.access.as_str()),
        ("one of another issuer", id_token(&foreign)?),
        ("a refresh token", tokens.refresh.as_str()),
    ] {
        let reply = actor.send(happy.clone().with("id_token_hint", hint)).await?;
        assert!(Landing::of(&reply).is_ok_and(|landing| landing.code().is_ok()), "{what}: {}", reply.text());
    }
    Ok(())
}

#[tokio::test]
async fn an_address_that_is_hinted_at_stands_in_the_field() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let hinted = |hint: &str| actor.authorize_request().with("login_hint", hint);
    let good = hinted("ada+x@example.com");
    let long = format!("{}@example.com", "a".repeat(300));
    let bad = ["ada", "ada @example.com", "ada\n@example.com", "\u{202e}ada@example.com", &long].map(hinted);
    let hostile = hinted("\"><script>@x");
    let shown = actor.open(good).await?;
    assert!(shown.text().contains("value=\"ada+x@example.com\""), "{}", shown.text());
    for request in bad {
        let shown = actor.open(request).await?;
        assert!(shown.text().contains("type=\"email\" value=\"\""), "{}", shown.text());
    }
    assert!(!actor.open(hostile).await?.text().contains("<script>@x"));
    Ok(())
}
