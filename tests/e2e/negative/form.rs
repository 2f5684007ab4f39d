//! The form of a token request: one way to send it, and an error that a client can read for every other.

use conformance::{actor::Request, failure::Outcome, world::World};
use reqwest::Method;

use super::check::{Row, refused};

const REQUEST: (u16, &str) = (400, "invalid_request");

#[tokio::test]
async fn a_grant_type_that_is_not_there_is_not_made_up() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let code = actor.approve().await?;
    for grant_type in [
        "password",
        "implicit",
        "Authorization_Code",
        " authorization_code",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "null",
        "ключ",
    ] {
        let request = actor.token_request(&code).with("grant_type", grant_type);
        refused(grant_type, &actor.send(request).await?, (400, "unsupported_grant_type"));
    }
    for (what, request) in [
        ("none", actor.token_request(&code).without("grant_type")),
        ("an empty one", actor.token_request(&code).with("grant_type", "")),
        ("two", actor.token_request(&code).with_another("grant_type", "refresh_token")),
    ] {
        refused(what, &actor.send(request).await?, REQUEST);
    }
    let crossed = actor.token_request(&code).with("grant_type", "refresh_token");
    refused("a code to refresh with", &actor.send(crossed).await?, REQUEST);
    let tokens = actor.redeem(&code).await?;
    let crossed = actor.refresh_request(&tokens.refresh).with("grant_type", "authorization_code");
    refused("a refresh token to redeem", &actor.send(crossed).await?, REQUEST);
    actor.refresh(&tokens.refresh).await?;
    Ok(())
}

#[tokio::test]
async fn a_token_request_is_a_form_in_the_body() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let code = actor.approve().await?;
    let happy = || actor.token_request(&code);
    let names = ["grant_type", "code", "redirect_uri", "code_verifier", "client_id", "client_secret"];
    let json: serde_json::Map<String, serde_json::Value> = names
        .iter()
        .map(|name| ((*name).to_owned(), happy().parameter(name).unwrap_or_default().into()))
        .collect();
    let query: Vec<(&str, String)> =
        names.iter().map(|name| (*name, happy().parameter(name).unwrap_or_default().to_owned())).collect();
    let in_query = reqwest::Url::parse_with_params(&actor.endpoint("token"), &query)?;
    let of_type = |value: &str| happy().with_header("content-type", value);
    let mut rows: Vec<Row> = vec![
        ("a JSON body", Request::json(actor.endpoint("token"), json.into())),
        ("a form that says it is JSON", of_type("application/json")),
        ("a form that says it is text", of_type("text/plain")),
        ("a form that says it has parts", of_type("multipart/form-data; boundary=x")),
        ("a form that does not say what it is", happy().without_header("content-type")),
        ("everything in the query", happy().to(in_query.as_str()).body("")),
        ("the code in the query as well", happy().to(format!("{}?code={code}", actor.endpoint("token")))),
        ("anything in the query", happy().to(format!("{}?x=1", actor.endpoint("token")))),
        ("no body", happy().body("")),
        ("a body of separators", happy().body("&&=&==&%&")),
        ("a body that is no text", happy().body(vec![0xff, 0xfe, 0x00, 0x80])),
    ];
    for name in names {
        let value = happy().parameter(name).unwrap_or_default().to_owned();
        rows.push((name, happy().with_another(name, &value)));
        rows.push((name, happy().with_another(name, "other")));
    }
    rows.push(("two resources", happy().with_another("resource", "https://evil.com/mcp")));
    for (what, request) in rows {
        refused(what, &actor.send(request).await?, REQUEST);
    }
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
        let request = actor.token_request(&code).method(method.clone());
        let reply = actor.send(request).await?;
        refused(method.as_str(), &reply, (405, "invalid_request"));
        assert_eq!(reply.header("allow"), Some("POST"), "{method}");
    }
    actor.redeem(&code).await?;
    Ok(())
}

/// Changes a request, given the media type of a form.
type Change = fn(Request, &str) -> Request;

/// What clients send besides, and what makes no difference.
#[tokio::test]
async fn a_charset_an_equal_resource_and_unknown_parameters_do_no_harm() -> Outcome {
    let world = World::start().await?;
    let mut actor = world.actor().await?;
    let form = "application/x-www-form-urlencoded";
    let changes: [(&str, Change); 6] = [
        ("a charset", |request, form| request.with_header("content-type", &format!("{form}; charset=utf-8"))),
        ("a charset in quotes", |request, form| {
            request.with_header("content-type", &format!("{form};charset=\"UTF-8\""))
        }),
        // RFC 9110 §8.3.1: in any case.
        ("a media type in capitals", |request, form| {
            request.with_header("content-type", &form.to_ascii_uppercase())
        }),
        ("the same resource twice", |request, _| {
            let resource = request.parameter("resource").unwrap_or_default().to_owned();
            request.with_another("resource", &resource)
        }),
        ("parameters nobody knows", |request, _| request.with("audience", "x").with("scope", "notes:read")),
        ("an empty parameter", |request, _| request.with("client_assertion", "")),
    ];
    for (what, change) in changes {
        let code = actor.approve().await?;
        let reply = actor.send(change(actor.token_request(&code), form)).await?;
        assert_eq!(reply.status, 200, "{what}: {}", reply.text());
    }
    Ok(())
}
