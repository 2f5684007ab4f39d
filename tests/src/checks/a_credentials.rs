//! A2 and A3: requests without a token that are odd otherwise, and credentials that are none.

use reqwest::Method;
use serde_json::json;

use super::{
    deployment::Deployment,
    h_mcp::{is_open, name, only_reads},
    probe::Probe,
    refusal,
    verdict::{Seen, skip, wrong},
};
use crate::{exchange::Reply, violation::Violation};

/// Whether a request without a token was refused in one of the ways that lead a client on.
pub(super) fn judge_refused(what: &str, reply: &Reply) -> Result<(), Violation> {
    if (400..500).contains(&reply.status) {
        return Ok(());
    }
    Err(wrong(format!("{what} without a token is not refused"))
        .expected("401, or another 4xx")
        .seen(reply.status.to_string())
        .change("answer with 401 before the request is read, and never with a redirect or a 5xx"))
}

pub(super) async fn other_methods(deployment: &Deployment) -> Seen {
    let mut seen = Vec::new();
    for method in [Method::GET, Method::HEAD, Method::DELETE] {
        let reply = deployment.ask(method.clone(), &deployment.target).await?;
        judge_refused(method.as_str(), &reply)?;
        seen.push(format!("{method} {}", reply.status));
    }
    Ok(seen.join(", "))
}

fn post(deployment: &Deployment, body: &str) -> Probe {
    Probe::of(Method::POST, &deployment.target).header("content-type", "application/json").body(body)
}

pub(super) async fn malformed_body(deployment: &Deployment) -> Seen {
    for body in ["", "{", "null", "[[[[", "{\"jsonrpc\":\"2.0\"}", "\u{0}\u{7f}"] {
        let probe = post(deployment, body).header("accept", "application/json, text/event-stream");
        judge_refused(&format!("the body {body:?}"), &deployment.send(&probe).await?)?;
    }
    Ok("4xx each time".to_owned())
}

pub(super) async fn wrong_accept(deployment: &Deployment) -> Seen {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    for accept in ["text/html", "", "application/json", "q=;"] {
        let reply = deployment.send(&post(deployment, &body).header("accept", accept)).await?;
        if reply.status != 200 {
            judge_refused(&format!("Accept: {accept:?}"), &reply)?;
        }
    }
    Ok("4xx each time".to_owned())
}

/// A call of a tool.
fn call(deployment: &Deployment, tool: &str) -> Probe {
    let params = json!({"name": tool, "arguments": {}});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string();
    post(deployment, &body).header("accept", "application/json, text/event-stream")
}

pub(super) async fn bad_credentials(deployment: &Deployment) -> Seen {
    for value in ["Basic YTpi", "Bearer", "Bearer ", "Bearer a b", "Token abc", "Bearer \u{e4}", "garbage"] {
        let reply = deployment.send(&call(deployment, "any").header("authorization", value)).await?;
        judge_refused(&format!("`Authorization: {value}`"), &reply)?;
    }
    let reply = deployment.send(&call(deployment, "any").bearer("garbage")).await?;
    refusal::of_token("a made-up token", &reply)?;
    Ok("refused each time; a made-up token is invalid_token".to_owned())
}

/// A tool that only reads and answers to a token only.
async fn guarded(deployment: &Deployment) -> Seen<&str> {
    let tools = deployment.tools().await?;
    let found = tools.iter().find(|tool| only_reads(tool) && !is_open(tool));
    found.map_or_else(|| skip("no tool that only reads asks for a token"), |tool| Ok(name(tool)))
}

pub(super) async fn two_headers(deployment: &Deployment) -> Seen {
    let token = &deployment.main().await?.tokens.access;
    let tool = guarded(deployment).await?;
    for other in [token.as_str(), "garbage"] {
        let reply = deployment.send(&call(deployment, tool).bearer(token).bearer(other)).await?;
        judge_refused("a request with two Authorization headers", &reply)?;
    }
    Ok("refused".to_owned())
}

pub(super) async fn token_in_query(deployment: &Deployment) -> Seen {
    let token = &deployment.main().await?.tokens.access;
    let probe = call(deployment, guarded(deployment).await?);
    let reply = deployment.send(&probe.to(format!("{}?access_token={token}", deployment.target))).await?;
    judge_refused("a token in the query", &reply)?;
    Ok(format!("ignored: {}", reply.status))
}
