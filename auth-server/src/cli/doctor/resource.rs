//! A resource tokens are issued for: it must name this issuer, and itself as we do.

use serde_json::Value;
use shared::{clock::Clock, scope::Scopes};

use super::{
    Finding, clock,
    probe::{Answer, Probe},
};
use crate::{oauth::catalogue::ProtectedResource, settings::Settings};

/// RFC 9728 §3.
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

pub(super) async fn examine(
    settings: &Settings,
    probe: &Probe,
    clock: &Clock,
    entry: &ProtectedResource,
) -> Vec<Finding> {
    let resource = entry.resource.as_str();
    let check = format!("resource {resource}");
    let mut url = entry.resource.url().clone();
    // RFC 9728 §3.1: the well-known part stands between the host and the resource's path.
    let path = format!("{WELL_KNOWN}{}", url.path().trim_end_matches('/'));
    url.set_path(&path);
    let answer = match probe.send(probe.0.get(url.clone())).await {
        Ok(answer) => answer,
        Err(told) => {
            let change = "start the mcp-server, or set RESOURCES to where it is reached";
            return vec![Finding::fail(check, format!("{url} cannot be reached: {told}"), change)];
        }
    };
    let document = match answer.document(&check, "RESOURCES") {
        Ok(document) => document,
        Err(finding) => return vec![finding],
    };
    let mut findings = vec![
        names_itself(&check, resource, &document)
            .or_else(|| names_issuer(&check, settings.issuer.as_str(), &document))
            .or_else(|| names_scopes(&check, &settings.catalogue.scopes_supported(), &document))
            .unwrap_or_else(|| {
                Finding::ok(&check, "it names itself, this issuer and scopes that are known here")
            }),
    ];
    findings.extend(clock::compare(&check, &answer, clock));
    match probe.send(probe.0.get(resource).header("accept", "text/event-stream")).await {
        Ok(answer) => findings.push(challenge(resource, url.as_str(), &answer)),
        Err(told) => findings.push(Finding::fail(
            check,
            format!("it cannot be reached: {told}"),
            "start the mcp-server",
        )),
    }
    findings
}

/// RFC 9728 §3.3: identical, or clients must not use it.
fn names_itself(check: &str, resource: &str, document: &Value) -> Option<Finding> {
    let named = document["resource"].as_str().unwrap_or_default();
    (named != resource).then(|| {
        let change = format!("set RESOURCE={resource} in the mcp-server, or name {named} in RESOURCES here");
        Finding::fail(check, format!("its metadata calls it {named}"), change)
    })
}

fn names_issuer(check: &str, issuer: &str, document: &Value) -> Option<Finding> {
    let named: Vec<&str> = document["authorization_servers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let told = match named.as_slice() {
        [only] if *only == issuer => return None,
        [] => "its metadata names no issuer".to_owned(),
        others if others.contains(&issuer) => {
            let told = format!("its metadata names other issuers as well: {}", others.join(", "));
            return Some(Finding::warn(check, told, "some clients take the first one only: name one"));
        }
        others => format!("its metadata names another issuer: {}", others.join(", ")),
    };
    Some(Finding::fail(check, told, format!("set ISSUER={issuer} in the mcp-server, exactly so")))
}

/// Clients ask for all of them.
fn names_scopes(check: &str, known: &Scopes, document: &Value) -> Option<Finding> {
    let asked = document["scopes_supported"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let unknown: Vec<&str> = asked.filter(|scope| !known.contains(scope)).collect();
    (!unknown.is_empty()).then(|| {
        let told = format!("it needs scopes that are not known here: {}", unknown.join(" "));
        Finding::fail(
            check,
            told,
            format!("add {} to SCOPES, or to the resource in RESOURCES_FILE", unknown.join(" ")),
        )
    })
}

/// A request without a token is told where the metadata is.
fn challenge(resource: &str, metadata: &str, answer: &Answer) -> Finding {
    let check = format!("challenge of {resource}");
    if let Some(intruder) = answer.intruder(&check, "RESOURCES") {
        return intruder;
    }
    match (answer.status, answer.header("www-authenticate")) {
        (401, Some(field)) if field.contains(&format!("\"{metadata}\"")) => {
            Finding::ok(check, "WWW-Authenticate comes through and leads to its metadata")
        }
        (401, Some(_)) => {
            let told = "WWW-Authenticate leads to other metadata than the one at its address";
            Finding::fail(check, told, format!("set RESOURCE={resource} in the mcp-server, exactly so"))
        }
        (401, None) => {
            let change = "let the response header WWW-Authenticate pass";
            Finding::fail(check, "a proxy removes WWW-Authenticate", change)
        }
        // Mixed mode, or an endpoint that has no GET.
        (200 | 404 | 405 | 406, _) => {
            Finding::ok(check, format!("it answers {} without a token", answer.status))
        }
        (status, _) => {
            let told = format!("it answers {status} without a token, where it should say 401");
            Finding::warn(check, told, "look into the log of the mcp-server")
        }
    }
}
