//! What is published, and is no document of a client (AS-57, AS-60): an error page in bounded time that tells which rule
//! is broken, and not a word of what was published.

use std::time::{Duration, Instant};

use conformance::{
    failure::Outcome,
    host::{Authority, Host, Served},
    world::World,
};
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use super::{PATH, REDIRECT, ask, client, document, published, told, with};
use crate::negative::check::refused;

/// What must not be seen outside.
const INSIDE: &str = "what-is-inside";
/// One second for the fetch, and the rest for a busy machine.
const BOUND: Duration = Duration::from_secs(4);

/// A world that waits for one second, and a host it trusts.
async fn stage() -> Outcome<(World, Host)> {
    let world = World::builder().auth("CIMD_TIMEOUT", "1").start().await?;
    let host = Host::start(world.authority()).await?;
    Ok((world, host))
}

/// Publishes each answer at a path of its own, and the page says why it is refused.
async fn each_is_refused(rows: Vec<(&str, &str, Served)>, (world, host): (&World, &Host)) -> Outcome {
    for (number, (what, why, served)) in rows.into_iter().enumerate() {
        let path = format!("/{number}");
        host.publish(&path, served);
        let mut actor = client(world, &host.url(&path), REDIRECT)?;
        let started = Instant::now();
        told(what, &mut actor, why).await?;
        let reply = ask(&mut actor).await?;
        assert!(!reply.text().contains(INSIDE), "{what}: {}", reply.text());
        let request = actor.token_request("code");
        refused(what, &actor.send(request).await?, (401, "invalid_client"));
        assert!(started.elapsed() < BOUND, "{what} took {:?}", started.elapsed());
        assert_eq!(host.requests(&path), 1, "{what}");
    }
    published(world, host)?.sign_in().await?;
    Ok(())
}

/// The good document of that path with a member changed.
fn changed(host: &Host, number: usize, member: &str, value: Value) -> Served {
    let document = with(&document(host), "client_id", json!(host.url(&format!("/{number}"))));
    Served::json(&with(&with(&document, "software_id", json!(INSIDE)), member, value))
}

#[tokio::test]
async fn a_document_that_breaks_a_rule_is_refused() -> Outcome {
    let (world, host) = stage().await?;
    let rows = [
        ("client_id", json!(null), "client_id in the document"),
        ("client_id", json!(host.url("/elsewhere")), "client_id in the document"),
        ("client_id", json!(host.url("/2/")), "client_id in the document"),
        ("client_secret", json!(INSIDE), "secret"),
        ("client_secret_expires_at", json!(0), "secret"),
        ("token_endpoint_auth_method", json!("client_secret_post"), "secret"),
        ("token_endpoint_auth_method", json!("client_secret_basic"), "secret"),
        ("token_endpoint_auth_methods_supported", json!(["none", "client_secret_jwt"]), "secret"),
        ("token_endpoint_auth_methods_supported", json!(["tls_client_auth"]), "none of the ways"),
        ("token_endpoint_auth_method", json!("private_key_jwt"), "none of the ways"),
        ("client_name", json!(null), "no client_name"),
        ("redirect_uris", json!(null), "redirect_uris"),
        ("redirect_uris", json!([]), "redirect_uris"),
        ("redirect_uris", json!(["javascript:alert(1)"]), "redirect URI"),
        ("redirect_uris", json!(["http://client.example/callback"]), "redirect URI"),
        ("redirect_uris", json!(["cursor://anysphere.cursor-mcp/oauth/callback"]), "redirect URI"),
        ("grant_types", json!(["client_credentials"]), "grant_types"),
        ("jwks_uri", json!("http://client.example/jwks.json"), "jwks_uri"),
    ];
    let rows = rows.into_iter().enumerate();
    let rows =
        rows.map(|(number, (member, value, why))| (member, why, changed(&host, number, member, value)));
    each_is_refused(rows.collect(), (&world, &host)).await
}

#[tokio::test]
async fn an_answer_that_is_no_document_is_refused() -> Outcome {
    let (world, host) = stage().await?;
    let target = host.url("/target");
    host.publish("/target", Served::json(&with(&document(&host), "client_id", json!(target))));
    let good = |number: usize| changed(&host, number, "client_uri", json!(host.url("/")));
    let typed = |number: usize, kind: &str| good(number).header("content-type", kind);
    let rows = vec![
        ("a redirect", "status 302", Served::redirect(302, &target)),
        ("a lasting redirect", "status 308", Served::redirect(308, &target)),
        ("not found", "status 404", good(2).status(404)),
        ("an error", "status 500", good(3).status(500)),
        ("created", "status 201", good(4).status(201)),
        ("no JSON", "not a JSON object", Served::bytes("application/json", INSIDE)),
        ("a list", "not a JSON object", Served::json(&json!([INSIDE]))),
        (
            "half an object",
            "not a JSON object",
            Served::bytes("application/json", format!("{{\"{INSIDE}\":")),
        ),
        ("nothing", "not a JSON object", Served::bytes("application/json", "")),
        ("a page", "not marked as JSON", Served::bytes("text/html", format!("<p>{INSIDE}"))),
        ("JSON marked as a page", "not marked as JSON", typed(10, "text/html")),
        ("JSON marked as text", "not marked as JSON", typed(11, "text/plain")),
        ("JSON not marked", "not marked as JSON", good(12).without_header("content-type")),
    ];
    each_is_refused(rows, (&world, &host)).await?;
    assert_eq!(host.requests("/target"), 0);
    Ok(())
}

#[tokio::test]
async fn an_answer_without_bounds_is_refused_in_bounds() -> Outcome {
    let (world, host) = stage().await?;
    let large = || Served::json(&json!({"software_id": INSIDE.repeat(400)}));
    let pause = Duration::from_millis(200);
    let rows = vec![
        ("more than is read", "larger than 5120 bytes", large()),
        ("more than is read, in pieces", "larger than 5120 bytes", large().in_chunks(100)),
        ("a body without an end", "larger than 5120 bytes", Served::json(&json!({INSIDE: 1})).endless()),
        ("a slow body", "in time", large().slowly(pause)),
        ("a slow answer", "in time", large().after(Duration::from_secs(60))),
    ];
    each_is_refused(rows, (&world, &host)).await?;
    // Large, and not too large.
    let most = with(&document(&host), "software_id", json!("x".repeat(4800)));
    host.publish(PATH, Served::json(&most).in_chunks(7));
    world.advance(Duration::from_secs(24 * 3600));
    client(&world, &host.url(PATH), REDIRECT)?.sign_in().await?;
    Ok(())
}

/// Slow documents of one host are in each other's way, and not for long.
#[tokio::test]
async fn whoever_has_to_wait_for_others_is_not_blamed() -> Outcome {
    // Four seconds for the slow ones, two for a turn.
    let world = World::builder().auth("CIMD_TIMEOUT", "4").start().await?;
    let host = Host::start(world.authority()).await?;
    let mut good = published(&world, &host)?;
    let mut slow = Vec::new();
    for number in 0..4 {
        let path = format!("/{number}");
        host.publish(&path, changed(&host, number, "scope", json!(null)).after(Duration::from_secs(60)));
        slow.push(client(&world, &host.url(&path), REDIRECT)?);
    }
    let all_slow = join_all(slow.iter_mut().map(|actor| told("slow", actor, "in time")));
    let waiting = async {
        // Once all of them were asked for.
        while (0..4).any(|number| host.requests(&format!("/{number}")) == 0) {
            tokio::task::yield_now().await;
        }
        told("waiting", &mut good, "too many others").await
    };
    let (slow, waiting) = join(all_slow, waiting).await;
    slow.into_iter().collect::<Outcome<Vec<()>>>()?;
    waiting?;
    assert_eq!(host.requests(PATH), 0);
    good.sign_in().await?;
    Ok(())
}

/// A certificate nobody vouches for is a host that is not there.
#[tokio::test]
async fn a_host_that_cannot_prove_its_name_is_not_believed() -> Outcome {
    let world = World::start().await?;
    let impostor = Host::start(&Authority::fresh()?).await?;
    let mut actor = published(&world, &impostor)?;
    told("an impostor", &mut actor, "host cannot be reached").await?;
    assert_eq!(impostor.requests(PATH), 0);
    Ok(())
}
