//! Registrations with keys, and the registrations that there are no ways to change.

use conformance::{
    actor::{Actor, Request},
    assertion::{Algorithm, Signer},
    failure::Outcome,
    world::World,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::negative::check::{page, refused};

fn request(actor: &Actor) -> Request {
    actor.register_request().with("token_endpoint_auth_method", "private_key_jwt")
}

#[tokio::test]
async fn keys_are_given_or_said_where_to_find() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    let jwks = Signer::fresh(Algorithm::Rs256)?.jwks();
    let uri = "https://client.example/keys.json";
    let with = |name: &str, value: Value| request(&actor).with(name, value);
    let rows = vec![
        ("no keys", request(&actor)),
        ("both", with("jwks", jwks.clone()).with("jwks_uri", uri)),
        ("an empty set", with("jwks", json!({"keys": []}))),
        ("no set", with("jwks", json!([]))),
        ("a shared secret", with("jwks", json!({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}))),
        (
            "a key for something else",
            with("jwks", json!({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "use": "enc"}]})),
        ),
        ("keys over http", with("jwks_uri", json!("http://client.example/keys.json"))),
        ("keys of this machine", with("jwks_uri", json!("file:///etc/passwd"))),
        ("keys with a user", with("jwks_uri", json!("https://u:p@client.example/keys.json"))),
        ("keys nowhere", with("jwks_uri", json!("keys.json"))),
        (
            "another way to sign",
            with("jwks", jwks.clone()).with("token_endpoint_auth_method", "client_secret_jwt"),
        ),
    ];
    for (what, request) in rows {
        refused(what, &actor.send(request).await?, (400, "invalid_client_metadata"));
    }
    let given = actor.register_with(request(&actor).with("jwks", jwks.clone())).await?;
    assert_eq!(given.document["jwks"], jwks);
    assert_eq!((given.secret, given.document.get("jwks_uri")), (None, None));
    let said = actor.register_with(request(&actor).with("jwks_uri", uri)).await?;
    assert_eq!(said.document["jwks_uri"], uri);
    assert_eq!((said.secret, said.document.get("jwks")), (None, None));
    assert!(said.id.len() <= 255 && !said.document.to_string().contains("null"), "{}", said.document);
    // Of no use to a client with a secret, and no reason to turn it away.
    let other = actor.register_with(actor.register_request().with("jwks", jwks)).await?;
    assert!(other.secret.is_some() && other.document.get("jwks").is_none());
    Ok(())
}

/// Private members that came by mistake are not kept, and not told to anybody.
#[tokio::test]
async fn private_keys_are_not_kept() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    let mut key = Signer::fresh(Algorithm::Es256)?.jwk();
    key["d"] = json!("a-private-number");
    let registered = actor.register_with(request(&actor).with("jwks", json!({"keys": [key]}))).await?;
    assert!(!registered.document.to_string().contains("a-private-number"));
    Ok(())
}

/// RFC 7592 is not offered: nobody gets an address or a token to manage a registration with.
#[tokio::test]
async fn registrations_are_not_managed() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    for name in ["registration_client_uri", "registration_access_token"] {
        assert_eq!(actor.client.document.get(name), None, "{name}");
    }
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        let reply = actor.send(actor.register_request().method(method.clone())).await?;
        assert_eq!((reply.status, reply.header("allow")), (405, Some("POST")), "{method}");
        let own = format!("{}/{}", actor.endpoint("register"), actor.client.id);
        let reply = actor.send(actor.register_request().method(method.clone()).to(own)).await?;
        assert_eq!(reply.status, 404, "{method}");
    }
    Ok(())
}

/// Whatever stands in the place of a `client_id`, it is nobody, and no fault of the server.
#[tokio::test]
async fn what_is_no_id_is_nobody() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let code = actor.approve().await?;
    let (long, longer) = ("x".repeat(129), format!("https://client.example/{}", "x".repeat(2100)));
    for id in [
        "dcr_",
        "dcs_",
        "dcr_\0",
        "dcs_\0aaaaaaaaaaaaaaaaaaaaaaaaaa",
        "\0",
        "a\0b",
        "ä",
        "' OR 1=1 --",
        "..",
        "client:1",
        "https://",
        "https://a\0b",
        "https://client.example/\u{7}",
        "https://ä\u{202e}/",
        &long,
        &longer,
    ] {
        let by_name = actor.token_request(&code).with("client_id", id);
        let public = by_name.clone().without("client_secret");
        let secret = actor.client.secret.clone().unwrap_or_default();
        let by_header = actor.token_request(&code).without("client_id").without("client_secret");
        for request in [by_name, public, by_header.basic(id, &secret)] {
            refused(id, &actor.send(request).await?, (401, "invalid_client"));
        }
        let request = actor.authorize_request().with("client_id", id);
        page(id, &actor.send(request).await?, 400);
    }
    actor.redeem(&code).await?;
    Ok(())
}

/// Each method and algorithm that is advertised is one of those that the other tests here use, and no other is.
#[tokio::test]
async fn what_is_advertised_is_what_works() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.stranger()?;
    let address = format!("{}/.well-known/oauth-authorization-server", world.issuer());
    let metadata = actor.send(Request::get(address)).await?.json().unwrap_or_default();
    let with_proof = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
    let all: Vec<&str> = ["none"].into_iter().chain(with_proof).collect();
    let algorithms = Algorithm::ALL.map(Algorithm::as_str);
    let grants = ["authorization_code", "refresh_token", "client_credentials"];
    for (name, expected) in [
        ("token_endpoint_auth_methods_supported", json!(all)),
        ("revocation_endpoint_auth_methods_supported", json!(all)),
        ("introspection_endpoint_auth_methods_supported", json!(with_proof)),
        ("token_endpoint_auth_signing_alg_values_supported", json!(algorithms)),
        ("grant_types_supported", json!(grants)),
        ("introspection_endpoint", json!(actor.endpoint("introspect"))),
    ] {
        assert_eq!(metadata[name], expected, "{name}");
    }
    Ok(())
}
