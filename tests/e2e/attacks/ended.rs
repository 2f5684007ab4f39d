//! What somebody has on the way when their account ends, or when what they allowed does.

use auth_server::flow::accounts;
use conformance::{
    actor::{Actor, Landing, Request, TokenSet},
    exchange::Reply,
    failure::Outcome,
    world::World,
};

use super::{
    EMAIL, FIRST, NEW_PASSWORD, PASSWORD,
    authenticator::{Authenticator, add, list, new_request, sign_in_request},
    depart,
    fake::Fake,
    form, look, reset, return_request,
};
use crate::negative::check::{page, refused, seconds};

const GRANT: (u16, &str) = (400, "invalid_grant");

/// Whatever a signed-in browser holds that could be sent, each with its name.
async fn on_the_way(actor: &mut Actor) -> Outcome<Vec<(&'static str, Request)>> {
    let mut passkey = add(actor, "").await?;
    let shown = actor.open(actor.authorize_request()).await?;
    let allow = actor.decision_request(&shown, "allow")?;
    let switched = actor.send(actor.decision_request(&shown, "switch")?).await?;
    let with_password = actor.decision_request(&switched, "allow")?;
    let account = look(actor, "/account").await?;
    let sign_in = sign_in_request(actor, &mut passkey).await?;
    let new = new_request(actor, &mut Authenticator::fresh(&actor.issuer)?, "").await?;
    let shown = list(actor).await?;
    Ok(vec![
        ("a page that named them", allow),
        ("a page that asks for the password", with_password),
        ("a form of the account page", form(actor, &account, "ticket")?),
        ("a passkey's answer", sign_in),
        ("a new passkey", new),
        ("the removal of one", form(actor, &shown, "removal")?),
    ])
}

fn opens_nothing(what: &str, reply: &Reply) {
    assert!(matches!(reply.status, 400 | 403), "{what}: {} {}", reply.line(), reply.text());
    assert_eq!(reply.header("location"), None, "{what}");
    assert_eq!(reply.header("set-cookie"), None, "{what}");
}

#[tokio::test]
async fn nothing_on_the_way_gets_past_the_end_of_an_account() -> Outcome {
    for is_removed in [false, true] {
        let world = World::start().await?;
        let app = world.auth_app()?;
        let mut actor = world.actor().await?;
        let tokens = actor.sign_in().await?;
        let code = actor.fresh().approve().await?;
        let requests = on_the_way(&mut actor).await?;
        world.advance(seconds(1));
        let account = accounts::find(app, EMAIL).await?;
        match is_removed {
            true => accounts::remove(app, account.clone()).await?,
            false => accounts::disable(app, account.clone()).await?,
        };
        let jar = actor.jar.clone();
        for (what, request) in &requests {
            actor.jar = jar.clone();
            opens_nothing(what, &actor.send(request.clone()).await?);
        }
        // Enabled again, or another one of that address: what was ended stays so, in the old browser too.
        match is_removed {
            true => world.add_user(EMAIL, NEW_PASSWORD).await?,
            false => accounts::enable(app, account).await?,
        }
        actor.jar = jar;
        let shown = look(&mut actor, "/account").await?;
        assert!(shown.text().contains("type=\"password\""), "signed in again: {}", shown.text());
        refused("its code", &actor.send(actor.token_request(&code)).await?, GRANT);
        refused("its refresh token", &actor.send(actor.refresh_request(&tokens.refresh)).await?, GRANT);
        opens_nothing("a page that named them", &actor.send(requests[0].1.clone()).await?);
        if is_removed {
            opens_nothing("a passkey of the one before", &actor.send(requests[3].1.clone()).await?);
        }
    }
    Ok(())
}

/// Somebody is at their provider while their account here is disabled.
#[tokio::test]
async fn whoever_is_at_a_provider_comes_back_to_a_disabled_account() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let app = world.auth_app()?;
    let mut actor = world.actor().await?;
    let departure = depart(&mut actor, FIRST).await?;
    fake.meet(&departure, &world);
    let request = return_request(&actor, &departure);
    Landing::of(&actor.send(request).await?)?.code()?;
    actor.jar.clear();
    let departure = depart(&mut actor, FIRST).await?;
    fake.meet(&departure, &world);
    let account = accounts::find(app, "ada@example.com").await?;
    accounts::disable(app, account.clone()).await?;
    let request = return_request(&actor, &departure);
    let reply = actor.send(request.clone()).await?;
    page("disabled", &reply, 403);
    assert_eq!(reply.header("set-cookie"), None);
    accounts::enable(app, account).await?;
    page("the same answer later", &actor.send(request).await?, 400);
    Ok(())
}

/// Refreshes and the end of the account at the same time: whatever was minted before it makes nothing after it.
#[tokio::test]
async fn nothing_refreshed_meanwhile_outlives_the_account() -> Outcome {
    let world = World::start().await?;
    let app = world.auth_app()?;
    for round in 0..4 {
        let email = format!("{round}@example.com");
        world.add_user(&email, PASSWORD).await?;
        let mut actor = world.actor().await?;
        email.clone_into(&mut actor.email);
        let first = actor.sign_in().await?.refresh;
        let account = accounts::find(app, &email).await?;
        let sent = (0..16).map(|_| {
            let (mut actor, request) = (actor.clone(), actor.refresh_request(&first));
            async move { actor.send(request).await }
        });
        let refreshed = futures_util::future::try_join_all(sent);
        let (replies, ended) = futures_util::future::join(refreshed, accounts::disable(app, account)).await;
        assert_eq!(ended?, 1, "one grant");
        let mut tokens = vec![first];
        for reply in replies?.iter().filter(|reply| reply.status == 200) {
            tokens.push(TokenSet::of(reply)?.refresh);
        }
        for token in tokens {
            refused("after the end", &actor.send(actor.refresh_request(&token)).await?, GRANT);
        }
    }
    Ok(())
}

/// The old links of an account die with each change, and none of them says which it was.
#[tokio::test]
async fn a_link_does_not_survive_what_came_after_it() -> Outcome {
    let world = World::start().await?;
    let app = world.auth_app()?;
    let mut actor = world.actor().await?;
    let link = reset(app, EMAIL).await?;
    let shown = look(&mut actor, &link).await?;
    let open =
        form(&actor, &shown, "repeated")?.with("password", NEW_PASSWORD).with("repeated", NEW_PASSWORD);
    accounts::set_password(app, accounts::find(app, EMAIL).await?, PASSWORD).await?;
    page("another password came first", &actor.send(open.clone()).await?, 404);
    page("its page", &look(&mut actor, &link).await?, 404);
    let link = reset(app, EMAIL).await?;
    accounts::disable(app, accounts::find(app, EMAIL).await?).await?;
    accounts::enable(app, accounts::find(app, EMAIL).await?).await?;
    page("disabled and enabled", &look(&mut actor, &link).await?, 404);
    Ok(())
}

/// The page of a decision is good for half an hour, and so it is not what keeps an application in that was ended: it
/// takes the person's own button, in their own browser.
#[tokio::test]
async fn an_old_page_is_worth_nothing_without_the_person() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let shown = actor.open(actor.authorize_request()).await?;
    let sign_in = actor.decision_request(&shown, "allow")?;
    Landing::of(&actor.send(sign_in.clone()).await?)?.code()?;
    let shown = actor.open(actor.authorize_request()).await?;
    let allow = actor.decision_request(&shown, "allow")?;
    let mut client = actor.clone();
    client.jar.clear();
    opens_nothing("from the client, without the cookie", &client.send(allow.clone()).await?);
    for (what, request) in [
        ("the person's name in a field", allow.clone().with("user", "user_x").with("email", EMAIL)),
        ("another site's form", allow.clone().with_header("origin", "https://evil.example")),
        ("a provider's button on a page that named somebody", allow.clone().with("decision", "provider:1")),
    ] {
        let mut sender = if what.starts_with("the person") { client.clone() } else { actor.clone() };
        opens_nothing(what, &sender.send(request).await?);
    }
    let sealed = allow.parameter("request").unwrap_or_default().to_owned();
    let no_password = sign_in.without("password").without("email").with("request", sealed);
    Landing::of(&actor.send(no_password).await?)?.code()?;
    Ok(())
}
