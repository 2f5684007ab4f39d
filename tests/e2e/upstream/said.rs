//! How an address is vouched for, wherever it is told; and in which language somebody learns that they are not signed in.

use conformance::{actor::Landing, failure::Outcome, world::World};
use serde_json::json;

use super::{FIRST, answered, fake::Fake, return_request};
use crate::negative::check::page;

/// A world that lets in whoever has a verified address of one domain.
async fn guarded(fake: &Fake) -> Outcome<World> {
    fake.settings(World::builder(), "UPSTREAM").auth("UPSTREAM_ALLOW", "example.com").start().await
}

#[tokio::test]
async fn an_address_is_vouched_for_by_a_switch_or_by_a_word() -> Outcome {
    let fake = Fake::start().await?;
    let world = guarded(&fake).await?;
    for (verified, status) in [
        (json!(true), 303),
        (json!("true"), 303),
        (json!(false), 403),
        (json!("false"), 403),
        (json!(null), 403),
        // What is neither is no claim of OpenID Connect Core §5.1, and its token no ID token.
        (json!("yes"), 502),
        (json!("TRUE"), 502),
        (json!(""), 502),
        (json!(1), 502),
    ] {
        let reply = answered(&world, &fake, json!({"email_verified": verified})).await?;
        assert_eq!(reply.status, status, "{verified}: {}", reply.text());
        assert_eq!(reply.header("set-cookie").is_some(), status == 303, "{verified}");
    }
    Ok(())
}

#[tokio::test]
async fn an_address_that_only_userinfo_tells_is_vouched_for_there() -> Outcome {
    for (userinfo, status) in [
        (json!({"email": "ada@example.com", "email_verified": true}), 303),
        (json!({"email": "ada@example.com", "email_verified": "true"}), 303),
        (json!({"email": "ada@example.com", "email_verified": "false"}), 403),
        // The ID token vouches for no address that it does not tell.
        (json!({"email": "ada@example.com"}), 403),
        (json!({"email_verified": true}), 403),
        (json!({"sub": "somebody else", "email": "ada@example.com", "email_verified": true}), 502),
    ] {
        let fake = Fake::start().await?;
        let mut told = json!({"sub": "somebody"});
        for (name, value) in userinfo.as_object().into_iter().flatten() {
            told[name] = value.clone();
        }
        fake.with(|acts| acts.userinfo = Some(told));
        let world = guarded(&fake).await?;
        let reply = answered(&world, &fake, json!({"email": null})).await?;
        assert_eq!(reply.status, status, "{userinfo}: {}", reply.text());
        assert_eq!(fake.asked("/userinfo"), 1, "{userinfo}");
    }
    Ok(())
}

/// The client's wish travels with the person; of a state nobody knows there is only what the browser says.
#[tokio::test]
async fn the_language_the_client_asked_for_comes_back_too() -> Outcome {
    let fake = Fake::start().await?;
    let world = guarded(&fake).await?;
    for (ui_locales, accepted, said) in [
        (Some("de-AT"), "en", "darf diesen Server nicht benutzen"),
        (Some("en"), "de", "may not use this server"),
        (None, "de", "darf diesen Server nicht benutzen"),
    ] {
        let mut actor = world.actor().await?;
        let mut authorize = actor.authorize_request();
        if let Some(tags) = ui_locales {
            authorize = authorize.with("ui_locales", tags);
        }
        let shown = actor.open(authorize).await?;
        let request = actor.decision_request(&shown, FIRST)?;
        let departure = Landing::of(&actor.send(request).await?)?;
        fake.meet(&departure, &world);
        fake.with(|acts| acts.claims = json!({"email": "eve@elsewhere.example"}));
        let back = return_request(&actor, departure.get("state").unwrap_or_default());
        let back = back.with_header("accept-language", accepted);
        let reply = actor.send(back.clone()).await?;
        page("not on the list", &reply, 403);
        assert!(reply.text().contains(said), "{ui_locales:?} {accepted}: {}", reply.text());
        let reply = actor.send(back).await?;
        page("once more", &reply, 400);
        assert!(reply.text().contains(&format!("<html lang=\"{accepted}\">")), "{}", reply.text());
    }
    Ok(())
}
