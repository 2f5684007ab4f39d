//! Requests of every kind: almost right, nonsense, and what means something to one of the parsers.

use std::{collections::BTreeSet, fmt};

use proptest::{collection::vec, prelude::*, sample::select};
use reqwest::{Client, Method, Response, header::HeaderValue};
use url::{Url, form_urlencoded};

use crate::texts::any_text;

/// Paths there are, and such as look like one.
const PATHS: [&str; 13] = [
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
    "//evil.com/oauth/authorize",
    "/",
];

const NAMES: [&str; 20] = [
    "grant_type",
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "redirect_uri",
    "refresh_token",
    "scope",
    "resource",
    "token",
    "state",
    "response_type",
    "response_mode",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "request",
    "decision",
    "email",
    "password",
];

const DOCUMENTS: [&str; 6] = [
    "{}",
    "[]",
    "null",
    "{\"redirect_uris\":7}",
    "{\"redirect_uris\":[\"https://evil.com/\"]}",
    "{\"redirect_uris\":[\"https://\\\"evil.com/\"]}",
];

const MEDIA: [&str; 6] = [
    "application/json",
    "APPLICATION/JSON; charset=utf-8",
    "application/x-www-form-urlencoded; charset=\"",
    "multipart/form-data",
    "text/plain",
    "",
];

/// A request.
#[derive(Clone)]
pub struct Sent {
    pub method: Method,
    pub path: String,
    pub query: Option<String>,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// As a failing case prints it.
impl fmt::Debug for Sent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sent { method, path, query, headers, body } = self;
        let start = String::from_utf8_lossy(body.get(..300).unwrap_or(body));
        let size = body.len();
        write!(formatter, "{method} {path:?} {query:?} {headers:?} {start:?}, {size} bytes")
    }
}

impl Sent {
    /// What a browser asks for.
    pub fn get(path: &str, query: &str) -> Sent {
        Sent {
            method: Method::GET,
            path: path.to_owned(),
            query: Some(query.to_owned()),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// What another site's form sends.
    pub fn post(path: &str, body: &[u8]) -> Sent {
        let media = "application/x-www-form-urlencoded".to_owned();
        Sent {
            method: Method::POST,
            path: path.to_owned(),
            query: None,
            headers: vec![("content-type", media)],
            body: body.to_vec(),
        }
    }

    /// Sends it to the server at this origin.
    pub async fn to(&self, origin: &str, http: &Client) -> Response {
        let mut url = Url::parse(origin).unwrap();
        url.set_path(&self.path);
        url.set_query(self.query.as_deref());
        let mut request = http.request(self.method.clone(), url).body(self.body.clone());
        for (name, value) in &self.headers {
            // What HTTP cannot carry is left out.
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                request = request.header(*name, value);
            }
        }
        request.send().await.unwrap()
    }
}

/// Parameters of our endpoints, mostly each once, with values of `known` that lead further than any text would.
pub fn form(known: Vec<String>) -> impl Strategy<Value = String> {
    let name = prop_oneof![12 => select(&NAMES).prop_map(str::to_owned), 1 => any_text(6)];
    let value = prop_oneof![4 => select(known), 1 => any_text(40)];
    (vec((name, value), 0..9), prop::bool::weighted(0.1)).prop_map(|(pairs, repeats)| {
        let mut seen = BTreeSet::new();
        let pairs = pairs.into_iter().filter(|(name, _)| seen.insert(name.clone()) || repeats);
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    })
}

/// Any request.
pub fn any_request(known: Vec<String>) -> impl Strategy<Value = Sent> {
    let other = select(vec!["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "FOO"]);
    let method = prop_oneof![
        6 => Just(Method::POST),
        2 => Just(Method::GET),
        1 => other.prop_map(|name| Method::from_bytes(name.as_bytes()).unwrap()),
    ];
    let path = prop_oneof![9 => select(&PATHS).prop_map(str::to_owned), 1 => any_text(20)];
    let query = prop_oneof![
        2 => Just(None),
        1 => form(known.clone()).prop_map(Some),
        1 => any_text(40).prop_map(Some),
    ];
    (method, path, query, headers(), body(known)).prop_map(|(method, path, query, headers, body)| Sent {
        method,
        path,
        query,
        headers,
        body,
    })
}

fn body(known: Vec<String>) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => form(known).prop_map(String::into_bytes),
        2 => vec(any::<u8>(), 0..200),
        2 => any_text(4).prop_map(String::into_bytes),
        2 => any_text(200).prop_map(String::into_bytes),
        1 => select(&DOCUMENTS).prop_map(|text| text.as_bytes().to_vec()),
        // Around the largest body that is read.
        1 => (65_530_usize..65_545).prop_map(|size| vec![b'a'; size]),
    ]
}

fn headers() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let media = prop_oneof![
        6 => Just("application/x-www-form-urlencoded".to_owned()),
        2 => select(&MEDIA).prop_map(str::to_owned),
        1 => any_text(20),
    ];
    let basic = select(vec!["Basic ", "Basic OjpwOg==", "Basic %", "Bearer x"]).prop_map(str::to_owned);
    let authorization = prop::option::weighted(0.2, prop_oneof![basic, any_text(30)]);
    let origin = prop::option::weighted(0.1, prop_oneof![Just("null".to_owned()), any_text(20)]);
    let cookie = prop::option::weighted(0.1, any_text(50).prop_map(|text| format!("gatehouse={text}")));
    (media, authorization, origin, cookie).prop_map(|(media, authorization, origin, cookie)| {
        let given = [
            ("content-type", Some(media)),
            ("authorization", authorization),
            ("origin", origin),
            ("cookie", cookie),
        ];
        given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    })
}
