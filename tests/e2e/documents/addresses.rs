//! Addresses no document is fetched from (AS-56, AS-59): an error page, at once, and nothing is asked of anybody.

use std::time::{Duration, Instant};

use conformance::{failure::Outcome, host::Host, world::World};

use super::{PATH, REDIRECT, ask, client, published, stage, told};
use crate::negative::check::{page, refused};

/// What a judgement may take that asks nobody.
const AT_ONCE: Duration = Duration::from_secs(2);

#[tokio::test]
async fn an_address_that_breaks_a_rule_is_refused() -> Outcome {
    let (world, host) = stage().await?;
    published(&world, &host)?.sign_in().await?;
    let origin = host.url("");
    let here = origin.trim_start_matches("https://");
    for (id, why) in [
        (origin.clone(), "no path"),
        (format!("{origin}/"), "no path"),
        (format!("{origin}{PATH}#"), "fragment"),
        (format!("{origin}{PATH}#x"), "fragment"),
        (format!("{origin}{PATH}?"), "query"),
        (format!("{origin}{PATH}?x=1"), "query"),
        (format!("https://user@{here}{PATH}"), "user name"),
        (format!("https://user:password@{here}{PATH}"), "user name"),
        (format!("https://client.example@{here}{PATH}"), "user name"),
        (format!("{origin}/x/..{PATH}"), "dot segments"),
        (format!("{origin}/.{PATH}"), "dot segments"),
        (format!("{origin}/x/%2e%2E{PATH}"), "dot segments"),
        (format!("{origin}\\oauth\\client.json"), "plain form"),
        (format!("{origin}/oauth/client.json "), "plain form"),
        (format!("https://LOCALHOST:{}{PATH}", host.port()), "plain form"),
        (format!("https:///{here}{PATH}"), "plain form"),
        (format!("{origin}/{}", "x".repeat(600)), "512"),
        ("https://".to_owned(), "plain form"),
        (format!("{origin}{PATH}\0"), "plain form"),
        (format!("{origin}/\u{202e}{PATH}"), "plain form"),
    ] {
        told(&id, &mut client(&world, &id, REDIRECT)?, why).await?;
    }
    for start in ["http://", "HTTPS://", "https:/", "//", ""] {
        let id = format!("{start}{here}{PATH}");
        page(&id, &ask(&mut client(&world, &id, REDIRECT)?).await?, 400);
    }
    assert_eq!(host.requests(PATH), 1);
    Ok(())
}

/// In whatever way a number is spelled, it is no host on the internet.
#[tokio::test]
async fn addresses_and_local_names_are_refused() -> Outcome {
    let world = World::start().await?;
    for host in [
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.100.100.200",
        "0.0.0.0",
        "8.8.8.8",
        "255.255.255.255",
        "224.0.0.1",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "0xA9.254.0251.0xfe",
        "10.1",
        "[fe80::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[::]",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::]",
        "[2606:4700::1111]",
        "metadata",
        "metadata.google.internal",
        "printer.local",
        "router.home.arpa",
        "a.localhost",
        "localhost.",
        "１６９.254.169.254",
        "169。254。169。254",
    ] {
        for port in ["", ":8443"] {
            let id = format!("https://{host}{port}{PATH}");
            let started = Instant::now();
            told(&id, &mut client(&world, &id, REDIRECT)?, "does not name a host on the internet").await?;
            assert!(started.elapsed() < AT_ONCE, "{id}");
        }
    }
    Ok(())
}

/// What a public deployment does: this machine is as far away as any other private address.
#[tokio::test]
async fn this_machine_is_out_of_reach_unless_it_is_allowed() -> Outcome {
    let world = World::builder().auth("CIMD_ALLOW_LOOPBACK", "off").start().await?;
    let host = Host::start(world.authority()).await?;
    let mut actor = published(&world, &host)?;
    let here = format!("{}{PATH}", host.port());
    for name in ["localhost", "127.0.0.1", "[::1]", "2130706433", "0x7f.1", "0177.0.0.1", "127.1"] {
        actor.client.id = format!("https://{name}:{here}");
        told(name, &mut actor, "does not name a host on the internet").await?;
        let request = actor.token_request("code");
        refused(name, &actor.send(request).await?, (401, "invalid_client"));
    }
    assert_eq!(host.requests(PATH), 0);
    Ok(())
}
