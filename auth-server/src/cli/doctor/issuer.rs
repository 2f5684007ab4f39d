//! The issuer as everybody else reaches it: by its public name.

use serde_json::Value;
use shared::{clock::Clock, metadata::WELL_KNOWN};

use super::{
    Finding, clock,
    probe::{Answer, Probe},
};
use crate::settings::Settings;

const CHECK: &str = "issuer";

/// `kids` are the keys of this database, the one it signs with first; none where they are not known.
pub(super) async fn examine(
    settings: &Settings,
    probe: &Probe,
    clock: &Clock,
    kids: &[String],
) -> Vec<Finding> {
    let mut url = settings.issuer.url().clone();
    // RFC 8414 §3.1: the well-known part stands between the host and the issuer's path.
    let path = format!("{WELL_KNOWN}{}", url.path().trim_end_matches('/'));
    url.set_path(&path);
    let request = probe.0.get(url.clone()).header("origin", "https://claude.ai");
    let answer = match probe.send(request).await {
        Ok(answer) => answer,
        Err(told) => {
            let change = "let ISSUER's name lead to this server with a valid certificate, or set ISSUER to the name that does";
            return vec![Finding::fail(CHECK, format!("{url} cannot be reached: {told}"), change)];
        }
    };
    let document = match answer.document(CHECK, "ISSUER") {
        Ok(document) => document,
        Err(finding) => return vec![finding],
    };
    let mut findings = vec![named(settings.issuer.as_str(), &document), cross_origin(&answer)];
    findings.extend(clock::compare(CHECK, &answer, clock));
    findings.push(keys(probe, &document, kids).await);
    findings.push(headers(settings, probe).await);
    findings
}

/// RFC 8414 §3.3: identical, or clients must not use it.
fn named(issuer: &str, document: &Value) -> Finding {
    match document["issuer"].as_str() {
        Some(named) if named == issuer => Finding::ok(CHECK, format!("its metadata names {issuer}")),
        Some(named) if named.trim_end_matches('/') == issuer.trim_end_matches('/') => {
            let told = format!(
                "its metadata names {named}, and here ISSUER is {issuer}: a slash makes another issuer"
            );
            Finding::fail(CHECK, told, format!("set ISSUER={named} here, or ISSUER={issuer} there"))
        }
        Some(named) => {
            let told = format!("its metadata names another issuer, {named}");
            Finding::fail(CHECK, told, format!("set ISSUER={named}, or let {issuer} lead to this server"))
        }
        None => Finding::fail(CHECK, "its metadata names no issuer", "let ISSUER's name lead to this server"),
    }
}

fn cross_origin(answer: &Answer) -> Finding {
    const CHECK: &str = "cross-origin headers";
    match answer.headers.get_all("access-control-allow-origin").iter().count() {
        1 => Finding::ok(CHECK, "they come through once"),
        0 => Finding::warn(
            CHECK,
            "a proxy removes them",
            "let Access-Control-* pass: clients in browsers need them",
        ),
        _ => Finding::fail(CHECK, "a proxy adds a second set", "take the CORS headers out of the proxy"),
    }
}

async fn keys(probe: &Probe, document: &Value, kids: &[String]) -> Finding {
    const CHECK: &str = "published keys";
    let place = document["jwks_uri"].as_str().unwrap_or_default();
    let published = match probe.send(probe.0.get(place)).await {
        Ok(answer) => answer.document(CHECK, "ISSUER"),
        Err(told) => {
            Err(Finding::fail(CHECK, format!("{place}: {told}"), "let /.well-known/ pass unchanged"))
        }
    };
    let published = match published {
        Ok(document) => document,
        Err(finding) => return finding,
    };
    let has = |kid: &String| {
        published["keys"].as_array().is_some_and(|keys| keys.iter().any(|key| key["kid"] == kid.as_str()))
    };
    match kids {
        [] => Finding::ok(CHECK, "they can be fetched"),
        all if all.iter().all(has) => Finding::ok(CHECK, "the keys of this database are among them"),
        [signs, ..] if has(signs) => Finding::warn(
            CHECK,
            "not every key of this database is among them",
            "look again in some seconds; if it stays, take the proxy's cache away from the keys",
        ),
        _ => {
            let told = "the key of this database is not among them: ISSUER leads to another server";
            Finding::fail(CHECK, told, "set DATABASE_URL to the database of the server that ISSUER leads to")
        }
    }
}

/// A token request of a client that does not exist: its refusal shows whether headers come through in both directions.
async fn headers(settings: &Settings, probe: &Probe) -> Finding {
    const CHECK: &str = "token endpoint";
    let url = format!("{}/oauth/token", settings.issuer.as_str().trim_end_matches('/'));
    let form = [("grant_type", "client_credentials")];
    let request = probe.0.post(&url).basic_auth("doctor", Some("doctor")).form(&form);
    let answer = match probe.send(request).await {
        Ok(answer) => answer,
        Err(told) => {
            return Finding::fail(CHECK, format!("{url}: {told}"), "let POST /oauth/token pass unchanged");
        }
    };
    if let Some(intruder) = answer.intruder(CHECK, "ISSUER") {
        return intruder;
    }
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    match (answer.status, body["error"].as_str(), answer.header("www-authenticate")) {
        (401, Some("invalid_client"), Some(_)) => {
            Finding::ok(CHECK, "Authorization and WWW-Authenticate come through")
        }
        (401, Some("invalid_client"), None) => Finding::fail(
            CHECK,
            "a proxy removes WWW-Authenticate",
            "let the response header WWW-Authenticate pass",
        ),
        (400, Some("invalid_request"), _) => {
            Finding::fail(CHECK, "a proxy removes Authorization", "let the request header Authorization pass")
        }
        (status, ..) => {
            let told = format!("answers {status} to a client that does not exist, where it should say 401");
            Finding::fail(CHECK, told, "let POST /oauth/token pass unchanged")
        }
    }
}
