//! C, continued: the OpenID document, the keys, and what a forged header may not change.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    c_server_metadata::own_places,
    deployment::Deployment,
    probe::Probe,
    verdict::{Seen, skip, wrong},
};
use crate::{exchange::Reply, steps::s2_server_metadata::places, violation::Violation};

/// Members of a key that nobody but its owner may know (RFC 7518 §6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/// Headers a proxy adds, and a stranger may too.
const SPOOFED: [(&str, &str); 7] = [
    ("host", "attacker.example"),
    ("x-forwarded-host", "attacker.example"),
    ("x-forwarded-proto", "gopher"),
    ("x-forwarded-prefix", "/attacker"),
    ("x-original-host", "attacker.example"),
    ("x-forwarded-port", "4444"),
    ("forwarded", "host=attacker.example;proto=gopher"),
];

pub(super) async fn openid_members(deployment: &Deployment) -> Seen {
    let place = own_places(deployment)?.remove(1);
    let reply = deployment.send(&Probe::get(&place)).await?;
    match reply.json().filter(|_| reply.status == 200) {
        Some(document) => Ok(judge_openid(&document)?),
        None => skip(format!("no OpenID document at {place}: see C1.2")),
    }
}

pub(super) fn judge_openid(document: &Value) -> Result<String, Violation> {
    let lists =
        ["response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported"];
    let urls = ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"];
    let missing = |name: &str| match document.get(name) {
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        _ => true,
    };
    let missing: Vec<&str> = urls.iter().chain(&lists).filter(|name| missing(name)).copied().collect();
    if missing.is_empty() {
        return Ok("all there".to_owned());
    }
    Err(wrong("the OpenID document lacks members that TypeScript clients require")
        .expected([urls.as_slice(), &lists].concat().join(", "))
        .seen(format!("without {}", missing.join(", ")))
        .change("add them, or do not serve a document at the OpenID place"))
}

/// The published keys.
pub(super) async fn key_set(deployment: &Deployment) -> Seen<Vec<Value>> {
    let place = deployment.endpoint("jwks_uri")?;
    let reply = deployment.send(&Probe::get(place)).await?;
    let keys = reply.json().filter(|_| reply.status == 200).unwrap_or_default();
    Ok(keys["keys"].as_array().cloned().ok_or_else(|| {
        wrong("the published keys cannot be read")
            .expected(format!("200 and a key set at {place}"))
            .seen(reply.line())
            .change("serve the key set at jwks_uri, without a token")
    })?)
}

pub(super) async fn keys(deployment: &Deployment) -> Seen {
    Ok(judge_keys(&key_set(deployment).await?)?)
}

pub(super) fn judge_keys(keys: &[Value]) -> Result<String, Violation> {
    let broken = |sentence: &str, seen: String, change: &str| {
        Err(wrong(sentence).expected("public keys, each with a kid of its own").seen(seen).change(change))
    };
    let kids: BTreeSet<&str> = keys.iter().filter_map(|key| key["kid"].as_str()).collect();
    let told = PRIVATE.iter().find(|name| keys.iter().any(|key| key.get(**name).is_some()));
    if let Some(name) = told {
        let change = "replace the key at once: whoever read it signs tokens for everybody";
        return broken("the key set publishes a secret", format!("a member `{name}`"), change);
    }
    if kids.len() != keys.len() || keys.is_empty() {
        let seen = format!("{} keys with {} kids", keys.len(), kids.len());
        return broken("keys cannot be told apart", seen, "give every key a kid that no other has");
    }
    Ok(format!("{} keys", keys.len()))
}

pub(super) async fn algorithms(deployment: &Deployment) -> Seen {
    let advertised = deployment.listed("id_token_signing_alg_values_supported");
    if advertised.is_empty() {
        return skip("no signature algorithm is advertised");
    }
    Ok(judge_algorithms(&advertised, &key_set(deployment).await?)?)
}

pub(super) fn judge_algorithms(advertised: &[String], keys: &[Value]) -> Result<String, Violation> {
    let kind = |algorithm: &str| match algorithm.get(..2) {
        Some("RS" | "PS") => "RSA",
        Some("ES") => "EC",
        _ => "OKP",
    };
    let fits = |key: &Value, algorithm: &str| {
        key["kty"] == kind(algorithm) && key.get("alg").is_none_or(|own| own == algorithm)
    };
    let missing: Vec<&str> = advertised
        .iter()
        .map(String::as_str)
        .filter(|algorithm| !keys.iter().any(|key| fits(key, algorithm)))
        .collect();
    if missing.is_empty() && advertised.iter().all(|algorithm| algorithm != "none") {
        return Ok(advertised.join(", "));
    }
    Err(wrong("an algorithm is advertised for which no key is published")
        .expected(format!("a key for each of {}", advertised.join(", ")))
        .seen(format!("no key for {}", missing.join(", ")))
        .change("publish the key, or do not advertise the algorithm"))
}

pub(super) async fn same_values(deployment: &Deployment) -> Seen {
    let issuers = deployment.issuers();
    let mut documents = Vec::new();
    for place in issuers.first().map(|issuer| places(issuer)).unwrap_or_default() {
        let reply = deployment.send(&Probe::get(&place)).await?;
        if let Some(document) = reply.json().filter(|_| reply.status == 200) {
            documents.push(document);
        }
    }
    match documents.as_slice() {
        [first, others @ ..] if !others.is_empty() => Ok(judge_same(first, others)?),
        _ => skip("there is one document only: see C1.1 and C1.2"),
    }
}

pub(super) fn judge_same(first: &Value, others: &[Value]) -> Result<String, Violation> {
    let members = first.as_object().into_iter().flatten();
    let differs = |(name, value): &(&String, &Value)| {
        others.iter().any(|other| other.get(name.as_str()).is_some_and(|own| own != *value))
    };
    let different: Vec<&str> = members.clone().filter(differs).map(|(name, _)| name.as_str()).collect();
    if different.is_empty() {
        return Ok(format!("{} members", members.count()));
    }
    Err(wrong("the two documents contradict each other")
        .expected("the same value in both: clients read one or the other")
        .seen(different.join(", "))
        .change("serve one document at both places"))
}

pub(super) async fn spoofed(deployment: &Deployment) -> Seen {
    deployment.server()?;
    let mut documents = vec![deployment.resource_places().remove(0)];
    documents.extend(deployment.issuers().first().map(|issuer| places(issuer)).unwrap_or_default());
    let mut tried = 0;
    for place in &documents {
        let own = deployment.send(&Probe::get(place)).await?;
        if own.status != 200 {
            continue;
        }
        for (name, value) in SPOOFED {
            let reply = deployment.send(&Probe::get(place).header(name, value)).await?;
            judge_spoofed((name, value), &own, &reply)?;
            tried += 1;
        }
    }
    Ok(format!("{tried} requests with forged headers, every document unchanged or refused"))
}

pub(super) fn judge_spoofed(
    (name, value): (&str, &str),
    own: &Reply,
    reply: &Reply,
) -> Result<(), Violation> {
    // A server that refuses a host it does not know is as safe.
    let is_refused = (400..500).contains(&reply.status) && !reply.text().contains("attacker.example");
    if reply.body == own.body || is_refused {
        return Ok(());
    }
    Err(wrong("a header of the request changes what the metadata says")
        .expected("the configured issuer and resource, whatever the request names")
        .seen(format!("another document for `{name}: {value}`"))
        .change(
            "build every published address from the configured ISSUER and RESOURCE, never from the request",
        ))
}
