//! Clients at the token endpoint: each proves itself in one way, and in the way it registered (OAuth 2.1 §2.4).

use base64::{Engine, engine::general_purpose::STANDARD};
use conformance::{
    actor::{Actor, Request},
    failure::{Failure, Outcome},
    world::World,
};
use url::form_urlencoded;

use super::{check::refused, raw};

const CLIENT: (u16, &str) = (401, "invalid_client");
const REQUEST: (u16, &str) = (400, "invalid_request");

async fn registered(world: &World, method: Option<&str>) -> Outcome<Actor> {
    let mut actor = world.stranger()?;
    let request = match method {
        Some(method) => actor.register_request().with("token_endpoint_auth_method", method),
        None => actor.register_request(),
    };
    actor.register_with(request).await?;
    Ok(actor)
}

fn secret(actor: &Actor) -> Outcome<&str> {
    actor.client.secret.as_deref().ok_or_else(|| Failure::new("no secret"))
}

/// Refused, with the scheme named where the header was used (RFC 6749 §5.2).
async fn are_refused(actor: &mut Actor, rows: Vec<(&str, Request, (u16, &str), bool)>) -> Outcome {
    for (what, request, answer, by_header) in rows {
        let reply = actor.send(request).await?;
        refused(what, &reply, answer);
        let challenge = reply.header("www-authenticate").unwrap_or_default();
        assert_eq!(challenge.starts_with("Basic "), by_header, "{what}: {challenge:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_confidential_client_proves_itself_once() -> Outcome {
    let world = World::start().await?;
    for method in [None, Some("client_secret_basic"), Some("client_secret_post")] {
        let mut actor = registered(&world, method).await?;
        let other = registered(&world, method).await?;
        let code = actor.approve().await?;
        let (id, secret) = (actor.client.id.clone(), secret(&actor)?.to_owned());
        let post = || actor.token_request(&code);
        let bare = || post().without("client_id").without("client_secret");
        let header = |value: &str| bare().with_header("authorization", value);
        let of_other = self::secret(&other)?;
        let not_base64 = format!("Basic {id}:{secret}");
        let no_colon = format!("Basic {}", STANDARD.encode(&id));
        let rows = vec![
            ("a wrong secret", post().with("client_secret", "wrong"), CLIENT, false),
            ("a longer secret", post().with("client_secret", format!("{secret}A")), CLIENT, false),
            ("a shorter secret", post().with("client_secret", &secret[..42]), CLIENT, false),
            ("the secret of another", post().with("client_secret", of_other), CLIENT, false),
            ("its id as the secret", post().with("client_secret", id.as_str()), CLIENT, false),
            ("no secret", post().without("client_secret"), CLIENT, false),
            ("an empty secret", post().with("client_secret", ""), CLIENT, false),
            ("an unknown client", post().with("client_id", "nobody"), CLIENT, false),
            ("an unknown client of no letters", post().with("client_id", "dcs_\0ä"), CLIENT, false),
            ("another client", post().with("client_id", other.client.id.as_str()), CLIENT, false),
            ("nobody at all", bare(), REQUEST, false),
            ("a wrong secret in the header", bare().basic(&id, "wrong"), CLIENT, true),
            ("no secret in the header", bare().basic(&id, ""), CLIENT, true),
            ("an unknown client in the header", bare().basic("nobody", &secret), CLIENT, true),
            ("an empty header", header("Basic "), CLIENT, true),
            ("a header without base64", header(&not_base64), CLIENT, true),
            ("a header without a colon", header(&no_colon), CLIENT, true),
            ("a bearer token", header(&format!("Bearer {secret}")), CLIENT, true),
            ("both ways at once", post().basic(&id, &secret), REQUEST, false),
            (
                "two clients",
                bare().with("client_id", other.client.id.as_str()).basic(&id, &secret),
                REQUEST,
                false,
            ),
        ];
        are_refused(&mut actor, rows).await?;
        // A secret says who asks, in the header or in the form, whichever it registered.
        let by_header = actor.token_request(&code).without("client_id").without("client_secret");
        assert_eq!(actor.send(by_header.basic(&id, &secret)).await?.status, 200);
        let code = actor.approve().await?;
        actor.redeem(&code).await?;
    }
    Ok(())
}

/// Which one is meant is not ours to guess, even if they are equal (RFC 9110 §11.6.2: the field stands once).
#[tokio::test]
async fn two_authorization_headers_prove_nothing() -> Outcome {
    let world = World::start().await?;
    let mut actor = registered(&world, None).await?;
    let code = actor.approve().await?;
    let good = format!("Basic {}", STANDARD.encode(format!("{}:{}", actor.client.id, secret(&actor)?)));
    let mut form = form_urlencoded::Serializer::new(String::new());
    for name in ["grant_type", "code", "redirect_uri", "code_verifier", "resource"] {
        form.append_pair(name, actor.token_request(&code).parameter(name).unwrap_or_default());
    }
    let body = form.finish();
    for (first, second) in [(good.as_str(), good.as_str()), (&good, "Basic eDp5"), ("Basic eDp5", &good)] {
        let head = format!(
            "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: {first}\r\n\
             Authorization: {second}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        let reply = raw::send(world.issuer(), &head, body.as_bytes()).await?;
        assert!(matches!(reply.status, 400 | 401), "{first} and {second}: {}", reply.line());
    }
    actor.redeem(&code).await?;
    Ok(())
}

/// RFC 6749 §2.3.1: both parts are form-encoded before they are joined, and the body may name the client as well.
#[tokio::test]
async fn the_parts_of_a_basic_header_are_form_decoded() -> Outcome {
    let world = World::start().await?;
    let mut actor = registered(&world, Some("client_secret_basic")).await?;
    let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let (id, secret) = (actor.client.id.clone(), secret(&actor)?.to_owned());
    let pair = STANDARD.encode(format!("{}:{}", encode(&id), encode(&secret)));
    for scheme in ["Basic", "basic", "BASIC"] {
        for with_id in [false, true] {
            let code = actor.approve().await?;
            let mut request = actor.token_request(&code).without("client_secret");
            if !with_id {
                request.remove("client_id");
            }
            let request = request.with_header("authorization", &format!("{scheme} {pair}"));
            let reply = actor.send(request).await?;
            assert_eq!(reply.status, 200, "{scheme}: {}", reply.text());
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_public_client_has_no_secret_to_show() -> Outcome {
    let world = World::start().await?;
    let mut actor = registered(&world, Some("none")).await?;
    let confidential = registered(&world, None).await?;
    assert_eq!(actor.client.secret, None);
    let code = actor.approve().await?;
    let id = actor.client.id.clone();
    let happy = || actor.token_request(&code);
    let bare = || happy().without("client_id");
    let lent = secret(&confidential)?;
    let rows = vec![
        ("a secret", happy().with("client_secret", "x"), CLIENT, false),
        ("the secret of another", happy().with("client_secret", lent), CLIENT, false),
        ("a secret in the header", bare().basic(&id, "x"), CLIENT, true),
        ("an empty secret in the header", bare().basic(&id, ""), CLIENT, true),
        ("nobody at all", bare(), REQUEST, false),
    ];
    are_refused(&mut actor, rows).await?;
    let tokens = actor.redeem(&code).await?;
    actor.refresh(&tokens.refresh).await?;
    Ok(())
}

/// The same holds wherever a client has to say who it is.
#[tokio::test]
async fn refreshing_and_revoking_ask_for_the_same_proof() -> Outcome {
    let world = World::start().await?;
    let mut actor = registered(&world, None).await?;
    let tokens = actor.sign_in().await?;
    let id = actor.client.id.clone();
    for happy in [actor.refresh_request(&tokens.refresh), actor.revoke_request(&tokens.refresh)] {
        let bare = || happy.clone().without("client_id").without("client_secret");
        let rows = vec![
            ("a wrong secret", happy.clone().with("client_secret", "wrong"), CLIENT, false),
            ("no secret", happy.clone().without("client_secret"), CLIENT, false),
            ("a wrong secret in the header", bare().basic(&id, "wrong"), CLIENT, true),
            ("nobody at all", bare(), REQUEST, false),
        ];
        are_refused(&mut actor, rows).await?;
    }
    actor.refresh(&tokens.refresh).await?;
    Ok(())
}
