//! The auth-server, sent anything: every answer is one of the three shapes, and none of them is a 5xx.

use std::collections::BTreeSet;

use auth_server::oauth::client::Client;
use conformance::pkce::Pkce;
use proptest::{collection::vec, prelude::*, sample::select};
use reqwest::{Method, Response, StatusCode, header, redirect::Policy};
use serde_json::Value;
use url::form_urlencoded;

use crate::{
    cases,
    stage::{REDIRECT, Stage},
    texts::{any_text, is_description},
};

/// Where the person is answered with a page.
const PAGES: [&str; 2] = ["/oauth/authorize", "/oauth/decision"];

const PATHS: [&str; 12] = [
    "/oauth/register",
    "/oauth/token",
    "/oauth/revoke",
    "/oauth/authorize",
    "/oauth/decision",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/.well-known/jwks.json",
    "/style.css",
    "/oauth/token/",
    "/OAUTH/token",
    "/",
];

/// A request, as the printed case shows it.
#[derive(Clone, Debug)]
struct Sent {
    method: Method,
    path: String,
    query: Option<String>,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap()
}

impl Sent {
    async fn send(&self, http: &reqwest::Client, stage: &Stage) -> Response {
        let mut url = reqwest::Url::parse(stage.world().issuer()).unwrap();
        url.set_path(&self.path);
        url.set_query(self.query.as_deref());
        let mut request = http.request(self.method.clone(), url).body(self.body.clone());
        for (name, value) in &self.headers {
            if let Ok(value) = header::HeaderValue::from_bytes(value) {
                request = request.header(*name, value);
            }
        }
        request.send().await.unwrap()
    }
}

/// Parameters with known names, and values that mean something here.
fn form(known: Vec<String>) -> impl Strategy<Value = String> {
    let name = prop_oneof![
        12 => select(vec![
            "grant_type", "client_id", "client_secret", "code", "code_verifier", "redirect_uri", "refresh_token",
            "scope", "resource", "token", "state", "response_type", "code_challenge", "code_challenge_method",
            "request", "decision", "email", "password", "prompt", "response_mode",
        ]).prop_map(str::to_owned),
        1 => any_text(6),
    ];
    let value = prop_oneof![4 => select(known), 1 => any_text(40)];
    vec((name, value), 0..9).prop_map(|pairs| {
        let mut once = BTreeSet::new();
        let pairs = pairs.into_iter().filter(|(name, value)| once.insert(name.clone()) || value.len() == 7);
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    })
}

fn sent(known: Vec<String>) -> impl Strategy<Value = Sent> {
    let method = prop_oneof![
        6 => Just(Method::POST),
        2 => Just(Method::GET),
        1 => select(vec!["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "FOO"])
            .prop_map(|name| Method::from_bytes(name.as_bytes()).unwrap()),
    ];
    let path = prop_oneof![9 => select(&PATHS).prop_map(str::to_owned), 1 => any_text(20)];
    let query = prop_oneof![2 => Just(None), 1 => form(known.clone()).prop_map(Some), 1 => any_text(40).prop_map(Some)];
    let bytes = prop_oneof![
        6 => form(known).prop_map(String::into_bytes),
        2 => vec(any::<u8>(), 0..200),
        2 => any_text(200).prop_map(String::into_bytes),
        1 => select(vec!["{}", "[]", "null", "{\"redirect_uris\":[\"https://\\\"evil.com/\"]}", "{\"redirect_uris\":7}",
            "{\"redirect_uris\":[\"https://evil.com/\"]}"]).prop_map(|text| text.as_bytes().to_vec()),
        1 => (65_000_usize..70_000).prop_map(|size| vec![b'a'; size]),
    ];
    let media = prop_oneof![
        6 => Just("application/x-www-form-urlencoded".to_owned()),
        2 => select(vec!["application/json", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded; charset=\"",
            "APPLICATION/JSON; charset=utf-8", ""]).prop_map(str::to_owned),
        1 => any_text(20),
    ];
    let authorization = prop::option::weighted(
        0.2,
        prop_oneof![
            Just("Basic ".to_owned()),
            Just("Basic OjpwOg==".to_owned()),
            Just("Bearer x".to_owned()),
            any_text(30),
        ],
    );
    (method, path, query, bytes, media, authorization).prop_map(
        |(method, path, query, body, media, authorization)| {
            let mut headers = vec![("content-type", media.into_bytes())];
            headers.extend(authorization.map(|text| ("authorization", text.into_bytes())));
            Sent { method, path, query, headers, body }
        },
    )
}

/// Values that lead further than any text would.
fn known(stage: &Stage, client: &Client) -> Vec<String> {
    let pkce = Pkce::fresh();
    let mut known = vec![client.id.clone(), stage.code(client, &pkce), pkce.verifier, pkce.challenge];
    let words = "authorization_code refresh_token code S256 plain query none consent login allow deny notes:read \
                 http://127.0.0.1:9/callback https://evil.com/callback http://127.0.0.1.evil.com/callback";
    known.extend(words.split_whitespace().map(str::to_owned));
    known.extend([REDIRECT.to_owned(), stage.world().mcp_url().to_owned(), "person@example.com".to_owned()]);
    known
}

fn text(response: &Response, name: header::HeaderName) -> String {
    let value =
        response.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    value.unwrap_or_default()
}

/// RFC 6749 §5.2, for every error that is not a page's.
fn check_json(response: &Response, body: &[u8]) -> Result<(), TestCaseError> {
    prop_assert_eq!(text(response, header::CONTENT_TYPE), "application/json");
    let document: Value = serde_json::from_slice(body)
        .map_err(|fault| TestCaseError::fail(format!("{fault}: {}", String::from_utf8_lossy(body))))?;
    let member = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let error = member("error");
    prop_assert!(!error.is_empty() && error.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
    prop_assert!(is_description(&member("error_description")), "{}", document);
    Ok(())
}

/// Where the browser is sent: back here, or to the client's own redirect URI.
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
    let http = client();
    proptest!(cases(1500), |(sent in sent(known(&stage, &owner)))| {
        let (response, body) = stage.run(async {
            let mut response = sent.send(&http, &stage).await;
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.unwrap() {
                body.extend_from_slice(&chunk);
            }
            (response, body)
        });
        let status = response.status();
        prop_assert!(!status.is_server_error(), "{}", status);
        if status.is_redirection() {
            prop_assert_eq!(status, StatusCode::SEE_OTHER);
            prop_assert!(PAGES.contains(&sent.path.as_str()));
            check_location(&text(&response, header::LOCATION))?;
        } else {
            prop_assert!(!response.headers().contains_key(header::LOCATION));
        }
        if status.is_client_error() {
            prop_assert_eq!(text(&response, header::CACHE_CONTROL), "no-store");
            let is_page = text(&response, header::CONTENT_TYPE).starts_with("text/html");
            prop_assert!(!is_page || PAGES.contains(&sent.path.as_str()));
            if !is_page && sent.method != Method::HEAD {
                check_json(&response, &body)?;
            }
        }
    });
}

#[test]
fn without_a_callback_nobody_is_redirected() {
    let stage = Stage::start(&[]);
    let owner = stage.client("client");
    let http = client();
    proptest!(cases(400), |(query in form(known(&stage, &owner)), uri in crate::redirect::uri())| {
        for uri in [uri, "https://evil.com/callback".to_owned(), String::new()] {
            // Without one parameter or with a wrong one there is no callback, whatever else the request says.
            let given = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "redirect_uri");
            let mut text = form_urlencoded::Serializer::new(String::new());
            let query = text.extend_pairs(given).append_pair("redirect_uri", &uri).finish();
            let sent = Sent {
                method: Method::GET, path: "/oauth/authorize".to_owned(), query: Some(query), headers: Vec::new(),
                body: Vec::new(),
            };
            let response = stage.run(sent.send(&http, &stage));
            let status = response.status();
            if let Some(location) = response.headers().get(header::LOCATION) {
                check_location(location.to_str().unwrap())?;
                prop_assert!(uri.starts_with("http://127.0.0.1"), "{}", uri);
            } else {
                prop_assert!(status == StatusCode::BAD_REQUEST || status == StatusCode::OK, "{}", status);
            }
        }
    });
}
