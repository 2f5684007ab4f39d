//! What a provider says: believed when it fits what it was asked, and not otherwise.

use std::time::Duration;

use conformance::{
    actor::{Actor, Landing},
    assertion::{Algorithm, Signer},
    failure::Outcome,
};
use serde_json::json;

use super::{FIRST, answered, come_back, depart, fake::Fake, return_request};
use crate::negative::check::page;

#[tokio::test]
async fn a_good_answer_signs_in() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let reply = answered(&world, &fake, json!({})).await?;
    assert!(reply.header("set-cookie").is_some(), "signed in");
    Landing::of(&reply)?.code()?;
    fake.with(|acts| {
        let form = acts.forms.concat();
        assert!(form.contains("code_verifier=") && form.contains("grant_type=authorization_code"), "{form}");
        assert!(!form.contains("resource"), "{form}");
    });
    Ok(())
}

#[tokio::test]
async fn an_id_token_that_does_not_fit_signs_nobody_in() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let now = world.clock().now().seconds();
    for (what, claims) in [
        ("another nonce", json!({"nonce": "another"})),
        ("no nonce", json!({"nonce": null})),
        ("another issuer", json!({"iss": "https://id.example.com"})),
        ("another audience", json!({"aud": "somebody-else"})),
        ("a further audience", json!({"aud": ["gatehouse", "somebody-else"]})),
        ("expired", json!({"exp": now - 120})),
        ("no algorithm", json!({"header:alg": "none"})),
        ("a secret's algorithm", json!({"header:alg": "HS256"})),
        ("an unknown key", json!({"header:kid": "unknown"})),
        ("no person", json!({"sub": ""})),
        ("a person no row can hold", json!({"sub": "a".repeat(256)})),
    ] {
        let reply = answered(&world, &fake, claims).await?;
        page(what, &reply, 502);
        assert!(reply.text().contains("Example ID did not answer as this server expects"), "{what}");
        assert_eq!(reply.header("set-cookie"), None, "{what}");
    }
    Landing::of(&answered(&world, &fake, json!({})).await?)?.code()?;
    Ok(())
}

#[tokio::test]
async fn a_new_key_is_fetched_once_and_a_stranger_s_is_not_believed() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    Landing::of(&answered(&world, &fake, json!({})).await?)?.code()?;
    let next = Signer::fresh(Algorithm::Es256)?;
    fake.with(|acts| (acts.keys, acts.signer) = (next.jwks(), next));
    world.advance(Duration::from_secs(11));
    Landing::of(&answered(&world, &fake, json!({})).await?)?.code()?;
    assert_eq!(fake.asked("/jwks"), 2);
    // A key of the right name that is not the published one.
    let (stranger, kid) = (Signer::fresh(Algorithm::Es256)?, fake.with(|acts| acts.signer.kid().to_owned()));
    fake.with(|acts| acts.signer = stranger);
    page("a stranger's key", &answered(&world, &fake, json!({"header:kid": kid})).await?, 502);
    // Unknown names do not make it ask again and again.
    for _ in 0..3 {
        page("an unknown key", &answered(&world, &fake, json!({"header:kid": "unknown"})).await?, 502);
    }
    assert_eq!(fake.asked("/jwks"), 2);
    Ok(())
}

#[tokio::test]
async fn who_answers_is_checked_where_it_is_said() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    for (iss, status) in [("https://id.example.com", 502), (fake.issuer.as_str(), 303)] {
        let mut actor = world.actor().await?;
        let departure = depart(&mut actor, FIRST).await?;
        fake.meet(&departure, &world);
        let request = return_request(&actor, departure.get("state").unwrap_or_default()).with("iss", iss);
        assert_eq!(actor.send(request).await?.status, status, "{iss}");
    }
    // RFC 9207 §2.4: whoever says that it always names itself must.
    let fake = Fake::start().await?;
    fake.with(|acts| acts.metadata = json!({"authorization_response_iss_parameter_supported": true}));
    let world = fake.world().await?;
    page("no iss", &answered(&world, &fake, json!({})).await?, 502);
    Ok(())
}

#[tokio::test]
async fn without_an_address_there_is_no_account() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    for email in [json!(null), json!("nowhere"), json!("a b@example.com")] {
        page("no address", &answered(&world, &fake, json!({"email": email})).await?, 403);
    }
    Ok(())
}

/// A request that demands something of the sign-in.
async fn demanding(actor: &mut Actor, name: &str, value: &str) -> Outcome<Landing> {
    let authorize = actor.authorize_request().with(name, value);
    let shown = actor.open(authorize).await?;
    let request = actor.decision_request(&shown, FIRST)?;
    Landing::of(&actor.send(request).await?)
}

#[tokio::test]
async fn what_a_client_demands_of_the_sign_in_is_demanded_there_and_checked() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let now = world.clock().now().seconds();
    for (name, value, sent, auth_time, status) in [
        ("prompt", "login", ("prompt", "login"), json!(now), 303),
        ("prompt", "login", ("prompt", "login"), json!(now - 3600), 400),
        ("max_age", "600", ("max_age", "600"), json!(now - 300), 303),
        ("max_age", "600", ("max_age", "600"), json!(now - 900), 400),
        ("max_age", "600", ("max_age", "600"), json!(null), 303),
    ] {
        let mut actor = world.actor().await?;
        let departure = demanding(&mut actor, name, value).await?;
        assert_eq!(departure.get(sent.0), Some(sent.1));
        fake.meet(&departure, &world);
        fake.with(|acts| acts.claims = json!({"auth_time": auth_time}));
        let reply = come_back(&mut actor, &departure).await?;
        assert_eq!(reply.status, status, "{name}={value}, {auth_time}: {}", reply.text());
    }
    Ok(())
}
