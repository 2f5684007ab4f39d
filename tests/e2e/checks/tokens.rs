//! Tokens, refreshes and client authentication of a deployment that is ill.

use std::sync::{Arc, Mutex, PoisonError};

use conformance::{exchange::Reply, failure::Outcome};
use serde_json::json;

use super::{
    broken::breaks,
    change::{at, header, json as change_json, member, text},
    sick::{Asked, Asking, Illness, Patient},
};

const TOKEN: &str = "/oauth/token";

#[tokio::test]
async fn tokens() -> Outcome {
    let patient = Patient::admit().await?;
    breaks(&patient, &["G1.1"], member(TOKEN, "expires_in", "3600")).await?;
    breaks(&patient, &["G1.2"], member(TOKEN, "scope", json!(null))).await?;
    breaks(&patient, &["G1.3"], header(TOKEN, "cache-control", None)).await?;
    let other_resource = Asking(|asked: &mut Asked| {
        for text in [&mut asked.target, &mut asked.body] {
            *text = text.replace("%2Fmcp", "%2Fsse");
        }
    });
    breaks(&patient, &["G2.1", "H1.1"], other_resource).await?;
    let other_keys = at("jwks", |reply| text(reply, "\"kid\":\"", "\"kid\":\"x"));
    breaks(&patient, &["G2.2", "K2"], other_keys).await?;
    breaks(&patient, &["I1.1", "I5"], member_of_refresh()).await?;
    let wide = Asking(|asked: &mut Asked| {
        if asked.body.contains("grant_type=refresh_token") {
            asked.body = asked.body.replace("scope=", "was=").replace("resource=", "was_resource=");
        }
    });
    breaks(&patient, &["I3.2", "I3.3", "N6.4"], wide).await?;
    let forgets = |asked: &Asked, reply: &mut Reply| {
        if asked.target == TOKEN && !asked.body.contains("resource=") {
            (reply.status, reply.body) = (400, br#"{"error":"invalid_target"}"#.to_vec());
        }
    };
    breaks(&patient, &["I3.1"], forgets).await?;
    breaks(&patient, &["I1.2", "I2"], once()).await
}

/// Requests to the token endpoint in which the client says who it is in such a way are answered with this error.
fn answered(is_meant: fn(&Asked) -> bool, error: &'static str) -> impl Illness {
    move |asked: &Asked, reply: &mut Reply| {
        if asked.target == TOKEN && is_meant(asked) {
            reply.status = if error == "invalid_client" { 401 } else { 400 };
            reply.body = json!({"error": error}).to_string().into_bytes();
        }
    }
}

#[tokio::test]
async fn client_authentication() -> Outcome {
    let patient = Patient::admit().await?;
    let is_public =
        |asked: &Asked| !asked.body.contains("client_secret=") && asked.header("authorization").is_empty();
    breaks(&patient, &["G3.1"], answered(is_public, "invalid_client")).await?;
    let no_header = Asking(|asked: &mut Asked| {
        if asked.target == TOKEN {
            asked.headers.retain(|(name, _)| name != "authorization");
        }
    });
    breaks(&patient, &["G3.2"], no_header).await?;
    let no_form = Asking(|asked: &mut Asked| asked.body = asked.body.replace("client_secret=", "secret="));
    breaks(&patient, &["G3.3"], no_form).await?;
    let signs = |asked: &Asked| asked.body.contains("client_assertion=");
    breaks(&patient, &["G3.4"], answered(signs, "invalid_client")).await?;
    breaks(&patient, &["N7.5"], answered(signs, "invalid_grant")).await
}

/// Refreshes are answered without a refresh token.
fn member_of_refresh() -> impl Illness {
    |asked: &Asked, reply: &mut Reply| {
        if asked.body.contains("grant_type=refresh_token") && asked.target == TOKEN {
            change_json(reply, |document| {
                document.as_object_mut().and_then(|members| members.remove("refresh_token"));
            });
        }
    }
}

/// No body is accepted twice.
fn once() -> impl Illness {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    move |asked: &Asked, reply: &mut Reply| {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        if reply.status == 200 && asked.target == TOKEN && seen.contains(&asked.body) {
            (reply.status, reply.body) = (400, br#"{"error":"invalid_grant"}"#.to_vec());
        }
        seen.push(asked.body.clone());
    }
}
