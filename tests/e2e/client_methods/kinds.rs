//! Each method of each kind of client: redeeming, refreshing, introspecting and revoking.

use auth_server::{clients::new_client::NewClient, oauth::client::AuthMethod};
use conformance::{
    actor::{Actor, Request, TokenSet, expect},
    assertion::{Algorithm, Signer},
    failure::Outcome,
    host::{Host, Served},
    world::World,
};
use serde_json::{Value, json};

use super::{introspect_request, made, new_client, signed};
use crate::negative::check::refused;

/// How a client shows who it is.
enum Shown {
    Nothing,
    InHeader,
    InBody,
    /// With or without `client_id` beside it.
    Signed(Signer, bool),
}

impl Shown {
    fn on(&self, world: &World, actor: &Actor, request: Request) -> Outcome<Request> {
        Ok(match self {
            Shown::Nothing | Shown::InBody => request,
            Shown::InHeader => {
                let secret = actor.client.secret.as_deref().unwrap_or_default();
                request.without("client_id").without("client_secret").basic(&actor.client.id, secret)
            }
            Shown::Signed(signer, with_id) => {
                let assertion = signer.assertion(&actor.client.id, world.issuer(), world.clock().now())?;
                let request = signed(request, &assertion);
                if *with_id { request } else { request.without("client_id") }
            }
        })
    }
}

/// The whole life of a grant, every request with this proof.
async fn lives(what: &str, world: &World, (actor, shown): (&mut Actor, &Shown)) -> Outcome {
    let code = actor.approve().await?;
    let redeem = shown.on(world, actor, actor.token_request(&code))?;
    let tokens = TokenSet::of(&expect(actor.send(redeem).await?, 200)?)?;
    let refresh = shown.on(world, actor, actor.refresh_request(&tokens.refresh))?;
    let tokens = TokenSet::of(&expect(actor.send(refresh).await?, 200)?)?;
    let look = |actor: &Actor| shown.on(world, actor, introspect_request(actor, &tokens.refresh));
    let looked = look(actor)?;
    let reply = actor.send(looked).await?;
    match shown {
        Shown::Nothing => refused(what, &reply, (401, "invalid_client")),
        _ => assert_eq!(reply.json().unwrap_or_default()["active"], true, "{what}: {}", reply.text()),
    }
    let revoke = shown.on(world, actor, actor.revoke_request(&tokens.refresh))?;
    expect(actor.send(revoke).await?, 200)?;
    let refresh = shown.on(world, actor, actor.refresh_request(&tokens.refresh))?;
    refused(what, &actor.send(refresh).await?, (400, "invalid_grant"));
    Ok(())
}

#[tokio::test]
async fn of_clients_that_register_themselves() -> Outcome {
    let world = World::start().await?;
    for (method, ways) in [
        (Some("none"), vec![Shown::Nothing]),
        (None, vec![Shown::InHeader, Shown::InBody]),
        (Some("client_secret_basic"), vec![Shown::InHeader, Shown::InBody]),
        (Some("client_secret_post"), vec![Shown::InBody, Shown::InHeader]),
    ] {
        let mut actor = world.stranger()?;
        let mut request = actor.register_request();
        if let Some(method) = method {
            request.set("token_endpoint_auth_method", method);
        }
        let registered = actor.register_with(request).await?;
        let echoed = &registered.document["token_endpoint_auth_method"];
        assert_eq!(echoed, method.unwrap_or("client_secret_basic"));
        for shown in &ways {
            lives(method.unwrap_or("no method"), &world, (&mut actor, shown)).await?;
        }
    }
    for algorithm in Algorithm::ALL {
        let signing = super::Signing::register(&world, algorithm).await?;
        let (mut actor, signer) = (signing.actor, signing.signer);
        assert_eq!(actor.client.secret, None);
        let shown = Shown::Signed(signer, algorithm == Algorithm::Rs256);
        lives(algorithm.as_str(), &world, (&mut actor, &shown)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn of_clients_an_operator_made() -> Outcome {
    let world = World::start().await?;
    let with = |method| NewClient { auth_method: Some(method), ..new_client() };
    let mut public = made(&world, with(AuthMethod::None)).await?;
    lives("none", &world, (&mut public, &Shown::Nothing)).await?;
    for method in [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost] {
        let mut actor = made(&world, with(method)).await?;
        for shown in [Shown::InHeader, Shown::InBody] {
            lives(method.as_str(), &world, (&mut actor, &shown)).await?;
        }
    }
    for algorithm in Algorithm::ALL {
        let signer = Signer::fresh(algorithm)?;
        let mut actor = made(&world, NewClient { jwks: Some(signer.jwks()), ..new_client() }).await?;
        let shown = Shown::Signed(signer, algorithm == Algorithm::Es256);
        lives(algorithm.as_str(), &world, (&mut actor, &shown)).await?;
    }
    Ok(())
}

/// A document that names both methods leaves the choice to the client, one that names one does not (AS-58).
#[tokio::test]
async fn of_documents() -> Outcome {
    let world = World::start().await?;
    let host = Host::start(world.authority()).await?;
    let signer = Signer::fresh(Algorithm::Rs256)?;
    host.publish("/keys", Served::json(&signer.jwks()));
    let mut actor = world.stranger()?;
    let mut publish = |path: &str, methods: Value| {
        let document = json!({
            "client_id": host.url(path), "client_name": "A client", "redirect_uris": [super::REDIRECT],
            "jwks_uri": host.url("/keys"), "token_endpoint_auth_methods_supported": methods,
        });
        host.publish(path, Served::json(&document));
        actor.client.id = host.url(path);
        actor.clone()
    };
    let mut both = publish("/both.json", json!(["none", "private_key_jwt"]));
    let mut only = publish("/only.json", json!(["private_key_jwt"]));
    let shown = Shown::Signed(signer, true);
    lives("both, signed", &world, (&mut both, &shown)).await?;
    lives("both, not signed", &world, (&mut both, &Shown::Nothing)).await?;
    lives("only signed", &world, (&mut only, &shown)).await?;
    let code = only.approve().await?;
    let bare = only.token_request(&code);
    refused("a document that must sign", &only.send(bare).await?, (401, "invalid_client"));
    let with_secret = only.token_request(&code).with("client_secret", "guessed");
    refused("a document with a secret", &only.send(with_secret).await?, (401, "invalid_client"));
    Ok(())
}

/// The keys of `jwks_uri` may change: a new one is looked for when it is needed.
#[tokio::test]
async fn of_keys_somewhere_else() -> Outcome {
    let world = World::start().await?;
    let host = Host::start(world.authority()).await?;
    let (first, second) = (Signer::fresh(Algorithm::Es256)?, Signer::fresh(Algorithm::Es256)?);
    host.publish("/keys", Served::json(&first.jwks()));
    let mut actor = world.stranger()?;
    let request = actor.register_request().with("token_endpoint_auth_method", "private_key_jwt");
    actor.register_with(request.with("jwks_uri", host.url("/keys"))).await?;
    assert_eq!(actor.client.document["jwks_uri"], host.url("/keys"));
    lives("the first key", &world, (&mut actor, &Shown::Signed(first, true))).await?;
    host.publish("/keys", Served::json(&second.jwks()));
    world.advance(crate::negative::check::seconds(11));
    lives("the second key", &world, (&mut actor, &Shown::Signed(second, true))).await?;
    Ok(())
}
