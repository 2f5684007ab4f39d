//! H and J: what a token opens, what tools say of themselves, and how more is asked for.

use serde_json::{Value, json};

use super::{
    check::{Check, checks},
    deployment::{CHATGPT, CLAUDE, Deployment, strings},
    j_step_up::{all_scopes, by_result, by_status, union},
    session::member,
    verdict::{Seen, skip, wrong},
};
use crate::{exchange::Reply, violation::Violation};

pub(super) const CHECKS: &[Check] = checks! {
    "H1.1" "MCP 2026-07-28; T-10" tool(lists)
        "With a token, the tools are listed";
    "H1.2" "MCP 2026-07-28; RS-22" tool(calls)
        "With a token, a tool that only reads answers";
    "H2.1" "OAI-auth, securitySchemes; clients.md §1.6" tool(declares)
        "Every tool says with securitySchemes whether it needs a sign-in";
    "H2.2" "OAI-auth, securitySchemes" tool(open_tools)
        "A tool marked noauth answers without a token";
    "H2.3" "OAI-auth, securitySchemes; RS-25" tool(guarded_tools)
        "A tool that is not marked noauth answers nobody without a token";
    "H2.4" "clients.md §1.11" tool(annotated)
        "Every tool says whether it reads, destroys, or reaches out";
    "H3" "RS-27; protocol.md, challenges" tests(
        "tests/process/independence.rs::it_verifies_and_answers_while_the_auth_server_is_away"
    )
        "The MCP server needs nothing of the authorization server but its documents and keys";
    "J1.1" "OAI-auth, Triggering authentication" tool(by_result)
        "A tool that lacks a scope tells ChatGPT so in _meta[\"mcp/www_authenticate\"] of a result that is an error";
    "J1.2" "MCP Authorization, Runtime Insufficient Scope; RS-14" tool(by_status)
        "A tool that lacks a scope tells every other client so with 403 insufficient_scope";
    "J1.3" "RS-15" tool(all_scopes)
        "The challenge names every scope that is missing, and no scope nobody can be granted";
    "J2" "MCP Authorization, Step-Up; AS-88" tool(union)
        "Asked for together, old and new scopes are granted, and the tool answers";
    "J3" "MCP Authorization, Step-Up" left("this client steps up once and then reports, so it cannot loop")
        "A client that is challenged again and again gives up";
};

/// Whether a tool says that it needs no sign-in.
pub(super) fn is_open(tool: &Value) -> bool {
    let own = |schemes: &Value| {
        let schemes = schemes.as_array().map(Vec::as_slice).unwrap_or_default();
        schemes.iter().any(|scheme| scheme["type"] == "noauth")
    };
    own(&tool["securitySchemes"]) || own(&tool["_meta"]["securitySchemes"])
}

/// A call of a tool with arguments that fit its schema as far as can be told.
pub(super) fn arguments(tool: &Value) -> Value {
    let schema = &tool["inputSchema"];
    let mut arguments = json!({});
    for name in strings(&schema["required"]) {
        let property = &schema["properties"][&name];
        arguments[&name] = match property["type"].as_str().unwrap_or("string") {
            "integer" | "number" => property.get("minimum").cloned().unwrap_or(json!(1)),
            "boolean" => json!(false),
            "array" => json!([]),
            "object" => json!({}),
            _ => property["enum"].get(0).cloned().unwrap_or(json!("1")),
        };
    }
    arguments
}

pub(super) fn only_reads(tool: &Value) -> bool {
    tool["annotations"]["readOnlyHint"] == true
}

pub(super) fn name(tool: &Value) -> &str {
    tool["name"].as_str().unwrap_or_default()
}

/// Whether a call was answered with a result that is no error.
pub(super) fn is_answered(reply: &Reply) -> bool {
    let message = reply.message().unwrap_or_default();
    reply.status == 200 && message.get("result").is_some() && message["result"]["isError"] != true
}

async fn lists(deployment: &Deployment) -> Seen {
    let session = deployment.main().await?;
    let reply = deployment.call(CHATGPT, Some(&session.tokens.access), "tools/list", json!({})).await?;
    Ok(judge_list(&reply)?)
}

pub(super) fn judge_list(reply: &Reply) -> Result<String, Violation> {
    let tools = reply.message().unwrap_or_default()["result"]["tools"].as_array().map_or(0, Vec::len);
    if reply.status == 200 && tools > 0 {
        return Ok(format!("{tools} tools"));
    }
    let change = match reply.status {
        401 => "compare ISSUER and RESOURCE of both services, and let the MCP server reach the keys",
        _ => "answer server/discover or initialize, and tools/list with at least one tool",
    };
    Err(wrong("the token just issued opens nothing")
        .expected("200 with tools")
        .seen(format!("{} {}", reply.line(), reply.header("www-authenticate").unwrap_or_default()))
        .change(change))
}

async fn calls(deployment: &Deployment) -> Seen {
    let token = &deployment.main().await?.tokens.access;
    let tools = deployment.tools().await?;
    let simple = |tool: &&Value| only_reads(tool) && strings(&tool["inputSchema"]["required"]).is_empty();
    let Some(tool) = tools.iter().find(simple) else {
        return skip("no tool is marked as one that only reads and needs no arguments");
    };
    let params = json!({"name": name(tool), "arguments": {}});
    let reply = deployment.call(CHATGPT, Some(token), "tools/call", params).await?;
    if is_answered(&reply) {
        return Ok(format!("`{}` answers", name(tool)));
    }
    Err(wrong(format!("`{}` does not answer a user who may use it", name(tool)))
        .expected("200 with a result that is no error")
        .seen(format!("{} {}", reply.line(), member(&reply.message().unwrap_or_default(), "error")))
        .change("grant the scopes the tool needs by default; see what the error says")
        .into())
}

async fn declares(deployment: &Deployment) -> Seen {
    Ok(judge_declared(deployment.tools().await?)?)
}

pub(super) fn judge_declared(tools: &[Value]) -> Result<String, Violation> {
    let known = |schemes: &Value| {
        let schemes = schemes.as_array().map(Vec::as_slice).unwrap_or_default();
        let is_known = |scheme: &Value| {
            scheme["type"] == "noauth" || (scheme["type"] == "oauth2" && scheme["scopes"].is_array())
        };
        !schemes.is_empty() && schemes.iter().all(is_known)
    };
    let is_said = |tool: &Value| known(&tool["securitySchemes"]) || known(&tool["_meta"]["securitySchemes"]);
    match tools.iter().find(|tool| !is_said(tool)) {
        None => Ok(format!("{} tools", tools.len())),
        Some(tool) => Err(wrong(format!("`{}` does not say whether it needs a sign-in", name(tool)))
            .expected(
                "securitySchemes: [{\"type\": \"oauth2\", \"scopes\": […]}] or [{\"type\": \"noauth\"}]",
            )
            .seen(member(tool, "securitySchemes"))
            .change("add securitySchemes to every tool: ChatGPT shows its sign-in by them")),
    }
}

async fn open_tools(deployment: &Deployment) -> Seen {
    let tools = deployment.tools().await?;
    let open: Vec<&Value> = tools.iter().filter(|tool| is_open(tool) && only_reads(tool)).collect();
    if open.is_empty() {
        return skip("no tool that only reads is marked noauth");
    }
    for tool in &open {
        let params = json!({"name": name(tool), "arguments": arguments(tool)});
        judge_open(name(tool), &deployment.call(CLAUDE, None, "tools/call", params).await?)?;
    }
    Ok(format!("{} tools", open.len()))
}

pub(super) fn judge_open(tool: &str, reply: &Reply) -> Result<(), Violation> {
    if reply.status == 200 {
        return Ok(());
    }
    Err(wrong(format!("`{tool}` is marked noauth and asks for a token"))
        .expected("200")
        .seen(reply.line())
        .change("let everybody call it (mixed mode), or mark it oauth2"))
}

async fn guarded_tools(deployment: &Deployment) -> Seen {
    let tools = deployment.tools().await?;
    // Should a tool run after all, nothing may be lost by it.
    let is_tried = |tool: &&Value| !is_open(tool) && tool["annotations"]["destructiveHint"] != true;
    let guarded: Vec<&Value> = tools.iter().filter(is_tried).collect();
    if guarded.is_empty() {
        return skip("every tool is marked noauth, or destroys something");
    }
    for tool in &guarded {
        let params = json!({"name": name(tool), "arguments": {}});
        judge_guarded(name(tool), &deployment.call(CLAUDE, None, "tools/call", params).await?)?;
    }
    Ok(format!("{} tools", guarded.len()))
}

pub(super) fn judge_guarded(tool: &str, reply: &Reply) -> Result<(), Violation> {
    let result = &reply.message().unwrap_or_default()["result"];
    if reply.status == 401 || result["_meta"].get("mcp/www_authenticate").is_some() {
        return Ok(());
    }
    Err(wrong(format!("`{tool}` does not ask for a token"))
        .expected("401, or a result with _meta[\"mcp/www_authenticate\"]")
        .seen(reply.status.to_string())
        .change("check the token before a tool runs; mark tools that need none with noauth"))
}

async fn annotated(deployment: &Deployment) -> Seen {
    Ok(judge_annotations(deployment.tools().await?)?)
}

pub(super) fn judge_annotations(tools: &[Value]) -> Result<String, Violation> {
    let lacking = |tool: &Value| {
        let hints = ["readOnlyHint", "destructiveHint", "openWorldHint"];
        hints.into_iter().find(|hint| !tool["annotations"][*hint].is_boolean())
    };
    match tools.iter().find_map(|tool| Some((name(tool), lacking(tool)?))) {
        None => Ok(format!("{} tools", tools.len())),
        Some((tool, hint)) => Err(wrong(format!("`{tool}` has no `{hint}`"))
            .expected("readOnlyHint, destructiveHint and openWorldHint on every tool")
            .seen("it is left out")
            .change("set all three: a listing is refused without them, and ChatGPT asks before every call")),
    }
}
