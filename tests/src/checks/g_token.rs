//! G: what a code becomes (OAuth 2.1 §3.2.3, RFC 9068).

use serde_json::Value;

use super::{
    c_documents::key_set,
    check::{Check, checks},
    deployment::Deployment,
    n7_assertion::works,
    probe::value,
    session::{Session, member},
    verdict::{Seen, skip, wrong},
};
use crate::{exchange::Reply, jwt::Jwt, violation::Violation};

pub(super) const CHECKS: &[Check] = checks! {
    "G1.1" "OAuth 2.1 §3.2.3; AS-76" tool(shape)
        "The answer has access_token, token_type Bearer, a number of seconds and a refresh token";
    "G1.2" "OAuth 2.1 §3.2.3; clients.md §1.2" tool(scope)
        "The answer names the granted scopes, and they are those that were asked for";
    "G1.3" "OAuth 2.1 §3.2.3; AS-8" tool(no_store)
        "No cache may keep the answer";
    "G2.1" "RFC 9068 §2; AS-84" tool(claims)
        "The access token has its claims, aud being exactly the resource";
    "G2.2" "RFC 9068 §4; AS-85" tool(signature)
        "The access token is signed by a published key and has the type at+jwt";
    "G3.1" "OAuth 2.1 §2.4; AS-22" tool(method, "none")
        "none works at the token endpoint when it is advertised";
    "G3.2" "OAuth 2.1 §2.4.1; AS-70" tool(method, "client_secret_basic")
        "client_secret_basic works at the token endpoint when it is advertised";
    "G3.3" "OAuth 2.1 §2.4.1; AS-70" tool(method, "client_secret_post")
        "client_secret_post works at the token endpoint when it is advertised";
    "G3.4" "RFC 7523 §2.2; AS-71" tool(works)
        "private_key_jwt works at the token endpoint when it is advertised";
};

async fn shape(deployment: &Deployment) -> Seen {
    Ok(judge_shape(&deployment.main().await?.reply)?)
}

pub(super) fn judge_shape(reply: &Reply) -> Result<String, Violation> {
    let document = reply.json().unwrap_or_default();
    let is_text = |name: &str| document[name].as_str().is_some_and(|text| !text.is_empty());
    let lifetime = document["expires_in"].as_u64().filter(|seconds| *seconds > 0);
    let is_whole = is_text("access_token") && is_text("refresh_token") && document["token_type"] == "Bearer";
    if let Some(seconds) = lifetime.filter(|_| is_whole && reply.media_type() == "application/json") {
        return Ok(format!("Bearer for {seconds} s"));
    }
    let seen = ["token_type", "expires_in"].map(|name| format!("{name} {}", member(&document, name)));
    let refresh = if is_text("refresh_token") { "a refresh token" } else { "no refresh token" };
    Err(wrong("the token response lacks what clients need")
        .expected("access_token, token_type \"Bearer\", expires_in as a number, refresh_token")
        .seen(format!("{}, {refresh}", seen.join(", ")))
        .change("return all four; issue a refresh token to every client that registered for one"))
}

async fn scope(deployment: &Deployment) -> Seen {
    let session = deployment.main().await?;
    let asked = value(&session.asking.pairs, "scope").unwrap_or_default();
    Ok(judge_scope(asked, &session.reply.json().unwrap_or_default())?)
}

pub(super) fn judge_scope(asked: &str, document: &Value) -> Result<String, Violation> {
    let granted = document["scope"].as_str().unwrap_or_default();
    let has = |scope: &&str| granted.split_whitespace().any(|own| own == *scope);
    let missing: Vec<&str> = asked.split_whitespace().filter(|scope| !has(scope)).collect();
    if !granted.is_empty() && missing.is_empty() {
        return Ok(granted.to_owned());
    }
    Err(wrong("the granted scopes are not those that were asked for, or are not told")
        .expected(format!("scope with {asked}"))
        .seen(member(document, "scope"))
        .change("advertise only what every client may receive, grant it, and always return the granted set"))
}

async fn no_store(deployment: &Deployment) -> Seen {
    Ok(judge_no_store(&deployment.main().await?.reply)?)
}

pub(super) fn judge_no_store(reply: &Reply) -> Result<String, Violation> {
    if reply.is_no_store() {
        return Ok("Cache-Control: no-store".to_owned());
    }
    Err(wrong("a cache may keep the tokens")
        .expected("Cache-Control: no-store")
        .seen(reply.header("cache-control").unwrap_or("no Cache-Control"))
        .change("send Cache-Control: no-store with every answer of the token endpoint, errors included"))
}

/// The access token taken apart; opaque tokens are not looked into.
fn access_token(session: &Session) -> Seen<Jwt> {
    Jwt::parse(&session.tokens.access).map_or_else(|| skip("the access token is opaque"), Ok)
}

async fn claims(deployment: &Deployment) -> Seen {
    let session = deployment.main().await?;
    let jwt = access_token(session)?;
    let expected = (deployment.issuer()?, deployment.target.as_str(), session.asking.client.id.as_str());
    Ok(judge_claims(&jwt, expected, deployment.agent.clock.now().seconds())?)
}

pub(super) fn judge_claims(
    jwt: &Jwt,
    (issuer, resource, client): (&str, &str, &str),
    now: i64,
) -> Result<String, Violation> {
    let claims = Value::Object(jwt.claims.clone());
    let number = |name: &str| claims[name].as_i64();
    let is_resource = |value: &Value| value == resource;
    let rows = [
        ("iss", claims["iss"] == issuer),
        // RFC 8707 §2.2, and what ChatGPT's own checklist asks of the MCP server.
        (
            "aud",
            is_resource(&claims["aud"])
                || claims["aud"].as_array().is_some_and(|all| all.iter().any(is_resource)),
        ),
        ("client_id", claims["client_id"] == client),
        ("sub", claims["sub"].as_str().is_some_and(|text| !text.is_empty())),
        ("jti", claims["jti"].as_str().is_some_and(|text| !text.is_empty())),
        ("scope", claims["scope"].is_string()),
        // A minute for clocks that differ.
        ("iat", number("iat").is_some_and(|at| at <= now + 60)),
        ("exp", number("exp").is_some_and(|at| at > now)),
    ];
    let Some((name, _)) = rows.iter().find(|(_, holds)| !holds) else {
        return Ok(format!("iss, aud, client_id, sub, jti, scope, iat, exp; {resource}"));
    };
    Err(wrong(format!("the claim `{name}` of the access token is missing or wrong"))
        .expected(format!("iss {issuer}, aud {resource}, client_id, sub, jti, scope, iat and exp"))
        .seen(member(&claims, name))
        .change("set RESOURCE and ISSUER of both services to the same strings; issue RFC 9068 tokens"))
}

async fn signature(deployment: &Deployment) -> Seen {
    let jwt = access_token(deployment.main().await?)?;
    Ok(judge_signature(&jwt, &key_set(deployment).await?)?)
}

pub(super) fn judge_signature(jwt: &Jwt, keys: &[Value]) -> Result<String, Violation> {
    let kind = jwt.header("typ").unwrap_or_default().to_ascii_lowercase();
    let fault = match jwt.verify(keys) {
        Ok(()) if matches!(kind.as_str(), "at+jwt" | "application/at+jwt") => {
            return Ok(format!("{} {kind}", jwt.header("alg").unwrap_or_default()));
        }
        Ok(()) => format!("typ {kind:?}"),
        Err(fault) => fault.to_string(),
    };
    Err(wrong("the access token is not one that a resource server can tell from other tokens")
        .expected("typ at+jwt, a kid of the published key set, and its signature")
        .seen(fault)
        .change("sign with the published key, name it by kid, and set typ to at+jwt"))
}

async fn method(deployment: &Deployment, method: &'static str) -> Seen {
    if !deployment.auth_methods().iter().any(|own| own == method) {
        return skip(format!("{method} is not advertised"));
    }
    let asked = |session: &Session| session.asking.client.method == method;
    let redeemed = match method {
        "none" => deployment.refresh_trial_itself().await.map(|trial| asked(&trial.session)),
        "client_secret_basic" => deployment.replay_trial_itself().await.map(|trial| asked(&trial.session)),
        _ => deployment.main_itself().await.map(asked),
    };
    match redeemed {
        Ok(true) => Ok("a code was redeemed with it".to_owned()),
        Ok(false) => Err(wrong(format!("{method} is advertised but cannot be registered"))
            .expected(format!("a client with token_endpoint_auth_method {method}"))
            .seen("another method in the registration response")
            .change("register what is advertised, or do not advertise it")
            .into()),
        Err(stop) => Err(stop.clone()),
    }
}
