//! Authorization requests that are out of order: told to the person while client and redirect URI are in doubt, and to
//! the client once they are not (OAuth 2.1 §4.1.2.1).

use conformance::{
    actor::{Landing, Request},
    failure::Outcome,
    world::World,
};
use reqwest::Method;

use super::check::{Row, no_cors, page, sent_back};

#[tokio::test]
async fn an_unknown_client_is_told_to_the_person() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let code = actor.approve().await?;
    let happy = || actor.authorize_request();
    let id = actor.client.id.as_str();
    let tampered = format!("{}{}", &id[..id.len() / 2], id[id.len() / 2..].to_uppercase());
    let rows: Vec<Row> = vec![
        ("no client", happy().without("client_id")),
        ("an empty client", happy().with("client_id", "")),
        ("a client nobody registered", happy().with("client_id", "nobody")),
        ("a sealed client that was changed", happy().with("client_id", tampered)),
        ("a sealed client that was cut", happy().with("client_id", &id[..id.len() - 1])),
        ("a code in its place", happy().with("client_id", format!("dcr_{code}"))),
        ("a stored client nobody registered", happy().with("client_id", "dcs_AAAAAAAAAAAAAAAAAAAAAAAAAAA")),
        ("a stored client of no letters", happy().with("client_id", "dcs_\0\u{202e}ä")),
        ("a stored client and SQL", happy().with("client_id", "dcs_' OR 1=1 --")),
        ("a URL", happy().with("client_id", "https://client.example/oauth.json")),
        ("two clients", happy().with_another("client_id", "nobody")),
        ("the same client twice", happy().with_another("client_id", id)),
    ];
    for (what, request) in rows {
        page(what, &actor.send(request).await?, 400);
    }
    actor.redeem(&code).await?;
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_otherwise_is_told_to_the_client() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let happy = || actor.authorize_request();
    let resource = |text: String| happy().with("resource", text);
    let mcp = world.mcp_url();
    let rows: Vec<(&str, &str, Request)> = vec![
        ("an unknown resource", "invalid_target", resource("https://evil.com/mcp".to_owned())),
        ("a resource of the same origin", "invalid_target", resource(format!("{mcp}2"))),
        ("a resource and a slash", "invalid_target", resource(format!("{mcp}/"))),
        ("a resource and a fragment", "invalid_target", resource(format!("{mcp}#x"))),
        ("a resource and a query", "invalid_target", resource(format!("{mcp}?x=1"))),
        ("a relative resource", "invalid_target", resource("/mcp".to_owned())),
        ("the issuer as the resource", "invalid_target", resource(world.issuer().to_owned())),
        ("the implicit grant", "unsupported_response_type", happy().with("response_type", "token")),
        ("the hybrid flow", "unsupported_response_type", happy().with("response_type", "code id_token")),
        ("no response type", "invalid_request", happy().without("response_type")),
        ("an answer in the fragment", "invalid_request", happy().with("response_mode", "fragment")),
        ("a quote in the scope", "invalid_scope", happy().with("scope", "notes:read \"")),
        ("a line break in the scope", "invalid_scope", happy().with("scope", "notes:read\nnotes:write")),
        ("a scope outside ASCII", "invalid_scope", happy().with("scope", "nötes:read")),
        ("nobody to ask", "login_required", happy().with("prompt", "none")),
    ];
    for (what, error, request) in rows {
        let landing = sent_back(what, &actor.send(request).await?, (&actor, error))?;
        assert!(landing.get("error_description").is_some_and(|text| !text.is_empty()), "{what}");
    }
    let stateless = actor.authorize_request().without("state").with("response_type", "token");
    let landing = Landing::of(&actor.send(stateless).await?)?;
    assert_eq!((landing.get("state"), landing.get("iss")), (None, Some(world.issuer())));
    actor.sign_in().await?;
    Ok(())
}

/// OAuth 2.1 §3.1; RFC 8707 §2 lets `resource` repeat.
#[tokio::test]
async fn nothing_may_be_said_twice_but_the_same_resource() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    for name in ["response_type", "client_id", "state", "code_challenge", "scope", "prompt"] {
        let value = actor.authorize_request().parameter(name).unwrap_or("x").to_owned();
        let request = actor.authorize_request().with(name, value.as_str()).with_another(name, &value);
        page(name, &actor.send(request).await?, 400);
    }
    let other = actor.mcp_url.replace("/mcp", "/sse");
    let request = actor.authorize_request().with_another("resource", &other);
    page("two resources", &actor.send(request).await?, 400);
    let request = actor.authorize_request().with_another("resource", &actor.mcp_url);
    let code = actor.decide(request, "allow").await?.code()?;
    actor.redeem(&code).await?;
    Ok(())
}

/// Some clients look once without cookies before the browser opens the same address.
#[tokio::test]
async fn looking_spends_nothing() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let mut program = actor.clone();
    for _ in 0..2 {
        program.jar.clear();
        let request = program.authorize_request();
        page("a look", &program.send(request).await?, 200);
    }
    let head = program.authorize_request().method(Method::HEAD);
    assert_eq!(program.send(head).await?.status, 200);
    let page = actor.open(actor.authorize_request()).await?;
    let again = actor.open(actor.authorize_request()).await?;
    for page in [page, again] {
        let decision = actor.decision_request(&page, "allow")?;
        let code = Landing::of(&actor.send(decision).await?)?.code()?;
        actor.redeem(&code).await?;
    }
    Ok(())
}

/// A POST becomes the same by GET, because the cookie does not come along with another site's form.
#[tokio::test]
async fn a_request_by_post_is_the_same() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let query = actor.authorize_request().address()?.query().unwrap_or_default().to_owned();
    let form = Request::form(actor.endpoint("authorize")).by_human().body(query.as_bytes());
    let reply = actor.send(form).await?;
    assert_eq!((reply.status, reply.header("set-cookie")), (303, None));
    assert_eq!(reply.header("location"), Some(format!("/oauth/authorize?{query}").as_str()));
    let rows = [
        ("a line break", "client_id=x\r\nSet-Cookie: a=b"),
        ("bytes outside ASCII", "client_id=ä"),
        ("nothing", ""),
    ];
    for (what, body) in rows {
        let request = Request::form(actor.endpoint("authorize")).by_human().body(body);
        let reply = actor.send(request).await?;
        assert!(matches!(reply.status, 303 | 400), "{what}: {}", reply.status);
        assert_eq!(reply.header("set-cookie"), None, "{what}");
    }
    Ok(())
}

/// OAuth 2.1 §3.1: a script of another site must not read what a person decides on.
#[tokio::test]
async fn no_script_of_another_site_may_call_authorize() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let decision = format!("{}/oauth/decision", world.issuer());
    for address in [actor.endpoint("authorize"), decision] {
        for method in [Method::OPTIONS, Method::GET, Method::POST, Method::PUT] {
            let request = Request::get(address.as_str())
                .method(method.clone())
                .with_header("origin", "https://evil.com")
                .with_header("access-control-request-method", "GET");
            let reply = actor.send(request).await?;
            assert!((300..500).contains(&reply.status), "{method} {address}: {}", reply.status);
            no_cors(&format!("{method} {address}"), &reply);
        }
    }
    let request = actor.authorize_request().with_header("origin", "https://evil.com");
    no_cors("the page", &actor.send(request).await?);
    Ok(())
}
