//! J: a token that does not allow enough, told in the way the caller reads, and the sign-in for more.

use serde_json::{Value, json};

use super::{
    deployment::{CHATGPT, CLAUDE, Deployment},
    h_mcp::{arguments, is_answered, name, only_reads},
    verdict::{Seen, skip, wrong},
};
use crate::{challenge::Challenge, exchange::Reply, violation::Violation};

const META: &str = "mcp/www_authenticate";

/// The answer to a tool that the narrow token does not allow, as this client gets it.
async fn lacking(deployment: &Deployment, user_agent: &'static str) -> Seen<(Value, Reply)> {
    let token = &deployment.narrow().await?.access;
    // Tools that only read first: should one run after all, it has done no harm.
    let tools = deployment.tools().await?;
    let (reading, writing): (Vec<&Value>, Vec<&Value>) = tools.iter().partition(|tool| only_reads(tool));
    let harmless = writing.into_iter().filter(|tool| tool["annotations"]["destructiveHint"] == false);
    for tool in reading.into_iter().chain(harmless) {
        let params = json!({"name": name(tool), "arguments": arguments(tool)});
        let reply = deployment.call(user_agent, Some(token), "tools/call", params).await?;
        let by_result = reply.message().unwrap_or_default()["result"]["_meta"].get(META).is_some();
        if matches!(reply.status, 401 | 403) || by_result {
            return Ok((tool.clone(), reply));
        }
        if !only_reads(tool) {
            break;
        }
    }
    skip("the tools that can be tried all answer to a token of one scope")
}

pub(super) async fn by_result(deployment: &Deployment) -> Seen {
    Ok(judge_result(&lacking(deployment, CHATGPT).await?.1)?)
}

pub(super) fn judge_result(reply: &Reply) -> Result<String, Violation> {
    let said = |seen: String| {
        wrong("ChatGPT is not asked to sign in for more")
            .expected(format!(
                "200, isError true and _meta[\"{META}\"]: an array of challenges with resource_metadata, error and \
                 error_description"
            ))
            .seen(seen)
            .change("answer the tool call with such a result, at least to a caller whose user agent is openai-mcp/")
    };
    let result = reply.message().unwrap_or_default()["result"].clone();
    let Some(fields) = result["_meta"][META].as_array() else {
        return Err(said(format!("{} without {META}", reply.status)));
    };
    if result["isError"] != true || fields.is_empty() {
        return Err(said(format!("isError {}, {} challenges", result["isError"], fields.len())));
    }
    for field in fields {
        let field = field.as_str().unwrap_or_default();
        let challenge = Challenge::bearer([field]).map_err(|fault| said(format!("{fault} in {field}")))?;
        let names = ["resource_metadata", "error", "error_description"];
        let has = |name: &&str| challenge.as_ref().is_some_and(|one| one.parameter(name).is_some());
        if let Some(name) = names.iter().find(|name| !has(name)) {
            return Err(said(format!("no {name} in {field}")));
        }
    }
    Ok(format!("{} challenge", fields.len()))
}

/// The challenge of a 403.
fn insufficient(reply: &Reply) -> Option<Challenge> {
    let challenge = Challenge::bearer(reply.headers_named("www-authenticate")).ok()??;
    let is_meant = reply.status == 403 && challenge.parameter("error") == Some("insufficient_scope");
    is_meant.then_some(challenge)
}

pub(super) async fn by_status(deployment: &Deployment) -> Seen {
    Ok(judge_status(&lacking(deployment, CLAUDE).await?.1)?)
}

pub(super) fn judge_status(reply: &Reply) -> Result<String, Violation> {
    let challenge = insufficient(reply);
    let place = challenge.as_ref().and_then(|one| one.parameter("resource_metadata"));
    let scope = challenge.as_ref().and_then(|one| one.parameter("scope"));
    if let (Some(_), Some(scope)) = (place, scope) {
        return Ok(format!("403 insufficient_scope, {scope}"));
    }
    Err(wrong("clients are not told which scope is missing")
        .expected("403 with Bearer error=\"insufficient_scope\", scope=\"…\", resource_metadata=\"…\"")
        .seen(format!("{} {}", reply.status, reply.header("www-authenticate").unwrap_or("no challenge")))
        .change(
            "answer a token that lacks a scope with 403 and this challenge: a 200 never starts a sign-in",
        ))
}

pub(super) async fn all_scopes(deployment: &Deployment) -> Seen {
    let (tool, reply) = lacking(deployment, CLAUDE).await?;
    let Some(challenge) = insufficient(&reply) else { return skip("there is no such challenge: see J1.2") };
    let scope = challenge.parameter("scope").unwrap_or_default();
    Ok(judge_scopes(&tool, scope, &deployment.listed("scopes_supported"))?)
}

pub(super) fn judge_scopes(tool: &Value, asked: &str, known: &[String]) -> Result<String, Violation> {
    let schemes = tool["securitySchemes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let needed: Vec<&str> = schemes
        .iter()
        .flat_map(|scheme| scheme["scopes"].as_array().map(Vec::as_slice).unwrap_or_default())
        .filter_map(Value::as_str)
        .collect();
    let unknown = |scope: &&str| !known.is_empty() && !known.iter().any(|own| own == scope);
    let is_asked = |scope: &str| asked.split_whitespace().any(|own| own == scope);
    let missing = needed.iter().copied().find(|scope| !is_asked(scope));
    match missing.or(asked.split_whitespace().find(unknown)) {
        None => Ok(asked.to_owned()),
        Some(scope) => Err(wrong(format!("the challenge and what `{}` needs are not the same", name(tool)))
            .expected(format!("{}, all known to the authorization server", needed.join(" ")))
            .seen(format!("{asked} (see {scope})"))
            .change("name every scope the tool needs in one challenge, spelled as in scopes_supported")),
    }
}

pub(super) async fn union(deployment: &Deployment) -> Seen {
    let (tool, reply) = lacking(deployment, CLAUDE).await?;
    let Some(challenge) = insufficient(&reply) else { return skip("there is no such challenge: see J1.2") };
    let narrow = deployment.narrow().await?;
    let scope = format!("{} {}", narrow.scope.join(" "), challenge.parameter("scope").unwrap_or_default());
    let asking = deployment.asking(&deployment.main().await?.asking.client).with("scope", scope.trim());
    let session = deployment.sign_in_again(asking).await?;
    let kept = narrow.scope.iter().all(|scope| session.tokens.scope.contains(scope));
    let answered = match only_reads(&tool) {
        true => {
            let params = json!({"name": name(&tool), "arguments": arguments(&tool)});
            let reply = deployment.call(CLAUDE, Some(&session.tokens.access), "tools/call", params).await?;
            is_answered(&reply) || !matches!(reply.status, 401 | 403)
        }
        false => true,
    };
    judge_union(kept, answered, &session.tokens.scope.join(" "))
}

pub(super) fn judge_union(kept: bool, answered: bool, granted: &str) -> Seen {
    if kept && answered {
        return Ok(granted.to_owned());
    }
    let seen = if kept { "the tool still refuses" } else { "scopes of before are gone" };
    Err(wrong("a sign-in for more does not give more")
        .expected("old and new scopes, and a tool that answers")
        .seen(format!("{seen}; granted {granted}"))
        .change("grant the union that was asked for, also when the user approved a part of it before")
        .into())
}
