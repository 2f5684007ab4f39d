//! What must be refused, at a deployment that does not refuse it.

use std::sync::{Arc, Mutex, PoisonError};

use conformance::{exchange::Reply, failure::Outcome};
use serde_json::json;
use url::form_urlencoded;

use super::{
    broken::breaks,
    change::{at, header, json as change_json, set_header},
    sick::{Asked, Illness, Patient},
};

const TOKEN: &str = "/oauth/token";
const AUTHORIZE: &str = "/oauth/authorize";

/// A parameter of the query.
fn query(asked: &Asked, name: &str) -> Option<String> {
    let (_, query) = asked.target.split_once('?')?;
    let mut pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
    pairs.find(|(own, _)| own == name).map(|(_, value)| value)
}

/// Every authorization request is let through to where it says.
fn open_redirect() -> impl Illness {
    |asked: &Asked, reply: &mut Reply| {
        if asked.target.starts_with(AUTHORIZE) && reply.status == 400 {
            reply.status = 302;
            let place = query(asked, "redirect_uri").unwrap_or_default();
            let place: String = place.chars().filter(|letter| letter.is_ascii_graphic()).collect();
            set_header(reply, "location", Some(&format!("{place}?code=1")));
        }
    }
}

#[tokio::test]
async fn redirects() -> Outcome {
    let patient = Patient::admit().await?;
    let ids = [
        "N2.1", "N2.2", "N2.3", "N2.4", "N2.5", "N2.6", "N2.7", "N2.8", "N2.9", "N2.10", "N2.11", "N2.12",
        "N2.13", "N8.1", "N8.2", "N8.3",
    ];
    breaks(&patient, &ids, open_redirect()).await?;
    let exact_port = |asked: &Asked, reply: &mut Reply| {
        if asked.target.contains("50505") {
            reply.status = 400;
        }
    };
    breaks(&patient, &["N2.10"], exact_port).await
}

/// A page is shown whatever is asked.
fn careless_page() -> impl Illness {
    at(AUTHORIZE, |reply| {
        if reply.status >= 300 {
            reply.status = 200;
            set_header(reply, "location", None);
        }
    })
}

#[tokio::test]
async fn authorization_requests() -> Outcome {
    let patient = Patient::admit().await?;
    let ids = ["N1.1", "N1.2", "N1.8", "N4.1", "N4.2", "N4.3", "N4.4", "N11.2", "N12.1", "N12.3"];
    breaks(&patient, &ids, careless_page()).await?;
    let approves = |asked: &Asked, reply: &mut Reply| {
        if asked.method == "POST" && reply.status == 400 && !asked.target.contains("token") {
            reply.status = 303;
            let place = "https://chatgpt.com/connector_platform_oauth_redirect?code=1";
            set_header(reply, "location", Some(place));
        }
    };
    breaks(&patient, &["N10.1", "N10.2"], approves).await
}

/// A token endpoint that refuses nothing.
fn gives_to_all() -> impl Illness {
    |asked: &Asked, reply: &mut Reply| {
        if asked.target == TOKEN && reply.status >= 400 {
            let tokens = json!({"access_token": "given", "token_type": "Bearer", "expires_in": 1});
            (reply.status, reply.body) = (200, tokens.to_string().into_bytes());
        }
    }
}

#[tokio::test]
async fn token_requests() -> Outcome {
    let patient = Patient::admit().await?;
    let ids = [
        "I3.3", "N1.3", "N1.4", "N1.5", "N1.6", "N3.1", "N3.2", "N3.4", "N3.5", "N3.6", "N6.2", "N6.3",
        "N6.4", "N7.1", "N7.2", "N7.3", "N7.6", "N7.7", "N11.3", "N12.2", "N12.4",
    ];
    breaks(&patient, &ids, gives_to_all()).await?;
    breaks(&patient, &["N7.7"], header(TOKEN, "www-authenticate", None)).await?;
    let vague = |asked: &Asked, reply: &mut Reply| {
        if asked.target == TOKEN {
            change_json(reply, |document| {
                if document.get("error").is_some() {
                    document["error"] = json!("server_said_no");
                }
            });
        }
    };
    breaks(&patient, &["N3.1", "N7.1", "N12.2"], vague).await
}

/// Believes any token: takes it for the last one that was issued.
struct Believer(Arc<Mutex<String>>);

impl Illness for Believer {
    fn ask(&mut self, asked: &mut Asked) {
        let good = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if asked.target.contains("/mcp") && !good.is_empty() {
            for (_, value) in asked.headers.iter_mut().filter(|(name, _)| name == "authorization") {
                *value = format!("Bearer {good}");
            }
        }
    }

    fn answer(&mut self, asked: &Asked, reply: &mut Reply) {
        let document = reply.json().unwrap_or_default();
        if let Some(token) = document["access_token"].as_str().filter(|_| asked.target == TOKEN) {
            // A token for /sse would be refused at /mcp for a good reason.
            if !asked.body.contains("%2Fsse") {
                token.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
            }
        }
    }
}

#[tokio::test]
async fn access_tokens() -> Outcome {
    let patient = Patient::admit().await?;
    let ids = ["N4.5", "N5.3", "N5.4", "N5.5", "N5.6", "N5.7", "N5.8"];
    breaks(&patient, &ids, Believer(Arc::default())).await?;
    let unsaid = header("/mcp", "www-authenticate", Some("Bearer resource_metadata=\"https://a.example\""));
    breaks(&patient, &["A3.1", "N5.3"], unsaid).await?;
    let repeats = |asked: &Asked, reply: &mut Reply| {
        if reply.status == 401 {
            reply.body = asked.header("authorization").as_bytes().to_vec();
        }
    };
    breaks(&patient, &["N14.2"], repeats).await
}
