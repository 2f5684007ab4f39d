//! D: how clients come to a `client_id` (RFC 7591).

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    check::{Check, checks},
    client::{Client, registered},
    deployment::{Deployment, strings},
    probe::Probe,
    session::member,
    verdict::{Seen, wrong},
};
use crate::{
    exchange::Reply,
    persona::{Draw, Persona},
    violation::Violation,
};

pub(super) const CHECKS: &[Check] = checks! {
    "D1.1" "RFC 7591 §3.2.1; AS-8" tool(minimal)
        "A registration of nothing but a redirect URI is answered 201 and is not stored by caches";
    "D1.2" "RFC 7591 §3.2.1" tool(echoes)
        "Every registered member comes back, redirect URIs byte for byte, scope and method named";
    "D1.3" "RFC 7591 §3.2.1; clients.md §3 row 12" tool(secret_where_needed)
        "A secret is given exactly when the method needs one, and says when it ends";
    "D2.1" "RFC 7591 §2" tool(other_bodies)
        "Unknown members, an application_type and a charset do no harm";
    "D2.2" "clients.md §2.3" tool(told_scope)
        "A registration without scope is told one that can be asked for";
    "D3" "clients.md §1.4" tests(
        "tests/process/crash_auth.rs::every_step_of_a_sign_in_stays_done",
        "tests/properties/registration.rs::every_client_is_found_by_its_id_alone"
    )
        "A client lives on when the authorization server starts again";
    "D4" "MCP Client ID Metadata Documents; AS-61" tests(
        "tests/e2e/documents/cache.rs::one_fetch_serves_many_requests",
        "tests/e2e/personas/documents.rs::chatgpt_is_a_public_client_where_only_none_is_listed",
        "tests/properties/client_documents.rs::the_method_is_one_of_both"
    )
        "A client document is fetched once and kept; each way to name methods is read";
    "D5" "clients.md §2.10, §4.2" tool(known_redirects)
        "Every redirect URI of every persona can be registered and is shown a page";
};

async fn minimal(deployment: &Deployment) -> Seen {
    let body = json!({"redirect_uris": deployment.registration()["redirect_uris"]});
    Ok(judge_created(&deployment.register(&body).await?)?)
}

pub(super) fn judge_created(reply: &Reply) -> Result<String, Violation> {
    registered(reply)?;
    if reply.status == 201 && reply.is_no_store() && reply.media_type() == "application/json" {
        return Ok("201, no-store".to_owned());
    }
    Err(wrong("a registration is accepted, but not answered as one")
        .expected("201 Created with application/json and Cache-Control: no-store")
        .seen(format!("{} with Cache-Control {:?}", reply.status, reply.header("cache-control")))
        .change("answer 201 and forbid caching: the answer may hold a secret"))
}

async fn echoes(deployment: &Deployment) -> Seen {
    let body = deployment.registration();
    let reply = deployment.register(&body).await?;
    registered(&reply)?;
    Ok(judge_echo(&body, &reply.json().unwrap_or_default())?)
}

pub(super) fn judge_echo(sent: &Value, document: &Value) -> Result<String, Violation> {
    let same = ["redirect_uris", "client_name", "response_types"];
    let changed = same.iter().find(|name| document[**name] != sent[**name]);
    let named = ["grant_types", "token_endpoint_auth_method"];
    let lacking = named.iter().find(|name| document.get(**name).is_none());
    let grants = strings(&document["grant_types"]);
    let lost = named.iter().find(|_| !grants.iter().any(|grant| grant == "authorization_code"));
    match changed.or(lacking).or(lost) {
        None => Ok(format!("{}, {}", grants.join(" "), member(document, "token_endpoint_auth_method"))),
        Some(name) => Err(wrong(format!("`{name}` does not come back as it was registered"))
            .expected(format!("{name}: {}", member(sent, name)))
            .seen(member(document, name))
            .change("return every registered member, and the defaults for those that were left out")),
    }
}

async fn secret_where_needed(deployment: &Deployment) -> Seen {
    let mut seen = Vec::new();
    for method in deployment.auth_methods() {
        if !matches!(method.as_str(), "none" | "client_secret_basic" | "client_secret_post") {
            continue;
        }
        let mut body = deployment.registration();
        body["token_endpoint_auth_method"] = json!(method);
        let reply = deployment.register(&body).await?;
        registered(&reply)?;
        judge_secret(&method, &reply.json().unwrap_or_default())?;
        seen.push(method);
    }
    Ok(seen.join(", "))
}

pub(super) fn judge_secret(asked: &str, document: &Value) -> Result<(), Violation> {
    let method = document["token_endpoint_auth_method"].as_str().unwrap_or(asked);
    let has_secret = document.get("client_secret").is_some();
    let has_end = document["client_secret_expires_at"].is_u64();
    if has_secret == (method != "none") && has_end == has_secret {
        return Ok(());
    }
    let seen = match (has_secret, has_end) {
        (true, true) => "a secret",
        (true, false) => "a secret without client_secret_expires_at",
        (false, _) => "no secret",
    };
    Err(wrong(format!("a client of `{method}` is told of its secret in the wrong way"))
        .expected(
            "client_secret and client_secret_expires_at (0 for never) for client_secret_*, neither for none",
        )
        .seen(seen)
        .change(
            "give a secret exactly when the registered method uses one; some clients send whatever they get",
        ))
}

async fn other_bodies(deployment: &Deployment) -> Seen {
    let usual = deployment.registration();
    for (name, value) in [
        ("x_unknown", json!({"a": [1, null]})),
        ("software_id", json!("4NRB1-0XZABZI9E6-5SM3R")),
        ("contacts", json!(["a@b.example"])),
        ("logo_uri", json!("https://client.example/logo.png")),
    ] {
        let mut body = usual.clone();
        body[name] = value;
        let reply = deployment.register(&body).await?;
        judge_harmless(&format!("`{name}`"), &reply)?;
    }
    let endpoint = deployment.endpoint("registration_endpoint")?;
    let probe = Probe::of(Method::POST, endpoint)
        .header("content-type", "application/json; charset=utf-8")
        .body(usual.to_string());
    judge_harmless("a charset", &deployment.send(&probe).await?)?;
    Ok("registered each time".to_owned())
}

pub(super) fn judge_harmless(what: &str, reply: &Reply) -> Result<(), Violation> {
    if registered(reply).is_ok() {
        return Ok(());
    }
    // RFC 7591 §2: "the authorization server MUST ignore values it does not understand".
    Err(wrong(format!("{what} in a registration makes it fail")).expected("201").seen(reply.line()).change(
        "ignore members that mean nothing to the server; compare media types without their parameters",
    ))
}

async fn told_scope(deployment: &Deployment) -> Seen {
    let reply = deployment.register(&deployment.registration()).await?;
    registered(&reply)?;
    let known = deployment.listed("scopes_supported");
    Ok(judge_scope(&reply.json().unwrap_or_default(), &known)?)
}

pub(super) fn judge_scope(document: &Value, known: &[String]) -> Result<String, Violation> {
    let scope = document["scope"].as_str().unwrap_or_default();
    let is_known = |one: &str| known.is_empty() || known.iter().any(|own| own == one);
    if !scope.is_empty() && scope.split_whitespace().all(is_known) {
        return Ok(scope.to_owned());
    }
    Err(wrong("a registration is not told which scopes to ask for")
        .expected("scope with what the client may ask for")
        .seen(member(document, "scope"))
        .change(
            "return scope in every registration response: Copilot Studio asks for exactly what stands there",
        ))
}

/// The personas' files are the list: each registers all its redirect URIs, and each of them is asked for.
async fn known_redirects(deployment: &Deployment) -> Seen {
    let draw = Draw::of(&deployment.target);
    let (mut tried, mut clients) = (BTreeSet::new(), 0);
    for persona in Persona::list().filter_map(|(name, _)| Persona::named(name, &draw)) {
        if persona.redirect_uris.is_empty() || !tried.insert(persona.redirect_uris.clone()) {
            continue;
        }
        clients += 1;
        let mut body = deployment.registration();
        body["redirect_uris"] = json!(persona.redirect_uris);
        if persona.redirect_uris.iter().all(|uri| uri.starts_with("http:")) {
            body["application_type"] = json!("native");
        }
        let reply = deployment.register(&body).await?;
        let client = Client::of(&reply.json().unwrap_or_default()).filter(|_| reply.status < 300);
        for redirect_uri in &persona.redirect_uris {
            let asked = match client.clone() {
                Some(client) => {
                    let client = Client { redirect_uri: redirect_uri.clone(), ..client };
                    Some(deployment.open(&deployment.asking(&client)).await?)
                }
                None => None,
            };
            judge_redirect((&persona.client_name, redirect_uri), &reply, asked.as_ref())?;
        }
    }
    Ok(format!("those of {clients} clients"))
}

pub(super) fn judge_redirect(
    (name, redirect_uri): (&str, &str),
    registration: &Reply,
    page: Option<&Reply>,
) -> Result<(), Violation> {
    let (what, seen) = match page {
        None => ("registered", registration.line()),
        Some(page) if page.status >= 400 => ("asked for", page.line()),
        Some(_) => return Ok(()),
    };
    Err(wrong(format!("the redirect URI of {name} cannot be {what}"))
        .expected(format!("{redirect_uri} is accepted at registration and at the authorization endpoint"))
        .seen(seen)
        .change(format!("allow it (REDIRECT_URIS adds to the list): {redirect_uri}")))
}
