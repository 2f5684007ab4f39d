//! Addresses that are said, or that one has plenty of: who guesses tokens at the mcp-server does not move by them.

use conformance::{
    actor::{Actor, Request, expect},
    failure::Outcome,
    world::World,
};
use mcp_server::limits::STATIC_TOKENS;
use serde_json::json;

async fn behind(proxies: &str) -> Outcome<(World, Actor)> {
    let builder = World::builder().mcp("RATE_LIMITS", "on").mcp("STATIC_TOKENS", "on");
    let world = builder.mcp("TRUSTED_PROXIES", proxies).start().await?;
    let actor = world.stranger()?;
    Ok((world, actor))
}

/// A guess that says where it comes from.
fn guess(world: &World, (header, said): (&str, &str)) -> Request {
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    Request::json(format!("{}/a-guess", world.mcp_url()), list).with_header(header, said)
}

/// Without a proxy every one of these headers was written by whoever sent it.
#[tokio::test]
async fn a_header_moves_no_guesser() -> Outcome {
    let (world, mut actor) = behind("").await?;
    for number in 0..=STATIC_TOKENS.burst {
        let address = format!("198.51.100.{number}");
        let attempt = guess(&world, ("x-forwarded-for", &address)).with_header("x-real-ip", &address);
        let attempt = attempt.with_header("forwarded", &format!("for={address}"));
        let expected = if number < STATIC_TOKENS.burst { 401 } else { 429 };
        assert_eq!(actor.send(attempt).await?.status, expected, "{number}");
    }
    Ok(())
}

/// Behind one, what stands left of the address it saw was.
#[tokio::test]
async fn what_is_written_before_the_proxys_own_word_moves_no_guesser() -> Outcome {
    let (world, mut actor) = behind("1").await?;
    for number in 0..STATIC_TOKENS.burst {
        let said = format!("198.51.100.{number}, 192.0.2.1");
        expect(actor.send(guess(&world, ("x-forwarded-for", &said))).await?, 401)?;
    }
    for said in ["192.0.2.1", "198.51.100.200, 192.0.2.1", "::ffff:192.0.2.1", "rubbish, 192.0.2.1:80"] {
        expect(actor.send(guess(&world, ("x-forwarded-for", said))).await?, 429)?;
    }
    expect(actor.send(guess(&world, ("x-forwarded-for", "192.0.2.1, 192.0.2.2"))).await?, 401)?;
    Ok(())
}

/// A subscriber has 2^64 addresses, and whoever rents a site 65,536 networks of them.
#[tokio::test]
async fn nobody_moves_within_their_own_network_or_for_long_within_their_site() -> Outcome {
    let (world, mut actor) = behind("1").await?;
    let from = |network: u32, host: u32| {
        let said = format!("2001:db8:7:{network:x}::{host:x}");
        guess(&world, ("x-forwarded-for", &said))
    };
    let mut refused = 0;
    for network in 0..17 {
        for host in 0..STATIC_TOKENS.burst {
            let status = actor.send(from(network, host)).await?.status;
            assert!(matches!(status, 401 | 429), "{status}");
            refused += u32::from(status == 401);
        }
        expect(actor.send(from(network, 0xffff)).await?, 429)?;
    }
    assert_eq!(refused, 16 * STATIC_TOKENS.burst);
    expect(actor.send(guess(&world, ("x-forwarded-for", "2001:db8:8::1"))).await?, 401)?;
    Ok(())
}
