//! Ways to sign in that outlived what they stand beside, and people who looked like others.

use auth_server::flow::{accounts, links};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use conformance::{
    actor::{Actor, Landing, Request},
    failure::Outcome,
    world::{EMAIL, World},
};
use ring::digest::{SHA256, digest};
use serde_json::json;

use super::super::{
    FIRST, NEW_PASSWORD,
    authenticator::{add, call, sign_in_request},
    depart,
    fake::Fake,
    form, look, return_request,
};
use crate::negative::check::{page, seconds};

/// Signs in with a provider, in a browser that may know somebody else.
async fn sign_in_there(actor: &mut Actor, fake: &Fake, world: &World) -> Outcome {
    let departure = depart(actor, FIRST).await?;
    fake.meet(&departure, world);
    let request = return_request(actor, &departure);
    Landing::of(&actor.send(request).await?)?.code().map(drop)
}

#[tokio::test]
async fn a_passkey_does_not_outlive_a_reset() -> Outcome {
    for with_a_link in [true, false] {
        let world = World::start().await?;
        let app = world.auth_app()?;
        let mut thief = world.actor().await?;
        thief.sign_in().await?;
        let mut passkey = add(&mut thief, "Telephone").await?;
        let shown = look(&mut thief, "/account").await?;
        assert!(shown.text().contains("sign in as before: Telephone."), "{}", shown.text());
        world.advance(seconds(1));
        let account = accounts::find(app, EMAIL).await?;
        let ended = match with_a_link {
            true => links::reset(app, account).await?.1,
            false => accounts::set_password(app, account, NEW_PASSWORD).await?,
        };
        assert_eq!(ended.passkeys, 1);
        thief.jar.clear();
        let request = sign_in_request(&mut thief, &mut passkey).await?;
        let reply = thief.send(request).await?;
        assert_eq!((reply.status, reply.header("set-cookie")), (403, None), "{}", reply.text());
    }
    Ok(())
}

/// A provider decides each time who comes in.
#[tokio::test]
async fn people_of_a_provider_have_no_passkeys() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let mut actor = world.actor().await?;
    sign_in_there(&mut actor, &fake, &world).await?;
    let request = call(&actor, "/account/passkeys/question", json!({}));
    let reply = actor.send(request).await?;
    assert_eq!(reply.status, 403, "{}", reply.text());
    assert!(reply.text().contains("\"elsewhere\""), "{}", reply.text());
    Ok(())
}

/// Links that were given before, and whatever else stands beside a password.
#[tokio::test]
async fn where_local_accounts_are_off_neither_link_nor_passkey_signs_in() -> Outcome {
    let fake = Fake::start().await?;
    for (local, status) in [("on", 200), ("off", 404)] {
        let builder = fake.settings(World::builder(), "UPSTREAM").auth("LOCAL_ACCOUNTS", local);
        let world = builder.start().await?;
        let (app, mut actor) = (world.auth_app()?, world.actor().await?);
        let (token, now) = ("a-link-from-before", app.clock.now());
        let kept = URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()));
        let invited = (kept, "eve@example.com".to_owned());
        app.store.add_invitation(invited, now + seconds(3600), now).await?;
        page("a link", &look(&mut actor, &format!("/welcome/{token}")).await?, status);
        let asked = actor.send(call(&actor, "/signin/passkey/question", json!({}))).await?;
        assert_eq!(asked.status, status, "{}", asked.text());
        let shown = look(&mut actor, "/account").await?;
        assert_eq!(shown.text().contains("passkey"), local == "on", "{}", shown.text());
        let told = [
            links::invite(app, "mia@example.com", seconds(3600)).await.err(),
            links::reset(app, accounts::find(app, EMAIL).await?).await.err(),
        ];
        for fault in told {
            let told = fault.map(|fault| fault.to_string()).unwrap_or_default();
            assert_eq!(told.contains("LOCAL_ACCOUNTS is off"), local == "off", "{told}");
        }
    }
    Ok(())
}

/// RFC 9700 §4.4: a provider that sends people on to another one does not get that one's code.
#[tokio::test]
async fn each_provider_is_answered_at_an_address_of_its_own() -> Outcome {
    let (first, second) = (Fake::start().await?, Fake::start().await?);
    let builder = first.settings(World::builder(), "UPSTREAM");
    let world = second.settings(builder, "UPSTREAM_2").start().await?;
    let plain = format!("{}/signin/callback", world.issuer());
    for (button, fake, own, others) in [
        (FIRST, &first, plain.clone(), [format!("{plain}/1"), format!("{plain}/2")]),
        ("provider:2", &second, format!("{plain}/2"), [plain.clone(), format!("{plain}/1")]),
    ] {
        for (address, is_own) in others.into_iter().map(|other| (other, false)).chain([(own.clone(), true)]) {
            let mut actor = world.actor().await?;
            let departure = depart(&mut actor, button).await?;
            assert_eq!(departure.get("redirect_uri"), Some(own.as_str()));
            fake.meet(&departure, &world);
            let before = fake.asked("/token");
            let state = departure.get("state").unwrap_or_default();
            let back = Request::get(address.as_str()).by_human().with("code", "a-code").with("state", state);
            let reply = actor.send(back).await?;
            match is_own {
                true => drop(Landing::of(&reply)?.code()?),
                false => page(&address, &reply, 400),
            }
            assert_eq!(fake.asked("/token") - before, usize::from(is_own), "{address}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_address_names_every_account_that_has_it() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let app = world.auth_app()?;
    let mut actor = world.actor().await?;
    fake.with(|acts| acts.claims = json!({"email": "Demo@Example.com"}));
    sign_in_there(&mut actor, &fake, &world).await?;
    let told = accounts::find(app, EMAIL).await.err().map(|fault| fault.to_string());
    assert!(told.is_some_and(|told| told.contains("more than one")), "two accounts, one is overlooked");
    Ok(())
}

#[tokio::test]
async fn an_address_with_characters_that_are_not_seen_is_none() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    for email in ["de\u{200b}mo@example.com", "demo@example.com\u{202e}", "demo\u{feff}@example.com"] {
        let mut actor = world.actor().await?;
        let departure = depart(&mut actor, FIRST).await?;
        fake.meet(&departure, &world);
        fake.with(|acts| acts.claims = json!({"email": email}));
        let request = return_request(&actor, &departure);
        page(email, &actor.send(request).await?, 403);
    }
    Ok(())
}

/// Somebody who knew the browser's cookie could have prepared it before.
#[tokio::test]
async fn what_was_prepared_for_one_person_is_not_for_the_next() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let mut actor = world.actor().await?;
    actor.sign_in().await?;
    let mut attacker = actor.clone();
    attacker.fresh();
    let shown = attacker.open(attacker.authorize_request()).await?;
    let switched = attacker.send(attacker.decision_request(&shown, "switch")?).await?;
    let prepared = Landing::of(&attacker.send(attacker.decision_request(&switched, FIRST)?).await?)?;
    let shown = actor.open(actor.authorize_request().with("prompt", "login")).await?;
    let departure = Landing::of(&actor.send(actor.decision_request(&shown, FIRST)?).await?)?;
    fake.meet(&departure, &world);
    let request = return_request(&actor, &departure);
    Landing::of(&actor.send(request).await?)?.code()?;
    page("in the browser of the next", &actor.send(return_request(&actor, &prepared)).await?, 400);
    Ok(())
}

#[tokio::test]
async fn one_place_does_not_fill_the_room_on_the_way_to_providers() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.settings(World::builder(), "UPSTREAM").auth("RATE_LIMITS", "on").start().await?;
    let mut actor = world.actor().await?;
    let shown = actor.open(actor.authorize_request()).await?;
    let request = actor.decision_request(&shown, FIRST)?;
    let mut sent = 0;
    let reply = loop {
        let reply = actor.send(request.clone()).await?;
        match reply.status {
            303 if sent < 1000 => sent += 1,
            _ => break reply,
        }
    };
    page("too many", &reply, 429);
    assert_eq!((sent, reply.header("retry-after")), (300, Some("1")));
    assert!(reply.text().contains("Wait one second"), "{}", reply.text());
    world.advance(seconds(1));
    Landing::of(&actor.send(request).await?)?;
    let shown = look(&mut actor, "/account").await?;
    let asked = form(&actor, &shown, "ticket")?.with("decision", FIRST);
    assert_eq!(actor.send(asked).await?.status, 429, "from the account page");
    Ok(())
}

/// Whoever once had the password can make many browsers known to the account.
#[tokio::test]
async fn a_browser_is_known_to_one_password_only() -> Outcome {
    let world = World::builder().auth("RATE_LIMITS", "on").start().await?;
    let (mut owner, mut thief) = (world.actor().await?, world.actor().await?);
    owner.sign_in().await?;
    let mut jars = Vec::new();
    for _ in 0..3 {
        thief.jar.clear();
        thief.fresh().sign_in().await?;
        jars.push(thief.jar.clone());
    }
    let shown = look(&mut owner, "/account").await?;
    let change = form(&owner, &shown, "new_password")?;
    let change = change.with("new_password", NEW_PASSWORD).with("repeated", NEW_PASSWORD);
    assert_eq!(owner.send(change).await?.status, 303);
    let mut guesses = 0;
    for jar in jars {
        thief.jar = jar;
        let shown = thief.open(thief.authorize_request()).await?;
        let request = thief.decision_request(&shown, "allow")?.with("password", "a guess at it");
        while thief.send(request.clone()).await?.status == 403 {
            guesses += 1;
        }
    }
    assert_eq!(guesses, 10, "as many as a stranger has");
    let shown = look(&mut owner, "/account").await?;
    assert_eq!(owner.send(form(&owner, &shown, "ticket")?).await?.status, 303, "signed out");
    NEW_PASSWORD.clone_into(&mut owner.password);
    owner.fresh().sign_in().await?;
    Ok(())
}
