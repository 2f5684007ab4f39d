//! A document is fetched once for many requests, as long as its host says, and within our own bounds.

use std::time::Duration;

use conformance::{
    failure::Outcome,
    host::{Host, Served},
};
use futures_util::future::join_all;
use serde_json::json;

use super::{PATH, ask, document, published, stage, told, with};
use crate::negative::check::{page, refused, seconds};

#[tokio::test]
async fn one_fetch_serves_many_requests() -> Outcome {
    let (world, host) = stage().await?;
    let mut actor = published(&world, &host)?;
    let tokens = actor.sign_in().await?;
    actor.refresh(&tokens.refresh).await?;
    actor.fresh().sign_in().await?;
    assert_eq!(host.requests(PATH), 1);
    let head = &host.heads(PATH)[0].to_ascii_lowercase();
    assert!(head.contains("\r\naccept: application/json\r\n"), "{head}");
    assert!(head.contains("\r\nuser-agent: gatehouse/"), "{head}");
    assert!(!head.contains("\r\ncookie:") && !head.contains("\r\nauthorization:"), "{head}");
    // An hour, because its host did not say.
    world.advance(seconds(3598));
    page("the same", &ask(&mut actor).await?, 200);
    assert_eq!(host.requests(PATH), 1);
    world.advance(seconds(2));
    page("anew", &ask(&mut actor).await?, 200);
    assert_eq!(host.requests(PATH), 2);
    Ok(())
}

#[tokio::test]
async fn the_host_says_how_long_within_bounds() -> Outcome {
    let (world, host) = stage().await?;
    let mut actor = published(&world, &host)?;
    let answer = || Served::json(&document(&host));
    for (what, served, lifetime) in [
        ("five minutes", answer().header("cache-control", "public, max-age=300"), 300),
        (
            "five minutes, two of them ago",
            answer().header("cache-control", "max-age=300").header("age", "120"),
            180,
        ),
        ("a second", answer().header("cache-control", "max-age=1"), 60),
        ("not at all", answer().header("cache-control", "no-store"), 60),
        ("since long ago", answer().header("expires", "Thu, 01 Jan 1970 00:00:00 GMT"), 60),
        ("a year", answer().header("cache-control", "max-age=31536000"), 24 * 3600),
        ("for ever", answer().header("expires", "Fri, 31 Dec 9999 23:59:59 GMT"), 24 * 3600),
    ] {
        // Past whatever the one before had said.
        world.advance(seconds(24 * 3600));
        host.publish(PATH, served);
        let before = host.requests(PATH);
        for (wait, fetches) in [(0, 1), (lifetime - 2, 1), (2, 2)] {
            world.advance(seconds(wait));
            page(what, &ask(&mut actor).await?, 200);
            assert_eq!(host.requests(PATH) - before, fetches, "{what}, {wait} seconds later");
        }
    }
    Ok(())
}

#[tokio::test]
async fn many_first_requests_are_one_fetch() -> Outcome {
    let (world, host) = stage().await?;
    let actor = published(&world, &host)?;
    let slow = |served: Served| served.after(Duration::from_millis(300));
    let at_once = |times: usize| {
        let one = |_| {
            let mut actor = actor.clone();
            async move { ask(&mut actor).await }
        };
        join_all((0..times).map(one))
    };
    host.publish(PATH, slow(Served::json(&document(&host))));
    for reply in at_once(20).await {
        page("at once", &reply?, 200);
    }
    assert_eq!(host.requests(PATH), 1);
    // The same for one that is out of order, and for those who come a little later.
    world.advance(seconds(24 * 3600));
    host.publish(PATH, slow(Served::json(&json!({}))));
    for reply in at_once(20).await.into_iter().chain(at_once(3).await) {
        page("at once", &reply?, 400);
    }
    assert_eq!(host.requests(PATH), 2);
    Ok(())
}

/// CIMD §4.4: an error is not kept as a document. It is only not asked for again at once.
#[tokio::test]
async fn a_document_that_was_put_in_order_is_soon_read() -> Outcome {
    let (world, host) = stage().await?;
    let mut actor = published(&world, &host)?;
    host.publish(PATH, Served::json(&with(&document(&host), "client_name", json!(null))));
    told("no name", &mut actor, "no client_name").await?;
    host.publish(PATH, Served::json(&document(&host)));
    told("a moment later", &mut actor, "no client_name").await?;
    assert_eq!(host.requests(PATH), 1);
    world.advance(seconds(30));
    actor.sign_in().await?;
    Ok(())
}

/// CIMD §4.5, §6.3: what the document says now counts, not what it said when the code was issued.
#[tokio::test]
async fn a_redirect_uri_that_was_taken_away_is_no_longer_one() -> Outcome {
    let (world, host) = stage().await?;
    let mut actor = published(&world, &host)?;
    let code = actor.approve().await?;
    change_redirect(&host);
    page("still in memory", &ask(&mut actor).await?, 200);
    world.advance(seconds(3600));
    page("asked for again", &ask(&mut actor).await?, 400);
    // A code lives for ten minutes, and this document for one.
    host.publish(PATH, Served::json(&document(&host)).header("cache-control", "max-age=60"));
    world.advance(seconds(3600));
    let code_of_now = actor.approve().await?;
    change_redirect(&host);
    world.advance(seconds(60));
    for code in [code, code_of_now] {
        let request = actor.token_request(&code);
        refused("a code of before", &actor.send(request).await?, (400, "invalid_grant"));
    }
    page("a request", &ask(&mut actor).await?, 400);
    Ok(())
}

fn change_redirect(host: &Host) {
    let changed = with(&document(host), "redirect_uris", json!(["https://client.example/other"]));
    host.publish(PATH, Served::json(&changed));
}
