//! Where the mcp-server looks for a token, where it does not, and who may ask at all (RFC 6750 §2, RS-39).

use conformance::{
    actor::{Actor, Request},
    exchange::Reply,
    failure::Outcome,
    world::World,
};
use reqwest::Method;
use serde_json::json;

use super::{
    check::{bad_token, challenge, told_in_body},
    raw,
};

/// A tool call by hand, with these header lines.
async fn by_hand(actor: &Actor, lines: &str) -> Outcome<Reply> {
    let origin = actor.mcp_url.trim_end_matches("/mcp");
    let body =
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_notes","arguments":{}}}"#;
    let host = if lines.to_ascii_lowercase().starts_with("host:") { "" } else { "Host: localhost\r\n" };
    let head = format!(
        "POST /mcp HTTP/1.1\r\n{host}{lines}Content-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    raw::send(origin, &head, body.as_bytes()).await
}

/// RFC 6750 §3.1: without a token there is no error in the header; the result names one, for ChatGPT.
fn is_anonymous(what: &str, reply: &Reply, actor: &Actor) -> Outcome {
    assert_eq!(reply.status, 401, "{what}: {}", reply.text());
    let field = challenge(what, reply, actor)?;
    assert_eq!(field.parameter("error"), None, "{what}");
    assert!(told_in_body(reply).is_some_and(|told| told.contains("error=\"invalid_token\"")), "{what}");
    Ok(())
}

#[tokio::test]
async fn a_token_is_read_from_one_header_and_nowhere_else() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let token = actor.sign_in().await?.access;
    let call = || actor.tool_request("list_notes", json!({}));
    let mcp = actor.mcp_url.as_str();
    let rows: Vec<(&str, Request)> = vec![
        ("no token", call()),
        ("in the query", call().to(format!("{mcp}?access_token={token}"))),
        ("in the query by another name", call().to(format!("{mcp}?token={token}"))),
        ("in the body", call().with("access_token", token.as_str())),
        ("in a form", Request::form(mcp).with("access_token", token.as_str())),
        ("in a cookie", call().with_header("cookie", &format!("access_token={token}"))),
        ("in another header", call().with_header("x-access-token", &token)),
        ("for a proxy", call().with_header("proxy-authorization", &format!("Bearer {token}"))),
        ("by another scheme", call().with_header("authorization", &format!("Token {token}"))),
        ("without a scheme", call().with_header("authorization", &token)),
        ("by Basic", call().basic("token", &token)),
    ];
    for (what, request) in rows {
        let reply = actor.send(request).await?;
        if what == "in a form" {
            assert_eq!(reply.status, 401, "{what}");
            challenge(what, &reply, &actor)?;
        } else {
            is_anonymous(what, &reply, &actor)?;
        }
    }
    for method in [Method::GET, Method::DELETE, Method::PUT, Method::HEAD] {
        let reply = actor.send(Request::get(actor.mcp_url.as_str()).method(method.clone())).await?;
        assert_eq!(reply.status, 401, "{method}");
        challenge(method.as_str(), &reply, &actor)?;
    }
    Ok(())
}

#[tokio::test]
async fn the_header_is_read_strictly_and_its_scheme_in_any_case() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let token = actor.sign_in().await?.access;
    let good = |scheme: &str| format!("Authorization: {scheme} {token}\r\n");
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR", "Bearer  "] {
        assert_eq!(by_hand(&actor, &good(scheme)).await?.status, 200, "{scheme}");
    }
    for (what, value) in [
        ("an empty token", "Bearer".to_owned()),
        ("an empty token and a space", "Bearer ".to_owned()),
        ("two tokens", format!("Bearer {token} {token}")),
        ("a list", format!("Bearer {token}, Bearer {token}")),
        ("quotes", format!("Bearer \"{token}\"")),
        ("parameters", format!("Bearer token=\"{token}\"")),
        ("a letter outside ASCII", format!("Bearer ä{token}")),
        ("a letter more", format!("Bearer {token}a")),
        ("a letter less", format!("Bearer {}", &token[1..])),
    ] {
        let reply = by_hand(&actor, &format!("Authorization: {value}\r\n")).await?;
        bad_token(what, &reply, &actor)?;
    }
    // Which one is meant is not ours to guess, even if they are equal.
    let own = good("Bearer");
    let other = "Authorization: Bearer other\r\n";
    for lines in [format!("{own}{own}"), format!("{own}{other}"), format!("{other}{own}")] {
        let reply = by_hand(&actor, &lines).await?;
        assert_eq!(reply.status, 400, "{}", reply.text());
        let field = challenge("two headers", &reply, &actor)?;
        assert_eq!(field.parameter("error"), Some("invalid_request"));
    }
    Ok(())
}

/// A page that a browser has open must not reach a server on this machine by another name.
#[tokio::test]
async fn strangers_are_turned_away_whatever_they_hold() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let token = actor.sign_in().await?.access;
    for authorization in [format!("Authorization: Bearer {token}\r\n"), String::new()] {
        for line in [
            "Host: evil.com",
            "Host: localhost.evil.com",
            "Host: 127.0.0.1.evil.com",
            "Host: localhost@evil.com",
            "Host: ",
            "Origin: https://evil.com",
            "Origin: http://localhost.evil.com",
            "Origin: null",
            "Origin: ",
            "Origin: http://localhost\r\nOrigin: http://evil.com",
        ] {
            let reply = by_hand(&actor, &format!("{line}\r\n{authorization}")).await?;
            assert!(reply.status == 403 || (line.starts_with("Host") && reply.status == 400), "{line}");
            assert_eq!(reply.header("access-control-allow-origin"), None, "{line}");
            assert!(!reply.text().contains("structuredContent"), "{line}: {}", reply.text());
        }
    }
    for line in ["Host: localhost:1", "Host: 127.0.0.1", "Origin: http://localhost:6274"] {
        let reply = by_hand(&actor, &format!("{line}\r\nAuthorization: Bearer {token}\r\n")).await?;
        assert_eq!(reply.status, 200, "{line}: {}", reply.text());
    }
    Ok(())
}
