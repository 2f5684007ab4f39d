//! The whole way through a provider nobody here wrote.

use conformance::{
    actor::{Actor, Landing},
    exchange::Reply,
    failure::Outcome,
    human::{Credentials, Human},
    report::StepReport,
    run::run,
    world::World,
};
use serde_json::{Value, json};

use super::{
    CALLBACK, FIRST, depart,
    provider::{Provider, sign_in},
};
use crate::negative::check::page;

/// A world with one provider and nothing else to sign in with.
async fn stage(allow: &str, others: Value) -> Outcome<Option<(World, Provider)>> {
    let Some(mut provider) = Provider::start().await? else { return Ok(None) };
    let builder = World::builder().auth("LOCAL_ACCOUNTS", "off").auth("UPSTREAM_REQUIRE_CLAIM", "");
    let world = provider.settings(builder, "UPSTREAM", allow).start().await?;
    provider.serve(&world, others).await?;
    Ok(Some((world, provider)))
}

/// Allows through a provider and signs in there.
async fn through(actor: &mut Actor, button: &str, login: &str) -> Outcome<Reply> {
    let departure = depart(actor, button).await?;
    sign_in(actor, &departure, login).await
}

/// Who that is, as the tokens say: `sub`, e-mail, and whether it is vouched for.
async fn who(actor: &mut Actor, button: &str, login: &str) -> Outcome<(String, String, bool)> {
    actor.jar.clear();
    actor.fresh();
    let authorize = actor.authorize_request().with("scope", "openid email notes:read");
    let shown = actor.open(authorize).await?;
    let request = actor.decision_request(&shown, button)?;
    let departure = Landing::of(&actor.send(request).await?)?;
    let code = Landing::of(&sign_in(actor, &departure, login).await?)?.code()?;
    let tokens = actor.redeem(&code).await?;
    let address = actor.endpoint("userinfo");
    let request = conformance::actor::Request::get(address).bearer(&tokens.access);
    let claims = actor.send(request).await?.json().unwrap_or_default();
    let text = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
    Ok((text("sub"), text("email"), claims["email_verified"] == json!(true)))
}

#[tokio::test]
async fn the_seven_steps_hold_with_another_s_sign_in() -> Outcome {
    for others in [json!({}), json!({"userinfo": true}), json!({"auth_method": "client_secret_post"})] {
        let Some((world, mut provider)) = stage("example.com", others).await? else { return Ok(()) };
        let mut agent = world.agent()?;
        let credentials = Credentials { email: "ada".to_owned(), password: "any".to_owned() };
        agent.human = Human::Played(credentials);
        let report = run(world.mcp_url(), &agent, &mut ()).await?;
        let lines: Vec<String> = report.steps.iter().map(StepReport::text).collect();
        assert!(report.conformant, "{}", lines.join("\n"));
        let seen = provider.tell(&json!({"seen": true})).await?.to_string();
        assert!(seen.contains("code_verifier") && seen.contains("nonce"), "{seen}");
        assert!(!seen.contains("resource"), "what it is for is not the provider's business: {seen}");
    }
    Ok(())
}

#[tokio::test]
async fn the_same_person_is_the_same_account_and_brings_a_new_address_along() -> Outcome {
    let Some((world, mut provider)) = stage("anyone", json!({})).await? else { return Ok(()) };
    let mut actor = world.actor().await?;
    let (ada, email, vouched) = who(&mut actor, FIRST, "ada").await?;
    assert_eq!((email.as_str(), vouched), ("ada@example.com", true));
    provider.tell(&json!({"addresses": {"ada": "ada@other.example"}})).await?;
    let (again, email, _) = who(&mut actor, FIRST, "ada").await?;
    assert_eq!((again.as_str(), email.as_str()), (ada.as_str(), "ada@other.example"));
    let (other, email, vouched) = who(&mut actor, FIRST, "unverified").await?;
    assert_ne!(other, ada);
    assert_eq!((email.as_str(), vouched), ("unverified@example.com", false));
    Ok(())
}

#[tokio::test]
async fn two_providers_may_both_know_an_ada() -> Outcome {
    let (Some(mut first), Some(mut second)) = (Provider::start().await?, Provider::start().await?) else {
        return Ok(());
    };
    let builder = first.settings(World::builder(), "UPSTREAM", "anyone");
    let world = second.settings(builder, "UPSTREAM_2", "anyone").start().await?;
    first.serve(&world, json!({})).await?;
    let own = format!("{}{CALLBACK}/2", world.issuer());
    second.serve(&world, json!({"redirect_uri": own})).await?;
    let mut actor = world.actor().await?;
    let (one, email, _) = who(&mut actor, FIRST, "ada").await?;
    let (two, same_email, _) = who(&mut actor, "provider:2", "ada").await?;
    assert_eq!(email, same_email);
    assert_ne!(one, two, "an address is nobody's proof of being somebody");
    Ok(())
}

#[tokio::test]
async fn who_may_not_enter_is_told_with_which_address() -> Outcome {
    let Some((world, _provider)) = stage("example.com eve@other.example", json!({})).await? else {
        return Ok(());
    };
    for (login, said) in [
        ("mallory@elsewhere.example", "mallory@elsewhere.example may not use this server"),
        ("unverified", "does not say that the address unverified@example.com is really yours"),
    ] {
        let mut actor = world.actor().await?;
        let reply = through(&mut actor, FIRST, login).await?;
        page(login, &reply, 403);
        assert!(reply.text().contains(said), "{login}: {}", reply.text());
    }
    let mut actor = world.actor().await?;
    Landing::of(&through(&mut actor, FIRST, "eve@other.example").await?)?.code()?;
    Ok(())
}

#[tokio::test]
async fn a_claim_can_be_required_wherever_it_is_told() -> Outcome {
    for others in [json!({}), json!({"userinfo": true})] {
        let Some(mut provider) = Provider::start().await? else { return Ok(()) };
        let builder = World::builder().auth("UPSTREAM_REQUIRE_CLAIM", "groups=mcp-users");
        let world = provider.settings(builder, "UPSTREAM", "anyone").start().await?;
        provider.serve(&world, others).await?;
        let mut actor = world.actor().await?;
        page("eve", &through(&mut actor, FIRST, "eve").await?, 403);
        actor.jar.clear();
        Landing::of(&through(&mut actor, FIRST, "ada").await?)?.code()?;
    }
    Ok(())
}

#[tokio::test]
async fn a_refusal_there_is_a_refusal_here() -> Outcome {
    let Some((world, _provider)) = stage("anyone", json!({})).await? else { return Ok(()) };
    let mut actor = world.actor().await?;
    let departure = depart(&mut actor, FIRST).await?;
    // Its page has a link to abort: the address of the page, and `abort` below it.
    let start = conformance::actor::Request::get(departure.url.clone()).by_human();
    let interaction = Landing::of(&actor.send(start).await?)?.url;
    let issuer = departure.url.split("/auth").next().unwrap_or_default().to_owned();
    let abort = format!("{issuer}{}/abort", interaction.trim_start_matches(&issuer));
    let mut reply = actor.send(conformance::actor::Request::get(abort).by_human()).await?;
    while let Some(next) = reply.header("location").map(str::to_owned) {
        if next.starts_with(actor.redirect_uri()) {
            break;
        }
        reply = actor.send(conformance::actor::Request::get(next).by_human()).await?;
    }
    let landing = Landing::of(&reply)?;
    assert_eq!(landing.get("error"), Some("access_denied"));
    assert_eq!(landing.get("state"), Some(actor.state.as_str()));
    assert_eq!(landing.get("iss"), Some(world.issuer()));
    Ok(())
}
