//! Every answer that refuses has a reference, and who did not authenticate is told of exactly, to the operator alone.

use conformance::{
    actor::{Actor, Request},
    assertion::{Algorithm, Claims},
    exchange::Reply,
    failure::{Failure, Outcome},
    world::World,
};
use reqwest::Method;
use serde_json::json;

use super::{explained, reference};
use crate::{
    client_methods::{Signing, introspect_request, signed},
    negative::check::{Row, seconds},
};

/// A form of our own page.
fn own_form(actor: &Actor, path: &str) -> Request {
    Request::form(format!("{}{path}", actor.issuer)).by_human().with_header("origin", &actor.issuer)
}

/// Whatever is refused in a way of its own, endpoint by endpoint.
fn refused(actor: &Actor) -> Vec<Row> {
    let get = |path: &str| Request::get(format!("{}{path}", actor.issuer)).by_human();
    let script = |path: &str| Request::json(format!("{}{path}", actor.issuer), json!({})).by_human();
    let foreign = |request: Request| request.with_header("origin", "https://evil.example");
    vec![
        ("a method nobody knows", actor.token_request("x").method(Method::DELETE)),
        ("a method of another path", get("/oauth/token")),
        ("a body that is too large", actor.token_request("x").body(vec![b'a'; 70_000])),
        ("a media type", actor.token_request("x").with_header("content-type", "text/plain")),
        ("a registration's media type", actor.register_request().with_header("content-type", "text/plain")),
        ("a parameter twice", actor.token_request("x").with_another("code", "y")),
        ("no token to look at", introspect_request(actor, "x").without("token")),
        ("no token to revoke", actor.revoke_request("x").without("token")),
        ("userinfo without a token", get("/oauth/userinfo")),
        ("another site's decision", foreign(own_form(actor, "/oauth/decision"))),
        ("a forged decision", own_form(actor, "/oauth/decision").with("decision", "allow")),
        ("nobody's return", get("/signin/callback").with("state", "x").with("code", "y")),
        ("another site's account form", foreign(own_form(actor, "/account"))),
        ("a link that is none", get("/welcome/x")),
        ("a forged welcome", own_form(actor, "/welcome")),
        ("another site's welcome", foreign(own_form(actor, "/welcome"))),
        ("another site's passkey", foreign(script("/signin/passkey"))),
        (
            "a forged passkey",
            script("/signin/passkey").with("state", "x").with_header("origin", &actor.issuer),
        ),
        ("another site's removal", foreign(own_form(actor, "/account/passkeys/removal"))),
        ("nobody's removal", own_form(actor, "/account/passkeys/removal").with("removal", "x")),
    ]
}

#[tokio::test]
async fn whatever_is_refused_is_kept() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let rows = refused(&actor);
    for (what, request) in rows {
        // Few are kept of one second.
        world.advance(seconds(1));
        let reply = actor.send(request).await?;
        assert!(reply.status >= 400, "{what}: {}", reply.line());
        let found =
            explained(&world, &reply).await.map_err(|fault| Failure::new(format!("{what}: {fault}")))?;
        assert!(!found.noted.document.description.is_empty(), "{what}");
        assert_eq!(found.timeline.last().map(|event| event.at), Some(world.clock().now()), "{what}");
    }
    Ok(())
}

/// Scanners would push out everything else.
#[tokio::test]
async fn a_path_that_is_none_has_a_reference_in_the_log_only() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let reply = actor.send(Request::get(format!("{}/wp-login.php", actor.issuer))).await?;
    let reference = reference(&reply).ok_or_else(|| Failure::new(reply.text()))?;
    // Whatever was kept before this one would be there by now.
    let after = actor.token_request("x");
    explained(&world, &actor.send(after).await?).await?;
    assert!(auth_server::flow::incidents::explain(world.auth_app()?, &reference).await?.is_none());
    Ok(())
}

async fn rule(world: &World, reply: &Reply, client: &str) -> Outcome<String> {
    let found = explained(world, reply).await?;
    let known = found.client.map(|client| client.id);
    assert_eq!(known.as_deref(), Some(client).filter(|id| !id.is_empty()), "{}", reply.text());
    Ok(found.noted.document.reason.unwrap_or_default())
}

#[tokio::test]
async fn who_did_not_authenticate_is_told_how_it_should_have() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let own = actor.client.id.clone();
    let secret = actor.client.secret.clone().unwrap_or_default();
    let happy = actor.token_request("x");
    let bare = happy.clone().without("client_secret");
    let posted = "registered client_secret_basic";
    let rows = [
        (
            happy.clone().with("client_secret", "wrong"),
            own.as_str(),
            "showed a secret that is not its own (used client_secret_post,",
        ),
        (bare.clone().basic(&own, "wrong"), &own, "(used client_secret_basic,"),
        (bare.clone(), &own, "showed neither (used none,"),
        (
            bare.clone()
                .with("client_assertion", "x")
                .with("client_assertion_type", conformance::assertion::TYPE),
            &own,
            "malformed (used private_key_jwt,",
        ),
        (
            happy.clone().with("client_id", "nobody"),
            "",
            "no such client is known here: it has to register anew (used client_secret_post)",
        ),
        (
            bare.clone().without("client_id"),
            "",
            "neither the Authorization header nor the body names a client (used none)",
        ),
        (happy.clone().basic(&own, &secret), &own, "in two ways at once"),
        (bare.with_header("authorization", "Digest x"), &own, "not a Basic one"),
    ];
    for (request, client, wanted) in rows {
        world.advance(seconds(1));
        let reply = actor.send(request).await?;
        let told = rule(&world, &reply, client).await?;
        assert!(told.contains(wanted), "{wanted}: {told}");
        assert_eq!(told.contains("(used") && !client.is_empty(), told.contains(posted), "{told}");
        assert!(!reply.text().contains("used"), "the caller is told: {}", reply.text());
    }
    Ok(())
}

#[tokio::test]
async fn an_assertion_is_told_by_its_rule_and_its_audience() -> Outcome {
    let world = World::start().await?;
    let mut signing = Signing::register(&world, Algorithm::Es256).await?;
    let id = signing.actor.client.id.clone();
    let change = |name: &str, claims: Claims| match name {
        "aud" => claims.with("aud", "https://other.example"),
        "exp" => claims.with("exp", world.clock().now().seconds() - 600),
        _ => claims.with("jti", ""),
    };
    for (name, wanted) in
        [("aud", "aud must be the issuer"), ("exp", "has expired"), ("jti", "no usable jti")]
    {
        let assertion = signing.signer.sign(&change(name, signing.claims(&world)))?;
        // The assertion alone says who it is.
        let request = signed(signing.actor.token_request("x"), &assertion).without("client_id");
        let reply = signing.actor.send(request).await?;
        let told = rule(&world, &reply, &id).await?;
        assert!(told.contains(wanted), "{wanted}: {told}");
        let found = explained(&world, &reply).await?;
        let printed = auth_server::cli::explain::told(&found);
        let audience = if name == "aud" { "https://other.example" } else { world.issuer() };
        assert!(
            printed.contains(&format!("says that it is meant for {audience}, and good until")),
            "{printed}"
        );
        assert!(!printed.contains(&assertion[assertion.len() - 20..]), "{printed}");
    }
    Ok(())
}
