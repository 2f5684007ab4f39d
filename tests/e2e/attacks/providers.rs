//! A provider that lies, and people who come from it: nobody becomes somebody else.

use auth_server::flow::accounts;
use conformance::{
    actor::{Actor, Landing},
    exchange::Reply,
    failure::{Failure, Outcome},
    world::World,
};
use serde_json::{Value, json};

use super::{EMAIL, FIRST, depart, fake::Fake, look, return_request};
use crate::negative::check::page;

/// Somebody else who comes back with these claims, in a browser of their own.
async fn arrives(world: &World, fake: &Fake, claims: Value) -> Outcome<(Actor, Reply)> {
    let mut actor = world.actor().await?;
    let departure = depart(&mut actor, FIRST).await?;
    fake.meet(&departure, world);
    fake.with(|acts| acts.claims = claims);
    let request = return_request(&actor, &departure);
    let reply = actor.send(request).await?;
    Ok((actor, reply))
}

/// The account somebody came into.
async fn account_of(world: &World, fake: &Fake, claims: Value) -> Outcome<String> {
    let (mut actor, reply) = arrives(world, fake, claims).await?;
    let code = Landing::of(&reply)?.code()?;
    let access = actor.redeem(&code).await?.access;
    let claims = world.auth_app()?.mint.read_access_token(&access);
    claims.map(|claims| claims.sub.clone()).ok_or_else(|| Failure::new("no token of ours"))
}

#[tokio::test]
async fn an_address_is_nobody_s_account() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let mut owner = world.actor().await?;
    let tokens = owner.sign_in().await?;
    let hers = world.auth_app()?.mint.read_access_token(&tokens.access).map(|claims| claims.sub.clone());
    for (what, claims) in [
        ("the address of a local account", json!({"email": EMAIL, "sub": "first"})),
        ("the same in capitals", json!({"email": EMAIL.to_uppercase(), "sub": "second"})),
        ("its id as the name of a person", json!({"email": EMAIL, "sub": hers.clone()})),
        ("not vouched for", json!({"email": EMAIL, "email_verified": false, "sub": "third"})),
    ] {
        let account = account_of(&world, &fake, claims).await?;
        assert_ne!(Some(&account), hers.as_ref(), "{what}");
    }
    // None of them sees what the owner let in, and the owner's password is for the owner's account alone.
    let (mut other, _) = arrives(&world, &fake, json!({"email": EMAIL, "sub": "first"})).await?;
    let shown = look(&mut other, "/account").await?;
    assert!(shown.text().contains(EMAIL) && !shown.text().contains(&owner.client.id), "{}", shown.text());
    assert!(!shown.text().contains("Change password"), "{}", shown.text());
    owner.jar.clear();
    let again = owner.fresh().sign_in().await?;
    let again = world.auth_app()?.mint.read_access_token(&again.access).map(|claims| claims.sub.clone());
    assert_eq!(again, hers);
    owner.refresh(&tokens.refresh).await?;
    Ok(())
}

#[tokio::test]
async fn people_whose_names_are_alike_are_different_people() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let mut accounts = std::collections::BTreeSet::new();
    let names = [
        "ada",
        "Ada",
        "ADA",
        "ada ",
        " ada",
        "a\u{301}da",
        "\u{e1}da",
        "ad\u{430}",
        "ada\u{200b}",
        "1",
        "1.0",
        "'--",
    ];
    for name in names {
        accounts.insert(account_of(&world, &fake, json!({"sub": name})).await?);
    }
    assert_eq!(accounts.len(), names.len(), "two of them share an account");
    assert!(
        accounts.contains(&account_of(&world, &fake, json!({"sub": "ada"})).await?),
        "the same is the same"
    );
    for (what, name) in [
        ("a zero byte", json!("ada\0")),
        ("a line break", json!("ada\nadmin")),
        ("an escape", json!("\u{1b}[2J")),
        ("64 KiB", json!("a".repeat(65_536))),
        ("a number", json!(1)),
        ("a list", json!(["ada"])),
        ("none", json!(null)),
    ] {
        let (_, reply) = arrives(&world, &fake, json!({"sub": name})).await?;
        page(what, &reply, 502);
        assert_eq!(reply.header("set-cookie"), None, "{what}");
    }
    Ok(())
}

/// OpenID Connect Core §5.3.2: what is told of somebody else is told of nobody.
#[tokio::test]
async fn userinfo_of_somebody_else_is_not_believed() -> Outcome {
    let fake = Fake::start().await?;
    // One address that answers with keys and, in the same document, with claims.
    let metadata = json!({"userinfo_endpoint": format!("{}/jwks", fake.issuer)});
    fake.with(|acts| acts.metadata = metadata);
    let world = fake.world().await?;
    for (what, subject, status) in [
        ("somebody else", json!("another"), 502),
        ("nobody", json!(null), 502),
        ("themselves", json!("somebody"), 303),
    ] {
        fake.with(|acts| {
            acts.keys["sub"] = subject;
            acts.keys["email"] = json!("told@example.com");
        });
        let (_, reply) = arrives(&world, &fake, json!({"email": null})).await?;
        assert_eq!(reply.status, status, "{what}: {}", reply.text());
    }
    let told = accounts::find(world.auth_app()?, "told@example.com").await?;
    assert!(!told.is_local());
    Ok(())
}

/// Where its metadata leads is asked nothing, unless it is where the provider itself may be.
#[tokio::test]
async fn metadata_leads_nowhere_inside() -> Outcome {
    for (name, address) in [
        ("jwks_uri", "http://10.0.0.1/jwks"),
        ("jwks_uri", "http://169.254.169.254/latest/meta-data"),
        ("token_endpoint", "http://[fd00::1]/token"),
        ("token_endpoint", "https://id.example.com/token"),
        ("authorization_endpoint", "https://id.example.com/authorize"),
        ("authorization_endpoint", "javascript:alert(1)"),
        ("jwks_uri", "file:///etc/passwd"),
        ("issuer", "https://id.example.com"),
    ] {
        let fake = Fake::start().await?;
        fake.with(|acts| acts.metadata = json!({name: address}));
        let world = fake.world().await?;
        let mut actor = world.actor().await?;
        let shown = actor.open(actor.authorize_request()).await?;
        let request = actor.decision_request(&shown, FIRST)?;
        let mut reply = actor.send(request).await?;
        // An address for tokens is first used when somebody is back.
        if reply.status == 303 {
            assert_eq!(name, "token_endpoint", "{name} {address}");
            let departure = Landing::of(&reply)?;
            fake.meet(&departure, &world);
            let request = return_request(&actor, &departure);
            reply = actor.send(request).await?;
        }
        page(address, &reply, 502);
        assert!(!reply.text().contains(address), "{}", reply.text());
    }
    Ok(())
}

/// What a provider says somebody is called, on every page that says it.
#[tokio::test]
async fn an_address_is_text_wherever_it_is_shown() -> Outcome {
    const HOSTILE: &str = "\"><script>alert(1)</script>@x.example";
    let fake = Fake::start().await?;
    let world = fake.settings(World::builder(), "UPSTREAM").start().await?;
    let (mut actor, reply) = arrives(&world, &fake, json!({"email": HOSTILE})).await?;
    Landing::of(&reply)?.code()?;
    let authorize = actor.authorize_request();
    let decision = actor.open(authorize).await?;
    let mut pages = vec![decision];
    for path in ["/account", "/welcome"] {
        pages.push(look(&mut actor, path).await?);
    }
    let strict =
        fake.settings(World::builder(), "UPSTREAM").auth("UPSTREAM_ALLOW", "example.org").start().await?;
    for verified in [true, false] {
        let claims = json!({"email": HOSTILE, "email_verified": verified});
        pages.push(arrives(&strict, &fake, claims).await?.1);
    }
    for shown in pages {
        let text = shown.text();
        assert!(text.contains("alert(1)"), "the address is not shown: {text}");
        assert!(!text.contains("<script>alert") && !text.contains("\"><script"), "{text}");
    }
    Ok(())
}

/// Two who come back with the same state at the same time: one is answered.
#[tokio::test]
async fn of_many_who_come_back_at_once_one_is_let_in() -> Outcome {
    let fake = Fake::start().await?;
    let world = fake.world().await?;
    let mut actor = world.actor().await?;
    let departure = depart(&mut actor, FIRST).await?;
    fake.meet(&departure, &world);
    let request = return_request(&actor, &departure);
    let sent = (0..16).map(|_| {
        let (mut actor, request) = (actor.clone(), request.clone());
        async move { actor.send(request).await }
    });
    let replies = futures_util::future::try_join_all(sent).await?;
    assert_eq!(replies.iter().filter(|reply| reply.status == 303).count(), 1);
    assert!(replies.iter().all(|reply| matches!(reply.status, 303 | 400)));
    assert_eq!(fake.asked("/token"), 1, "the code is sent once");
    Ok(())
}
