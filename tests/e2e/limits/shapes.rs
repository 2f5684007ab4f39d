//! Whoever asks too often is told so, each in the shape they read, and nobody else is.

use auth_server::limits::{GRANTS, PAGES, REGISTRATIONS};
use conformance::{
    actor::{Actor, Request, expect},
    exchange::Reply,
    failure::Outcome,
    world::World,
};

use crate::negative::check::{page, seconds};

const HEADER: &str = "x-forwarded-for";

pub(super) async fn limited() -> Outcome<World> {
    World::builder().auth("RATE_LIMITS", "on").auth("TRUSTED_PROXIES", "1").start().await
}

/// Sends a request as often as it may be sent at once; what the next one is answered.
pub(super) async fn exhaust(
    actor: &mut Actor,
    (request, expected): (&Request, u16),
    burst: u32,
) -> Outcome<Reply> {
    for number in 0..burst {
        let reply = actor.send(request.clone()).await?;
        assert_eq!(reply.status, expected, "{number}: {}", reply.text());
    }
    actor.send(request.clone()).await
}

/// RFC 6585 §4.
pub(super) fn too_often(reply: &Reply) {
    assert_eq!(reply.status, 429, "{}", reply.text());
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert!(reply.text().contains("\"error\":\"temporarily_unavailable\""), "{}", reply.text());
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn one_address_registers_only_so_often_and_signs_in_all_the_same() -> Outcome {
    let world = limited().await?;
    let mut actor = world.actor().await?;
    let register = actor.register_request().with_header(HEADER, "192.0.2.1");
    too_often(&exhaust(&mut actor, (&register, 201), REGISTRATIONS.burst).await?);
    // A client that is registered is not kept out, from whatever address; nor are others from registering.
    let other = actor.register_request().with_header(HEADER, "192.0.2.2");
    expect(actor.send(other).await?, 201)?;
    actor.sign_in().await?;
    world.advance(seconds(1));
    expect(actor.send(register).await?, 201)?;
    Ok(())
}

#[tokio::test]
async fn one_browser_asks_for_pages_only_so_often() -> Outcome {
    let world = limited().await?;
    let mut actor = world.actor().await?;
    let account =
        Request::get(format!("{}/account", actor.issuer)).by_human().with_header(HEADER, "2001:db8::1");
    let refused = exhaust(&mut actor, (&account, 200), PAGES.burst).await?;
    page("a page too many", &refused, 429);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!(refused.text().contains("Wait one second and try again."), "{}", refused.text());
    // The same network, and another page of the same kind.
    let neighbour = actor.authorize_request().with_header(HEADER, "2001:db8::2");
    page("from the same network", &actor.send(neighbour).await?, 429);
    let elsewhere = account.clone().with_header(HEADER, "2001:db8:0:1::1");
    page("from elsewhere", &actor.send(elsewhere).await?, 200);
    Ok(())
}

/// One client of many people behind one address: each has their own count.
#[tokio::test]
async fn a_grant_is_refreshed_only_so_often_and_another_not_kept_waiting() -> Outcome {
    let world = limited().await?;
    let mut actor = world.actor().await?;
    let (first, second) = (actor.sign_in().await?, actor.fresh().sign_in().await?);
    // The code that made it was the first.
    let refresh = actor.refresh_request(&first.refresh);
    too_often(&exhaust(&mut actor, (&refresh, 200), GRANTS.burst - 1).await?);
    actor.refresh(&second.refresh).await?;
    // Nothing was spent by being told to wait.
    world.advance(seconds(1));
    expect(actor.send(refresh).await?, 200)?;
    Ok(())
}
