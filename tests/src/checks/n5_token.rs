//! N5: tokens that are not what they say open nothing (RFC 8725, RFC 9068 §4).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use serde_json::{Value, json};

use super::{
    c_documents::key_set,
    check::{Check, checks},
    deployment::{CHATGPT, Deployment},
    refusal::of_token,
    verdict::{Seen, skip},
};
use crate::jwt::Jwt;

pub(super) const CHECKS: &[Check] = checks! {
    "N5.1" "RFC 9068 §4; RS-26" tests(
        "tests/e2e/negative/access_token.rs::an_access_token_expires_even_if_it_was_good_before"
    )
        "An expired token is invalid_token";
    "N5.2" "RFC 9068 §4; RS-26" tests("tests/e2e/negative/access_token.rs::claims_that_are_not_for_us")
        "A token of another issuer or audience, or of a time to come, is invalid_token";
    "N5.3" "RFC 8725 §3.1; RS-26" tool(unsigned)
        "alg none, in every spelling, is invalid_token";
    "N5.4" "RFC 8725 §2.1; RS-26" tool(symmetric)
        "HS256 with the public key as its secret is invalid_token";
    "N5.5" "RFC 9068 §4; RS-27" tool(unknown_key)
        "An unknown kid, and a key the token brings along, are invalid_token";
    "N5.6" "RFC 7515 §5.2; RS-26" tool(tampered)
        "Changed claims, a changed, missing or foreign signature are invalid_token";
    "N5.7" "RFC 9068 §4; RS-24" tool(refresh_token)
        "A refresh token is no access token";
    "N5.8" "RFC 8725 §3.11; RS-26" tool(id_token)
        "An id_token is no access token";
    "N5.9" "RFC 8725 §3.11; RS-26" tests(
        "tests/e2e/negative/access_token.rs::a_header_that_is_not_that_of_our_access_tokens"
    )
        "A token that the issuer's own key signed for something else is invalid_token";
};

/// Header, claims and signature of the access token, each as it stands in it.
async fn parts(deployment: &Deployment) -> Seen<[String; 3]> {
    let token = &deployment.main().await?.tokens.access;
    let parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    match <[String; 3]>::try_from(parts) {
        Ok(parts) if Jwt::parse(token).is_some() => Ok(parts),
        _ => skip("the access token is opaque"),
    }
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A part of a token with one member changed.
fn changed(part: &str, member: &str, value: Value) -> String {
    let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    let mut document: Value = serde_json::from_slice(&bytes).unwrap_or(json!({}));
    document[member] = value;
    encoded(&document)
}

/// Tries each token on a list of tools.
async fn refused(deployment: &Deployment, tokens: Vec<(String, String)>) -> Seen {
    let count = tokens.len();
    for (what, token) in tokens {
        let reply = deployment.call(CHATGPT, Some(&token), "tools/list", json!({})).await?;
        of_token(&what, &reply)?;
    }
    Ok(format!("invalid_token, {count} of {count}"))
}

async fn unsigned(deployment: &Deployment) -> Seen {
    let [header, claims, signature] = parts(deployment).await?;
    let mut tokens = Vec::new();
    for none in ["none", "None", "NONE", "nOnE"] {
        let header = changed(&header, "alg", json!(none));
        tokens.push((format!("a token with alg {none}"), format!("{header}.{claims}.")));
        tokens.push((
            format!("a token with alg {none} and a signature"),
            format!("{header}.{claims}.{signature}"),
        ));
    }
    refused(deployment, tokens).await
}

/// The public key in the forms in which somebody may hold it.
fn as_secrets(keys: &[Value]) -> Vec<Vec<u8>> {
    let mut secrets = vec![Vec::new(), json!({"keys": keys}).to_string().into_bytes()];
    for key in keys {
        secrets.push(key.to_string().into_bytes());
        for member in ["n", "x"] {
            let text = key[member].as_str().unwrap_or_default();
            secrets.push(text.as_bytes().to_vec());
            secrets.push(URL_SAFE_NO_PAD.decode(text).unwrap_or_default());
        }
    }
    secrets
}

async fn symmetric(deployment: &Deployment) -> Seen {
    let [header, claims, _] = parts(deployment).await?;
    let message = format!("{}.{claims}", changed(&header, "alg", json!("HS256")));
    let token = |secret: Vec<u8>| {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), message.as_bytes());
        (
            "a token with HS256 by the public key".to_owned(),
            format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag)),
        )
    };
    let secrets = as_secrets(&key_set(deployment).await?);
    refused(deployment, secrets.into_iter().map(token).collect()).await
}

async fn unknown_key(deployment: &Deployment) -> Seen {
    let [header, claims, signature] = parts(deployment).await?;
    let key = key_set(deployment).await?.into_iter().next().unwrap_or_default();
    let token = |what: &str, header: String| (what.to_owned(), format!("{header}.{claims}.{signature}"));
    let tokens = vec![
        token("a token with an unknown kid", changed(&header, "kid", json!("no-such-key"))),
        token("a token with a path as kid", changed(&header, "kid", json!("../../../dev/null"))),
        token("a token with a number as kid", changed(&header, "kid", json!(0))),
        token("a token with a key of its own", changed(&header, "jwk", key)),
        token(
            "a token with a key set of its own",
            changed(&header, "jku", json!("https://attacker.example/jwks")),
        ),
    ];
    refused(deployment, tokens).await
}

async fn tampered(deployment: &Deployment) -> Seen {
    let [header, claims, signature] = parts(deployment).await?;
    let other = format!(
        "{}{}",
        if signature.starts_with('A') { 'B' } else { 'A' },
        signature.get(1..).unwrap_or_default()
    );
    let token = |what: &str, parts: [&str; 3]| (what.to_owned(), parts.join("."));
    let more = changed(&claims, "scope", json!("admin"));
    let somebody = changed(&claims, "sub", json!("somebody-else"));
    let later = changed(&claims, "exp", json!(9_999_999_999_i64));
    let tokens = vec![
        token("a token with another scope", [&header, &more, &signature]),
        token("a token of somebody else", [&header, &somebody, &signature]),
        token("a token that lasts longer", [&header, &later, &signature]),
        token("a token with a changed signature", [&header, &claims, &other]),
        token("a token without its signature", [&header, &claims, ""]),
        token("a token with a signature of nothing", [&header, &claims, &"A".repeat(signature.len())]),
    ];
    refused(deployment, tokens).await
}

async fn refresh_token(deployment: &Deployment) -> Seen {
    let Some(token) = deployment.main().await?.tokens.refresh.clone() else {
        return skip("no refresh token was issued");
    };
    refused(deployment, vec![("a refresh token".to_owned(), token)]).await
}

async fn id_token(deployment: &Deployment) -> Seen {
    let Some(token) = deployment.main().await?.tokens.id.clone() else {
        return skip("no id_token was issued");
    };
    refused(deployment, vec![("an id_token".to_owned(), token)]).await
}
