//! The auth-server, sent anything: every answer is one of the three shapes, and none of them is a 5xx.

use auth_server::oauth::client::Client;
use conformance::pkce::Pkce;
use proptest::{collection::vec, prelude::*};
use reqwest::{Method, Response, StatusCode, header};
use serde_json::Value;
use url::form_urlencoded;

use self::sent::{Sent, any_request, form};
use crate::{
    cases, redirect,
    stage::{REDIRECT, Stage, http},
    texts::is_description,
};

mod guesses;
mod sent;

/// Where the person is answered with a page.
const PAGES: [&str; 2] = ["/oauth/authorize", "/oauth/decision"];

/// Values that lead further than any text would.
fn known(stage: &Stage, client: &Client) -> Vec<String> {
    let pkce = Pkce::fresh();
    let words = "authorization_code refresh_token code S256 plain query none consent login allow deny notes:read \
                 http://127.0.0.1:9/callback https://evil.com/callback http://127.0.0.1.evil.com/callback";
    let mut known: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    known.extend([REDIRECT, stage.world().mcp_url(), "person@example.com", &client.id].map(str::to_owned));
    known.extend(["dcr_AAAA", "dcs_AAAA", "dcs_\0"].map(str::to_owned));
    known.extend([stage.code(client, &pkce), pkce.verifier, pkce.challenge]);
    known
}

fn text(response: &Response, name: header::HeaderName) -> String {
    let value =
        response.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    value.unwrap_or_default()
}

async fn read(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.unwrap() {
        body.extend_from_slice(&chunk);
    }
    body
}

/// RFC 6749 §5.2, for every error that is not a page's.
fn check_json(body: &[u8]) -> Result<(), TestCaseError> {
    let document: Value = serde_json::from_slice(body)
        .map_err(|fault| TestCaseError::fail(format!("{fault}: {}", String::from_utf8_lossy(body))))?;
    let member = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let error = member("error");
    prop_assert!(!error.is_empty() && error.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
    let description = member("error_description");
    prop_assert!(!description.is_empty() && is_description(&description), "{}", document);
    Ok(())
}

/// Where the browser is sent: to the same by GET, or to the client's own redirect URI.
fn check_location(location: &str) -> Result<(), TestCaseError> {
    let is_here = location.starts_with("/oauth/authorize?");
    let is_callback = location.strip_prefix("http://127.0.0.1").is_some_and(|rest| {
        let rest = rest.strip_prefix(":9").unwrap_or(rest);
        rest.starts_with("/callback?") && rest.contains("iss=http")
    });
    prop_assert!(is_here || is_callback, "sent to {}", location);
    Ok(())
}

#[test]
fn every_answer_has_its_shape() {
    let stage = Stage::start(&[]);
    let owner = stage.client("client");
    let http = http();
    proptest!(cases(2000), |(sent in any_request(known(&stage, &owner)))| {
        let response = stage.run(sent.to(stage.world().issuer(), &http));
        let (status, is_page) = (response.status(), PAGES.contains(&sent.path.as_str()));
        prop_assert!(!status.is_server_error(), "{}", status);
        if status.is_redirection() {
            prop_assert_eq!(status, StatusCode::SEE_OTHER);
            prop_assert!(is_page);
            check_location(&text(&response, header::LOCATION))?;
        } else {
            prop_assert!(!response.headers().contains_key(header::LOCATION));
        }
        if status.is_client_error() {
            prop_assert_eq!(text(&response, header::CACHE_CONTROL), "no-store");
            let media = text(&response, header::CONTENT_TYPE);
            if is_page && media.starts_with("text/html") {
                return Ok(());
            }
            prop_assert_eq!(media, "application/json");
            let body = stage.run(read(response));
            if sent.method != Method::HEAD {
                check_json(&body)?;
            }
        }
    });
}

#[test]
fn without_a_callback_nobody_is_redirected() {
    let stage = Stage::start(&[]);
    let owner = stage.client("client");
    let (http, challenge) = (http(), Pkce::fresh().challenge);
    proptest!(cases(400), |(query in form(known(&stage, &owner)), other in redirect::uri())| {
        // The request names the client, is protected, and names some redirect URI, whatever else it says.
        for uri in [&other, "https://evil.com/callback", "http://127.0.0.1:9/callback", ""] {
            let given = form_urlencoded::parse(query.as_bytes())
                .filter(|(name, _)| !matches!(&**name, "redirect_uri" | "client_id") && !name.starts_with("code_"));
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(given)
                .extend_pairs([("client_id", &*owner.id), ("redirect_uri", uri)])
                .extend_pairs([("code_challenge", &*challenge), ("code_challenge_method", "S256")])
                .finish();
            let response = stage.run(Sent::get("/oauth/authorize", &query).to(stage.world().issuer(), &http));
            let status = response.status();
            if status == StatusCode::SEE_OTHER {
                check_location(&text(&response, header::LOCATION))?;
                prop_assert_eq!(uri, "http://127.0.0.1:9/callback");
            } else {
                prop_assert!(!response.headers().contains_key(header::LOCATION));
                let expected = if uri == "http://127.0.0.1:9/callback" { 200..=400 } else { 400..=400 };
                prop_assert!(expected.contains(&status.as_u16()), "{}", status);
            }
        }
    });
}

#[test]
fn a_request_by_post_becomes_the_same_by_get() {
    let stage = Stage::start(&[]);
    let http = http();
    proptest!(cases(300), |(body in vec(0_u8..0x80, 0..12))| {
        let response = stage.run(Sent::post("/oauth/authorize", &body).to(stage.world().issuer(), &http));
        let location = text(&response, header::LOCATION);
        match response.status() {
            StatusCode::SEE_OTHER => {
                let query = location.strip_prefix("/oauth/authorize?").map(str::as_bytes);
                prop_assert_eq!(query, Some(&body[..]));
            }
            status => prop_assert_eq!((status, &*location), (StatusCode::BAD_REQUEST, "")),
        }
    });
}
