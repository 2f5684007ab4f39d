//! The keys a document leads to: fetched once for many, looked for anew when one is missing, and from the internet only.

use conformance::{
    actor::{Actor, TokenSet, expect},
    assertion::{Algorithm, Signer, TYPE},
    exchange::Reply,
    failure::Outcome,
    host::{Host, Served},
    world::World,
};
use serde_json::{Value, json};

use super::{PATH, REDIRECT, client, document, stage};
use crate::negative::check::{refused, seconds};

const KEYS: &str = "/oauth/jwks.json";
const WRONG: (u16, &str) = (401, "invalid_client");

/// The document of a client that has nothing but keys.
fn document_with_keys(host: &Host, uri: &str) -> Value {
    let mut document = document(host);
    document["token_endpoint_auth_method"] = json!("private_key_jwt");
    document["jwks_uri"] = json!(uri);
    document
}

fn key_set(signers: &[&Signer]) -> Served {
    Served::json(&json!({"keys": signers.iter().map(|signer| signer.jwk()).collect::<Vec<_>>()}))
}

/// A client with the keys of this answer, that was let in.
async fn let_in(world: &World, host: &Host, keys: Served) -> Outcome<Actor> {
    host.publish(PATH, Served::json(&document_with_keys(host, &host.url(KEYS))));
    host.publish(KEYS, keys);
    client(world, &host.url(PATH), REDIRECT)
}

/// Redeems a new code with an assertion of that signer.
async fn sign_in(world: &World, actor: &mut Actor, signer: &Signer) -> Outcome<Reply> {
    let code = actor.fresh().approve().await?;
    let now = world.clock().now();
    let assertion = signer.assertion(&actor.client.id, world.issuer(), now)?;
    let request = actor.token_request(&code);
    let request = request.with("client_assertion_type", TYPE).with("client_assertion", assertion);
    actor.send(request).await
}

#[tokio::test]
async fn keys_are_fetched_once_and_anew_for_one_that_is_missing() -> Outcome {
    let (world, host) = stage().await?;
    let [old, new, none] = [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Es256].map(Signer::fresh);
    let (old, new, none) = (old?, new?, none?);
    let mut actor = let_in(&world, &host, key_set(&[&old])).await?;
    for _ in 0..3 {
        TokenSet::of(&expect(sign_in(&world, &mut actor, &old).await?, 200)?)?;
    }
    assert_eq!(host.requests(KEYS), 1);
    // Rotation: the host has another key now, and we are told by the first assertion it signed.
    host.publish(KEYS, key_set(&[&old, &new]));
    refused("at once", &sign_in(&world, &mut actor, &new).await?, WRONG);
    assert_eq!(host.requests(KEYS), 1);
    world.advance(seconds(10));
    expect(sign_in(&world, &mut actor, &new).await?, 200)?;
    expect(sign_in(&world, &mut actor, &old).await?, 200)?;
    assert_eq!(host.requests(KEYS), 2);
    // A name that is nowhere makes one look in ten seconds.
    world.advance(seconds(10));
    for _ in 0..3 {
        refused("a key of nobody", &sign_in(&world, &mut actor, &none).await?, WRONG);
    }
    assert_eq!(host.requests(KEYS), 3);
    // A key that was taken away is believed as long as the host had said.
    host.publish(KEYS, key_set(&[&new]).header("cache-control", "max-age=600"));
    world.advance(seconds(3600));
    refused("a key of before", &sign_in(&world, &mut actor, &old).await?, WRONG);
    assert_eq!(host.requests(KEYS), 4);
    world.advance(seconds(598));
    expect(sign_in(&world, &mut actor, &new).await?, 200)?;
    assert_eq!(host.requests(KEYS), 4);
    Ok(())
}

#[tokio::test]
async fn a_host_that_is_away_for_a_moment_does_not_take_the_keys_with_it() -> Outcome {
    let (world, host) = stage().await?;
    let signer = Signer::fresh(Algorithm::Es256)?;
    let mut actor = let_in(&world, &host, key_set(&[&signer])).await?;
    expect(sign_in(&world, &mut actor, &signer).await?, 200)?;
    host.publish(KEYS, Served::text("away").status(503));
    world.advance(seconds(3600));
    expect(sign_in(&world, &mut actor, &signer).await?, 200)?;
    // Nobody believes a key for more than a day that nobody vouches for.
    world.advance(seconds(23 * 3600));
    refused("a day later", &sign_in(&world, &mut actor, &signer).await?, WRONG);
    host.publish(KEYS, key_set(&[&signer]));
    world.advance(seconds(10));
    expect(sign_in(&world, &mut actor, &signer).await?, 200)?;
    Ok(())
}

#[tokio::test]
async fn what_is_no_set_of_public_keys_lets_nobody_in() -> Outcome {
    let (world, host) = stage().await?;
    let signer = Signer::fresh(Algorithm::Es256)?;
    let mut actor = let_in(&world, &host, key_set(&[&signer])).await?;
    let mut private = signer.jwk();
    private["use"] = json!("enc");
    host.publish("/elsewhere", key_set(&[&signer]));
    let large = json!({"keys": [signer.jwk()], "x": "x".repeat(65 * 1024)});
    for (what, served) in [
        ("no key", Served::json(&json!({"keys": []}))),
        ("no set", Served::json(&signer.jwk())),
        ("a key for encryption", Served::json(&json!({"keys": [private]}))),
        (
            "a shared secret",
            Served::json(&json!({"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": signer.kid()}]})),
        ),
        ("a redirect", Served::redirect(307, &host.url("/elsewhere"))),
        ("more than is read", Served::json(&large).in_chunks(4096)),
        ("not found", key_set(&[&signer]).status(404)),
        ("no JSON", Served::text("keys")),
    ] {
        host.publish(KEYS, served);
        // Past everything that was believed.
        world.advance(seconds(25 * 3600));
        let before = host.requests(KEYS);
        refused(what, &sign_in(&world, &mut actor, &signer).await?, WRONG);
        assert_eq!(host.requests(KEYS) - before, 1, "{what}");
    }
    assert_eq!(host.requests("/elsewhere"), 0);
    host.publish(KEYS, key_set(&[&signer]));
    world.advance(seconds(10));
    expect(sign_in(&world, &mut actor, &signer).await?, 200)?;
    Ok(())
}

/// A document may name any address; that does not make it one we ask.
#[tokio::test]
async fn keys_are_not_fetched_from_special_addresses() -> Outcome {
    let (world, host) = stage().await?;
    let signer = Signer::fresh(Algorithm::Es256)?;
    for (number, uri) in [
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "https://10.0.0.1/keys".to_owned(),
        "https://[::ffff:a9fe:a9fe]/keys".to_owned(),
        "https://metadata.google.internal/keys".to_owned(),
        "https://printer/keys".to_owned(),
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("/{number}");
        let mut document = document_with_keys(&host, &uri);
        document["client_id"] = json!(host.url(&path));
        host.publish(&path, Served::json(&document));
        let mut actor = client(&world, &host.url(&path), REDIRECT)?;
        refused(&uri, &sign_in(&world, &mut actor, &signer).await?, WRONG);
    }
    Ok(())
}
