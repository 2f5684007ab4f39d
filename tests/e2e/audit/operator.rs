//! What whoever runs the server does, and what the server does by itself.

use std::time::Duration;

use auth_server::flow::{accounts, keys, links, secrets};
use conformance::{
    failure::Outcome,
    world::{EMAIL, World},
};

use super::{Told, names};

#[tokio::test]
async fn accounts_are_told_of_with_what_was_revoked() -> Outcome {
    let told = Told::start(World::builder()).await?;
    let app = told.world.auth_app()?;
    told.world.actor().await?.sign_in().await?;
    let before = told.events()?.len();
    let account = accounts::find(app, EMAIL).await?;
    links::invite(app, "eve@example.com", Duration::from_secs(3600)).await?;
    accounts::disable(app, account.clone()).await?;
    assert!(accounts::disable(app, account.clone()).await.is_err());
    accounts::enable(app, account.clone()).await?;
    links::reset(app, account.clone()).await?;
    accounts::set_password(app, account.clone(), "another password").await?;
    accounts::remove(app, account.clone()).await?;
    let events = told.since(before)?;
    let expected = [
        "account_invited",
        "account_disabled",
        "account_enabled",
        "password_reset",
        "password_reset",
        "account_removed",
    ];
    assert_eq!(names(&events), expected);
    assert_eq!(events[0]["email"], "eve@example.com");
    assert!(events[1..].iter().all(|event| event["account"] == account.id.as_str()), "{events:?}");
    assert_eq!((&events[1]["count"], &events[5]["count"]), (&1.into(), &0.into()));
    assert!(events.iter().all(|event| event.get("address").is_none()), "{events:?}");
    Ok(())
}

#[tokio::test]
async fn keys_are_told_of_whoever_changes_them() -> Outcome {
    let told = Told::start(World::builder()).await?;
    let app = told.world.auth_app()?;
    let next = keys::rotate(app).await?;
    keys::rotate(app).await?;
    keys::retire(app, &next.kid, false).await?;
    assert_eq!(keys::retire(app, &next.kid, false).await?, keys::Retirement::Unknown);
    secrets::reseal(app).await?;
    let events = told.events()?;
    let expected =
        ["signing_key_made", "account_added", "signing_key_made", "signing_key_retired", "secrets_resealed"];
    assert_eq!(names(&events), expected);
    assert_eq!((&events[0]["by"], &events[2]["by"]), (&"server".into(), &"operator".into()));
    assert_eq!((&events[2]["key"], &events[3]["key"]), (&next.kid.clone().into(), &next.kid.into()));
    assert_eq!(events[3]["reason"], "withdrawn");
    Ok(())
}
