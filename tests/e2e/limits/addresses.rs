//! Behind proxies everybody has an address of their own, and nobody chooses theirs. The peer is this machine's loopback.

use conformance::{
    actor::{Actor, Request},
    failure::Outcome,
    world::World,
};

use crate::negative::check::page;

/// Failed attempts of one place at once.
const BURST: usize = 300;

async fn behind(proxies: &str) -> Outcome<World> {
    World::builder().auth("RATE_LIMITS", "on").auth("TRUSTED_PROXIES", proxies).start().await
}

/// A guess that can be sent again and again, in a browser that was never seen.
async fn guess(world: &World) -> Outcome<(Actor, Request)> {
    let mut guesser = world.actor().await?;
    let shown = guesser.open(guesser.authorize_request()).await?;
    let request = guesser.decision_request(&shown, "allow")?.with("password", "a wrong password");
    Ok((guesser, request))
}

/// Sends as many guesses as one place has, each for another account, with the header that `said` makes of a number.
async fn exhaust(world: &World, header: &str, said: impl Fn(usize) -> String) -> Outcome {
    let (mut guesser, request) = guess(world).await?;
    for number in 0..BURST {
        let attempt = request.clone().with("email", format!("{number}@example.com"));
        let reply = guesser.send(attempt.with_header(header, &said(number))).await?;
        assert_eq!(reply.status, 403, "{number}");
    }
    Ok(())
}

/// What a guess from there is answered.
async fn status(world: &World, header: &str, said: &str) -> Outcome<u16> {
    let (mut guesser, request) = guess(world).await?;
    let request = request.with("email", "one-more@example.com").with_header(header, said);
    Ok(guesser.send(request).await?.status)
}

#[tokio::test]
async fn who_guesses_behind_a_proxy_stops_nobody_else_there() -> Outcome {
    let world = behind("private").await?;
    let header = "x-forwarded-for";
    // What stands left of the address that the proxy saw was written by whoever sent it.
    exhaust(&world, header, |number| format!("203.0.113.{}, 192.0.2.1", number % 256)).await?;
    assert_eq!(status(&world, header, "192.0.2.1").await?, 429);
    assert_eq!(status(&world, header, "192.0.2.2, 192.0.2.1").await?, 429);
    assert_eq!(status(&world, header, "192.0.2.1, 10.0.0.9").await?, 429, "a second proxy");
    assert_eq!(status(&world, header, "192.0.2.1, 192.0.2.2").await?, 403, "somebody else");
    // The other header is not read, nor is a guess without any counted with theirs.
    assert_eq!(status(&world, "forwarded", "for=192.0.2.1").await?, 403);
    Ok(())
}

#[tokio::test]
async fn a_peer_that_is_no_proxy_speaks_for_itself() -> Outcome {
    let world = behind("192.0.2.0/24").await?;
    let header = "x-forwarded-for";
    exhaust(&world, header, |number| format!("198.51.100.{}", number % 256)).await?;
    assert_eq!(status(&world, header, "203.0.113.1").await?, 429);
    Ok(())
}

/// RFC 7239, and a subscriber's network of version 6, whichever of its addresses asks.
#[tokio::test]
async fn one_network_of_version_6_is_one_place() -> Outcome {
    let world = behind("1 forwarded").await?;
    let header = "forwarded";
    exhaust(&world, header, |number| format!("for=192.0.2.7, for=\"[2001:db8:1:2::{number:x}]:4711\""))
        .await?;
    assert_eq!(status(&world, header, "for=\"[2001:db8:1:2:ffff::1]\"").await?, 429);
    assert_eq!(status(&world, header, "for=\"[2001:db8:1:3::1]\"").await?, 403);
    Ok(())
}

#[tokio::test]
async fn the_same_address_in_two_spellings_is_one() -> Outcome {
    let world = behind("1").await?;
    let header = "x-forwarded-for";
    let spelled = ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1:4711", "[::ffff:192.0.2.1]:4711"];
    exhaust(&world, header, |number| spelled[number % spelled.len()].to_owned()).await?;
    let (mut guesser, request) = guess(&world).await?;
    let reply = guesser.send(request.with_header(header, "192.0.2.1:5678")).await?;
    page("one more", &reply, 429);
    Ok(())
}
