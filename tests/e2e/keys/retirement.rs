//! A key that has leaked: what it signed counts for nothing, here at once and elsewhere soon.

use auth_server::flow::keys::{self, Retirement};
use conformance::{
    actor::{Actor, Landing, Request, TokenSet, expect},
    failure::{Failure, Outcome},
    world::World,
};

use super::{AHEAD, OVERLAP, call, kid, kids, signed_in};
use crate::{
    client_methods::{introspect_request, new_machine},
    negative::check::{refused, seconds, sent_back},
};

/// Allows these scopes and redeems the code.
async fn allow(actor: &mut Actor, scope: &str) -> Outcome<TokenSet> {
    let request = actor.authorize_request().with("scope", scope);
    let code = actor.decide(request, "allow").await?.code()?;
    actor.redeem(&code).await
}

fn id_token(tokens: &TokenSet) -> Outcome<&str> {
    tokens.document["id_token"].as_str().ok_or_else(|| Failure::new("no id_token"))
}

#[tokio::test]
async fn another_key_signs_at_once_and_what_the_leaked_one_signed_is_refused() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let tokens = allow(&mut actor, "openid notes:read").await?;
    let leaked = kid(&tokens.access)?;
    let userinfo = |token: &str| Request::get(format!("{}/oauth/userinfo", world.issuer())).bearer(token);
    expect(actor.send(userinfo(&tokens.access)).await?, 200)?;
    assert_eq!(call(&mut actor, &tokens.access).await?, 200);

    assert_eq!(keys::retire(world.auth_app()?, &leaked, true).await?, Retirement::AtOnce);
    let left = kids(&mut actor).await?;
    assert_eq!((left.len(), left.contains(&leaked)), (1, false));
    refused("userinfo", &actor.send(userinfo(&tokens.access)).await?, (401, "invalid_token"));
    let introspect = introspect_request(&actor, &tokens.access);
    let told = expect(actor.send(introspect).await?, 200)?;
    assert_eq!(told.text(), r#"{"active":false}"#);

    // The resource server still has the keys it fetched; they age after five minutes.
    world.advance(seconds(299));
    assert_eq!(call(&mut actor, &tokens.access).await?, 200);
    world.advance(seconds(1));
    assert_eq!(call(&mut actor, &tokens.access).await?, 401);
    let fresh = actor.refresh(&tokens.refresh).await?;
    assert_eq!(kid(&fresh.access)?, left[0], "nobody is signed out");
    expect(actor.send(userinfo(&fresh.access)).await?, 200)?;
    assert_eq!(call(&mut actor, &fresh.access).await?, 200);
    Ok(())
}

/// A token of the new key makes a resource server fetch the keys, and the old one is gone there too.
#[tokio::test]
async fn a_resource_server_that_meets_the_new_key_forgets_the_leaked_one() -> Outcome {
    let world = World::start().await?;
    let (mut actor, tokens) = signed_in(&world).await?;
    assert_eq!(call(&mut actor, &tokens.access).await?, 200);
    keys::retire(world.auth_app()?, &kid(&tokens.access)?, true).await?;
    let fresh = actor.refresh(&tokens.refresh).await?;
    assert_eq!(call(&mut actor, &fresh.access).await?, 200);
    assert_eq!(call(&mut actor, &tokens.access).await?, 401);
    Ok(())
}

#[tokio::test]
async fn an_id_token_of_a_leaked_key_hints_at_nobody() -> Outcome {
    let world = World::start().await?;
    world.add_user("eve@example.com", "a password of her own").await?;
    let mut eve = world.actor().await?;
    (eve.email, eve.password) = ("eve@example.com".to_owned(), "a password of her own".to_owned());
    let hers = allow(&mut eve, "openid notes:read").await?;
    let mut actor = world.actor().await?;
    allow(&mut actor, "openid notes:read").await?;
    let silent = actor.authorize_request().with("scope", "openid notes:read").with("prompt", "none");
    let silent = silent.with_header("sec-fetch-site", "none");
    let hinted = silent.clone().with("id_token_hint", id_token(&hers)?);
    let hint_of_hers = actor.send(hinted.clone()).await?;
    sent_back("somebody else is meant", &hint_of_hers, (&actor, "login_required"))?;
    keys::retire(world.auth_app()?, &kid(&hers.access)?, true).await?;
    let (plain, hinted) = (actor.send(silent).await?, actor.send(hinted).await?);
    let answer = |reply| Landing::of(reply).map(|landing| landing.get("error").map(str::to_owned));
    assert_eq!(answer(&hinted)?, answer(&plain)?, "as without a hint");
    assert_ne!(answer(&hinted)?.as_deref(), Some("login_required"));
    Ok(())
}

/// What a client that acts for itself holds is refused like any other.
#[tokio::test]
async fn a_machine_s_token_is_refused_too() -> Outcome {
    let world = World::start().await?;
    let mut machine = crate::client_methods::made(&world, new_machine("notes:read")).await?;
    let request = Request::form(machine.endpoint("token"))
        .with("grant_type", "client_credentials")
        .basic(&machine.client.id, machine.client.secret.as_deref().unwrap_or_default());
    let reply = expect(machine.send(request).await?, 200)?.json().unwrap_or_default();
    let token = reply["access_token"].as_str().unwrap_or_default().to_owned();
    let ask = introspect_request(&machine, &token);
    assert_eq!(machine.send(ask.clone()).await?.json().unwrap_or_default()["active"], true);
    keys::retire(world.auth_app()?, &kid(&token)?, true).await?;
    assert_eq!(machine.send(ask).await?.json().unwrap_or_default()["active"], false);
    Ok(())
}

#[tokio::test]
async fn each_key_is_retired_as_far_as_it_is_in_use() -> Outcome {
    let world = World::start().await?;
    let app = world.auth_app()?;
    let (mut actor, tokens) = signed_in(&world).await?;
    let first = kid(&tokens.access)?;
    assert_eq!(keys::retire(app, "unknown", true).await?, Retirement::Unknown);
    // In order: the next one is made, and this one signs until then.
    let Retirement::Followed(next) = keys::retire(app, &first, false).await? else {
        return Err(Failure::new("the key that signs is followed"));
    };
    assert_eq!(kids(&mut actor).await?, [first.clone(), next.kid.clone()]);
    // One that has signed nothing is simply gone, and the first one stays.
    assert_eq!(keys::retire(app, &next.kid, true).await?, Retirement::Withdrawn);
    assert_eq!(kids(&mut actor).await?, std::slice::from_ref(&first));
    world.advance(seconds(AHEAD + 3600 + OVERLAP));
    assert_eq!(kids(&mut actor).await?, std::slice::from_ref(&first), "nothing follows it");
    // At once while another waits: that one signs now.
    let next = keys::rotate(app).await?;
    assert_eq!(keys::retire(app, &first, true).await?, Retirement::AtOnce);
    assert_eq!(kids(&mut actor).await?, std::slice::from_ref(&next.kid));
    assert_eq!(kid(&actor.sign_in().await?.access)?, next.kid);
    assert_eq!(keys::retire(app, &first, true).await?, Retirement::Unknown, "it is already");
    // One that has signed before: the one that signs and the one that waits stay as they are.
    keys::rotate(app).await?;
    world.advance(seconds(AHEAD));
    let waiting = keys::rotate(app).await?;
    let before = kids(&mut actor).await?;
    assert!(matches!(keys::retire(app, &next.kid, false).await?, Retirement::Until(_)));
    assert_eq!(kids(&mut actor).await?, before);
    assert_eq!(keys::retire(app, &next.kid, true).await?, Retirement::AtOnce);
    let left: Vec<_> = before.into_iter().filter(|kid| *kid != next.kid).collect();
    assert_eq!(kids(&mut actor).await?, left);
    assert_eq!(left[1], waiting.kid);
    assert_eq!(kid(&actor.sign_in().await?.access)?, left[0]);
    Ok(())
}
