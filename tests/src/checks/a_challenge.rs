//! A: what is answered to a request without a token, or with something that is none.

use serde_json::json;
use url::Url;

use super::{
    a_credentials::{
        bad_credentials, malformed_body, other_methods, token_in_query, two_headers, wrong_accept,
    },
    check::{Check, checks},
    deployment::{CHATGPT, Deployment},
    verdict::{Seen, skip, wrong},
};
use crate::{
    challenge::Challenge,
    document::is_safe,
    exchange::Reply,
    mcp::{Era, LEGACY, client_info},
    violation::Violation,
};

pub(super) const CHECKS: &[Check] = checks! {
    "A1.1" "RFC 6750 §3; RS-11" tool(unauthorized)
        "server/discover, initialize and tools/call without a token are answered 401";
    "A1.2" "RFC 9728 §5.1; RS-3" tool(names_metadata)
        "The challenge names its resource_metadata by an absolute https URL";
    "A1.3" "RS-18" tool(is_json)
        "The 401 comes with JSON and is no redirect";
    "A2.1" "RS-11" tool(other_methods)
        "GET, HEAD and DELETE without a token are refused and break nothing";
    "A2.2" "RS-11" tool(malformed_body)
        "A body that is no JSON is refused and breaks nothing";
    "A2.3" "RS-11" tool(wrong_accept)
        "A wrong or missing Accept is refused and breaks nothing";
    "A3.1" "RFC 6750 §3.1; RS-17" tool(bad_credentials)
        "Another scheme, an empty Bearer and a made-up token open nothing";
    "A3.2" "RFC 9110 §11.6.2; RS-17" tool(two_headers)
        "Two Authorization headers open nothing";
    "A3.3" "OAuth 2.1 §5.1; RS-21" tool(token_in_query)
        "A token in the query opens nothing";
    "A4" "RFC 9110 §11.6.1; RS-12, RS-19" tool(one_challenge)
        "WWW-Authenticate is read by a strict parser and holds one Bearer challenge";
    "A5" "RS-13; clients.md §3 row 21" tool(full_scope)
        "The first challenge does not ask for less than the resource offers";
    "A6" "OAI-dev, mixed authentication" tool(mixed_mode)
        "In mixed mode tools are listed to everybody";
};

/// The answers to the three first requests clients make.
async fn first_requests(deployment: &Deployment) -> Seen<Vec<(&'static str, Reply)>> {
    let legacy = Era::Legacy { version: LEGACY.to_owned(), session: None };
    let hello = json!({"protocolVersion": LEGACY, "capabilities": {},
                       "clientInfo": client_info(&deployment.agent.persona.client_name)});
    let call = json!({"name": "any", "arguments": {}});
    let mut replies = Vec::new();
    for (era, method, params) in [
        (&Era::Modern, "server/discover", json!({})),
        (&legacy, "initialize", hello),
        (&Era::Modern, "tools/call", call),
    ] {
        replies.push((method, deployment.call_as(era, (CHATGPT, None), method, params).await?));
    }
    Ok(replies)
}

async fn unauthorized(deployment: &Deployment) -> Seen {
    Ok(judge_unauthorized(&first_requests(deployment).await?)?)
}

pub(super) fn judge_unauthorized(replies: &[(&str, Reply)]) -> Result<String, Violation> {
    // In mixed mode the first two are open, and a tool nobody knows may be answered as such.
    let is_mixed = replies.iter().any(|(method, reply)| *method != "tools/call" && reply.status == 200);
    for (method, reply) in replies {
        if reply.status == 401 || (is_mixed && matches!(reply.status, 200 | 400 | 404)) {
            continue;
        }
        return Err(wrong(format!("{method} without a token is not answered with 401"))
            .expected("401 with WWW-Authenticate: Bearer")
            .seen(reply.line())
            .change("ask for the token before anything else is looked at; no redirect, no bot check"));
    }
    Ok(if is_mixed { "mixed mode: discovery is open" } else { "401 each time" }.to_owned())
}

/// The challenge of the first answer.
fn first(deployment: &Deployment) -> Seen<&Reply> {
    match &deployment.first {
        Some(reply) if reply.status == 401 => Ok(reply),
        Some(reply) => skip(format!("the first request is answered with {}: see A1.1", reply.status)),
        None => skip("the endpoint does not answer: see A1.1"),
    }
}

async fn names_metadata(deployment: &Deployment) -> Seen {
    Ok(judge_metadata(first(deployment)?)?)
}

pub(super) fn judge_metadata(reply: &Reply) -> Result<String, Violation> {
    let challenge = Challenge::bearer(reply.headers_named("www-authenticate")).ok().flatten();
    let place = challenge.and_then(|one| one.parameter("resource_metadata").map(str::to_owned));
    let place = place.unwrap_or_default();
    if Url::parse(&place).is_ok_and(|url| is_safe(&url)) {
        return Ok(place);
    }
    Err(wrong("the challenge does not say where the resource metadata is")
        .expected("resource_metadata=\"https://…/.well-known/oauth-protected-resource/…\"")
        .seen(if place.is_empty() { "no resource_metadata".to_owned() } else { place })
        .change(
            "set RESOURCE to the public https URL of the MCP endpoint and add resource_metadata to every 401",
        ))
}

async fn is_json(deployment: &Deployment) -> Seen {
    Ok(judge_json(first(deployment)?)?)
}

pub(super) fn judge_json(reply: &Reply) -> Result<String, Violation> {
    if reply.media_type() == "application/json" && reply.json().is_some() {
        return Ok("application/json".to_owned());
    }
    Err(wrong("the 401 has no JSON body")
        .expected("Content-Type: application/json and a JSON body")
        .seen(format!("{:?} with {} bytes", reply.media_type(), reply.body.len()))
        .change("answer with JSON: an HTML page here comes from a proxy or a bot check in front"))
}

async fn one_challenge(deployment: &Deployment) -> Seen {
    Ok(judge_one(first(deployment)?)?)
}

pub(super) fn judge_one(reply: &Reply) -> Result<String, Violation> {
    let fields: Vec<&str> = reply.headers_named("www-authenticate").collect();
    let said = |seen: String| {
        wrong("the challenge is not one that every client reads")
            .expected("one field: Bearer resource_metadata=\"https://…\", values quoted, ASCII only")
            .seen(seen)
            .change("send a single Bearer challenge with quoted parameters (a second one hides the first)")
    };
    let challenges = Challenge::parse(&fields.join(", ")).map_err(|fault| said(fault.to_string()))?;
    match challenges.as_slice() {
        [one] if one.scheme.eq_ignore_ascii_case("bearer") && fields.iter().all(|field| field.is_ascii()) => {
            Ok("one Bearer challenge".to_owned())
        }
        _ => Err(said(fields.join(" and "))),
    }
}

async fn full_scope(deployment: &Deployment) -> Seen {
    Ok(judge_scope(first(deployment)?, &deployment.resource_scopes())?)
}

pub(super) fn judge_scope(reply: &Reply, offered: &[String]) -> Result<String, Violation> {
    let challenge = Challenge::bearer(reply.headers_named("www-authenticate")).ok().flatten();
    let scope = challenge.and_then(|one| one.parameter("scope").map(str::to_owned));
    let Some(scope) = scope else { return Ok("no scope in the challenge".to_owned()) };
    let asked: Vec<&str> = scope.split_whitespace().collect();
    let missing: Vec<&str> =
        offered.iter().map(String::as_str).filter(|scope| !asked.contains(scope)).collect();
    if missing.is_empty() {
        return Ok(format!("all scopes: {scope}"));
    }
    Err(wrong("the first challenge asks for less than the resource offers, and clients ask for no more")
        .expected("no scope, or all of scopes_supported")
        .seen(format!("scope=\"{scope}\" without {}", missing.join(" ")))
        .change("leave scope out of the first 401; name scopes in the 403 of a tool only"))
}

async fn mixed_mode(deployment: &Deployment) -> Seen {
    let reply = deployment.call(CHATGPT, None, "tools/list", json!({})).await?;
    if reply.status == 401 {
        return skip("mixed mode is off");
    }
    let tools = reply.message().unwrap_or_default()["result"]["tools"].as_array().map(Vec::len);
    Ok(tools.map(|count| format!("{count} tools are listed")).ok_or_else(|| {
        wrong("without a token tools are neither listed nor challenged")
            .expected("401, or a list of tools")
            .seen(reply.line())
            .change("answer tools/list with the tools, or ask for a token")
    })?)
}
