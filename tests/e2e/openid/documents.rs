//! One document at every place a client looks.

use conformance::{
    actor::{Request, expect},
    exchange::Reply,
    failure::Outcome,
    world::World,
};
use reqwest::Method;
use serde_json::{Value, json};

const OAUTH: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

async fn get(world: &World, path: &str) -> Outcome<Reply> {
    world.stranger()?.send(Request::get(format!("{}{path}", world.issuer()))).await
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        _ => false,
    }
}

/// OpenID Connect Discovery §3: what the official TypeScript client insists on, and what makes it give up.
#[tokio::test]
async fn the_mandatory_members_are_there_and_none_is_null() -> Outcome {
    let world = World::start().await?;
    let document = expect(get(&world, OPENID).await?, 200)?.json().unwrap_or_default();
    let issuer = world.issuer();
    assert_eq!(document["issuer"], issuer);
    for (member, path) in [
        ("authorization_endpoint", "/oauth/authorize"),
        ("token_endpoint", "/oauth/token"),
        ("userinfo_endpoint", "/oauth/userinfo"),
        ("jwks_uri", "/.well-known/jwks.json"),
    ] {
        assert_eq!(document[member], format!("{issuer}{path}"));
    }
    for (member, value) in [
        ("response_types_supported", json!(["code"])),
        ("subject_types_supported", json!(["public"])),
        ("id_token_signing_alg_values_supported", json!(["RS256"])),
        // Its absence would mean that it is supported.
        ("request_uri_parameter_supported", json!(false)),
    ] {
        assert_eq!(document[member], value, "{member}");
    }
    let list = |member: &str| document[member].as_array().cloned().unwrap_or_default();
    for scope in ["openid", "email", "profile", "offline_access", "notes:read"] {
        assert!(list("scopes_supported").contains(&json!(scope)), "{scope}");
    }
    for claim in ["sub", "email", "email_verified"] {
        assert!(list("claims_supported").contains(&json!(claim)), "{claim}");
    }
    assert!(!has_null(&document), "{document}");
    Ok(())
}

#[tokio::test]
async fn both_documents_are_the_same_bytes_with_the_same_headers() -> Outcome {
    let world = World::start().await?;
    let (oauth, openid) = (get(&world, OAUTH).await?, get(&world, OPENID).await?);
    assert_eq!((oauth.status, openid.status), (200, 200));
    assert_eq!(oauth.body, openid.body);
    for name in ["content-type", "cache-control", "etag", "access-control-allow-origin"] {
        assert!(openid.header(name).is_some(), "{name}");
        assert_eq!(oauth.header(name), openid.header(name), "{name}");
    }
    let mut reader = world.stranger()?;
    let place = Request::get(format!("{}{OPENID}", world.issuer()));
    let head = reader.send(place.clone().method(Method::HEAD)).await?;
    assert_eq!((head.status, head.body.len()), (200, 0));
    // RFC 9110 §13.1.2: a cache may name several, weakly, or any.
    let etag = openid.header("etag").unwrap_or_default();
    for (known, status) in [
        (etag, 304),
        (&format!("\"x\", W/{etag}"), 304),
        ("*", 304),
        ("\"x\"", 200),
        (&format!("x{etag}"), 200),
    ] {
        let reply = reader.send(place.clone().with_header("if-none-match", known)).await?;
        assert_eq!(reply.status, status, "{known}");
    }
    let preflight = place.clone().method(Method::OPTIONS).with_header("origin", "https://client.example");
    assert_eq!(reader.send(preflight).await?.status, 204);
    assert_eq!(reader.send(place.method(Method::POST)).await?.status, 405);
    Ok(())
}

/// RFC 8414 §3.1, §5; OpenID Connect Discovery §4.1: before the issuer's path, and behind it.
#[tokio::test]
async fn an_issuer_with_a_path_is_found_in_three_places() -> Outcome {
    let issuer = "http://localhost:9000/t";
    for configured in [issuer.to_owned(), format!("{issuer}/")] {
        let world = World::builder().auth("ISSUER", &configured).start().await?;
        let first = expect(get(&world, &format!("{OAUTH}/t")).await?, 200)?;
        let document = first.json().unwrap_or_default();
        assert_eq!(document["issuer"], configured);
        assert_eq!(document["userinfo_endpoint"], format!("{issuer}/oauth/userinfo"));
        for place in [format!("{OPENID}/t"), format!("/t{OPENID}")] {
            assert_eq!(expect(get(&world, &place).await?, 200)?.body, first.body, "{place}");
        }
        for nowhere in [OPENID, OAUTH, "/t/t/.well-known/openid-configuration"] {
            assert_eq!(get(&world, nowhere).await?.status, 404, "{nowhere}");
        }
        assert_eq!(get(&world, "/t/oauth/userinfo").await?.status, 401);
    }
    Ok(())
}

/// What a person is called is between the client and the issuer.
#[tokio::test]
async fn the_mcp_server_does_not_speak_of_identity() -> Outcome {
    let world = World::start().await?;
    let place = format!("{}/.well-known/oauth-protected-resource", world.mcp_origin());
    let document = expect(world.stranger()?.send(Request::get(place)).await?, 200)?;
    for scope in ["openid", "email", "profile"] {
        assert!(!document.text().contains(&format!("\"{scope}\"")), "{scope}: {}", document.text());
    }
    Ok(())
}
