//! Codes: bound to verifier, client, redirect URI and resource, good once, and not for long (OAuth 2.1 §4.1.3).

use conformance::{
    actor::{Actor, Request},
    failure::Outcome,
    world::World,
};

use super::check::{refused, seconds};

const GRANT: (u16, &str) = (400, "invalid_grant");
const REQUEST: (u16, &str) = (400, "invalid_request");
const TARGET: (u16, &str) = (400, "invalid_target");

/// What a code is not redeemed for, with the answer.
fn wrong_requests(actor: &Actor, code: &str) -> Vec<(&'static str, Request, (u16, &'static str))> {
    let happy = || actor.token_request(code);
    let verifier = |text: &str| happy().with("code_verifier", text);
    let own = actor.pkce.verifier.as_str();
    let resource = |text: &str| happy().with("resource", text);
    let mcp = actor.mcp_url.as_str();
    let flipped = if code.ends_with('A') { "Q" } else { "A" };
    let changed = format!("{}{flipped}", &code[..code.len() - 1]);
    vec![
        ("another verifier", verifier(&"a".repeat(43)), GRANT),
        ("the challenge as the verifier", verifier(&actor.pkce.challenge), GRANT),
        ("the verifier cut short", verifier(&own[..42]), GRANT),
        ("the verifier and more", verifier(&format!("{own}a")), GRANT),
        ("a verifier of 42", verifier(&"a".repeat(42)), GRANT),
        ("a verifier of 129", verifier(&"a".repeat(129)), GRANT),
        ("a verifier with a space", verifier(&format!("{own} ")), GRANT),
        ("a verifier outside ASCII", verifier(&"ä".repeat(43)), GRANT),
        ("no verifier", happy().without("code_verifier"), REQUEST),
        ("an empty verifier", verifier(""), REQUEST),
        ("another resource", resource("https://evil.com/mcp"), TARGET),
        ("the other resource here", resource(&mcp.replace("/mcp", "/sse")), TARGET),
        ("the resource and a fragment", resource(&format!("{mcp}#x")), TARGET),
        ("a changed code", happy().with("code", changed), GRANT),
        ("a code cut short", happy().with("code", &code[..code.len() - 1]), GRANT),
        ("garbage", happy().with("code", "garbage"), GRANT),
        ("garbage outside ASCII", happy().with("code", "çöde\0"), GRANT),
        ("10,000 letters", happy().with("code", "A".repeat(10_000)), GRANT),
        ("a registration", happy().with("code", actor.client.id.trim_start_matches("dcr_")), GRANT),
        ("no code", happy().without("code"), REQUEST),
        ("an empty code", happy().with("code", ""), REQUEST),
    ]
}

#[tokio::test]
async fn nothing_wrong_redeems_a_code_and_nothing_wrong_spends_it() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let mut other = world.actor().await?;
    let code = actor.approve().await?;
    for (what, request, answer) in wrong_requests(&actor, &code) {
        refused(what, &actor.send(request).await?, answer);
    }
    other.pkce = actor.pkce.clone();
    let stolen = other.token_request(&code);
    refused("another client", &other.send(stolen).await?, GRANT);
    actor.redeem(&code).await?;
    Ok(())
}

#[tokio::test]
async fn a_code_is_redeemed_for_its_own_redirect_uri() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    actor.persona.redirect_uris.push("https://chatgpt.com/connector/oauth/other".to_owned());
    actor.register().await?;
    let code = actor.approve().await?;
    let other = "https://chatgpt.com/connector/oauth/other";
    let mut rows = vec![(other, code.as_str())];
    for uri in [
        "https://evil.com/",
        "https://chatgpt.com/connector_platform_oauth_redirect/",
        "https://CHATGPT.com/connector_platform_oauth_redirect",
        "not a URI",
    ] {
        // Judged before the code, so that a client learns what it did wrong.
        rows.extend([(uri, code.as_str()), (uri, "garbage")]);
    }
    for (uri, code) in rows {
        let request = actor.token_request(code).with("redirect_uri", uri);
        let reply = actor.send(request).await?;
        refused(uri, &reply, GRANT);
        assert!(reply.text().contains("redirect"), "{uri}: {}", reply.text());
    }
    actor.redeem(&code).await?;
    Ok(())
}

#[tokio::test]
async fn the_second_redemption_ends_what_the_first_one_gave() -> Outcome {
    let mut world = World::start().await?;
    let mut actor = world.actor().await?;
    for restarts in [false, true] {
        let code = actor.approve().await?;
        let tokens = actor.redeem(&code).await?;
        let tokens = actor.refresh(&tokens.refresh).await?;
        if restarts {
            world.restart_auth().await?;
        }
        let request = actor.token_request(&code);
        for _ in 0..2 {
            refused("the second time", &actor.send(request.clone()).await?, GRANT);
        }
        let refresh = actor.refresh_request(&tokens.refresh);
        refused("what the first one gave", &actor.send(refresh).await?, GRANT);
    }
    Ok(())
}

/// Whoever holds a code and nothing else cannot end the grant it opened.
#[tokio::test]
async fn a_replay_that_is_wrong_otherwise_ends_nothing() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let mut thief = world.actor().await?;
    let code = actor.approve().await?;
    let tokens = actor.redeem(&code).await?;
    for (what, request, answer) in wrong_requests(&actor, &code) {
        refused(what, &actor.send(request).await?, answer);
    }
    let unproven = actor.token_request(&code).with("client_secret", "wrong");
    refused("a wrong secret", &actor.send(unproven).await?, (401, "invalid_client"));
    let elsewhere = actor.token_request(&code).with("redirect_uri", "https://evil.com/");
    refused("another redirect URI", &actor.send(elsewhere).await?, GRANT);
    thief.pkce = actor.pkce.clone();
    let stolen = thief.token_request(&code);
    refused("another client", &thief.send(stolen).await?, GRANT);
    actor.refresh(&tokens.refresh).await?;
    Ok(())
}

#[tokio::test]
async fn a_code_expires() -> Outcome {
    let world = World::builder().auth("CODE_LIFETIME", "60").start().await?;
    let mut actor = world.actor().await?;
    let (early, late) = (actor.approve().await?, actor.approve().await?);
    world.advance(seconds(59));
    actor.redeem(&early).await?;
    world.advance(seconds(1));
    let request = actor.token_request(&late);
    refused("the last second is over", &actor.send(request.clone()).await?, GRANT);
    world.advance(seconds(3600));
    refused("an hour later", &actor.send(request).await?, GRANT);
    actor.sign_in().await?;
    Ok(())
}

/// A code that was asked for the other resource opens that one and not this one.
#[tokio::test]
async fn a_code_is_good_for_the_resource_it_was_asked_for() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let sse = world.mcp_url().replace("/mcp", "/sse");
    let asked = actor.authorize_request().with("resource", sse.as_str());
    let code = actor.decide(asked, "allow").await?.code()?;
    let request = actor.token_request(&code);
    refused("the default resource", &actor.send(request.clone()).await?, TARGET);
    assert_eq!(actor.send(request.with("resource", sse)).await?.status, 200);
    Ok(())
}
