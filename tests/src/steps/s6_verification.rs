//! Step 6: the token opens the MCP server, says what it should, and can be refreshed.

mod claims;
mod refresh;
#[cfg(test)]
pub(super) mod tests;

use serde_json::{Value, json};

use crate::{
    agent::{Agent, Part},
    document::Subject,
    exchange::{Call, Exchange},
    mcp::{self, Era, Target},
    steps::{Client, Resource, Seen, Server, Step, Tokens, reached, s7_auth_trigger::AuthTrigger},
    violation::Violation,
    wire::Outgoing,
};

const LIST: &str = "tools_list";
const CALL: &str = "tools_call";
const KEYS: &str = "jwks";

const ACCESS: Subject =
    Subject { step: "S6", name: "the MCP server", section: "MCP Authorization, Token Handling" };

/// Step 6, to be taken.
#[derive(Clone)]
pub struct Verification {
    resource: Resource,
    server: Server,
    client: Client,
    tokens: Tokens,
    now: i64,
    seen: Seen,
}
reached!(Verification);

/// A tool as a list of tools describes it.
#[derive(Clone, Debug)]
pub(super) struct Tool {
    pub(super) name: String,
    pub(super) is_open: bool,
    is_read_only: bool,
    needs_arguments: bool,
}

impl Verification {
    pub(super) fn new(
        resource: Resource,
        server: Server,
        client: Client,
        (tokens, seen): (Tokens, Seen),
    ) -> Verification {
        let now = shared::clock::Clock::system().now().seconds();
        Verification { resource, server, client, tokens, now, seen }
    }

    /// The same at another time: for a server whose clock was moved.
    #[must_use]
    pub fn at(self, now: i64) -> Verification {
        Verification { now, ..self }
    }

    fn target<'a>(&'a self, name: &'static str, token: &'a str, agent: &'a Agent) -> Target<'a> {
        Target::of(agent, name, &self.resource.url, Some(token))
    }

    /// The ID token the code came with.
    pub fn identity(&self) -> Option<String> {
        self.tokens.identity.clone()
    }

    async fn send_tools(&self, agent: &Agent, exchange: &mut Exchange) -> Option<Era> {
        let era = mcp::open(agent, &self.resource.url, Some(&self.tokens.access), exchange).await?;
        let list = era.request(&self.target(LIST, &self.tokens.access, agent), "tools/list", json!({}));
        let call = agent.wire.send(list, exchange).await;
        if let Some(tool) = choose(&tools(call)) {
            let params = json!({"name": tool.name, "arguments": {}});
            let target = self.target(CALL, &self.tokens.access, agent);
            let call = era.request(&target, "tools/call", params);
            agent.wire.send(call, exchange).await;
        }
        Some(era)
    }
}

impl Step for Verification {
    const NUMBER: u8 = 6;
    const NAME: &'static str = "verification";
    type Next = AuthTrigger;

    async fn send(&self, agent: &Agent) -> Exchange {
        let mut exchange = Exchange::default();
        if let Some(keys) = &self.server.jwks_uri {
            let request = Outgoing::get(KEYS, keys.as_str()).header("accept", "application/json");
            agent.wire.send(request, &mut exchange).await;
        }
        if let Some(era) = self.send_tools(&agent.dressed(Part::Mcp), &mut exchange).await {
            refresh::send(self, agent, &era, &mut exchange).await;
        }
        exchange
    }

    fn judge(self, exchange: &Exchange) -> Result<AuthTrigger, Violation> {
        let mut seen = Seen::default();
        let era = judge_open(exchange)?;
        let listed = judge_answer(exchange, LIST)?;
        let tools = tools(listed);
        let chosen = choose(&tools).ok_or_else(|| no_tools(listed))?;
        judge_call(exchange, &chosen, &mut seen)?;
        let token = claims::judge(&self.tokens, (&self.server, &self.resource), self.now, exchange)?;
        let refreshed = refresh::judge(&self, exchange, &mut seen)?;
        seen.notes.extend(token.notes);
        let version = match &era {
            Era::Modern => mcp::MODERN,
            Era::Legacy { version, .. } => version,
        };
        let (count, name) = (tools.len(), &chosen.name);
        seen.summary = format!("MCP {version}, {count} tools, `{name}` called; {}{refreshed}", token.summary);
        Ok(AuthTrigger::new(self.resource, self.server, self.client, (era, chosen)).reached(seen))
    }
}

/// What the server answered to the opening requests.
fn judge_open(exchange: &Exchange) -> Result<Era, Violation> {
    let last = if exchange.named("initialize").is_some() { "initialize" } else { "discover" };
    let call = judge_answer(exchange, last)?;
    match last {
        "discover" => Ok(Era::Modern),
        _ => call.reply().and_then(Era::after_initialize).ok_or_else(|| {
            ACCESS
                .violation("initialize", "`initialize` agreed on no protocol version")
                .expected("a result with protocolVersion")
                .seen(call.line())
                .change("answer server/discover (2026-07-28) or initialize (2025-11-25 and older)")
        }),
    }
}

/// An MCP call that was answered with a result.
fn judge_answer<'a>(exchange: &'a Exchange, name: &str) -> Result<&'a Call, Violation> {
    let call = ACCESS.call(exchange, name)?;
    let reply = call.reply().cloned().unwrap_or_default();
    let message = reply.message().unwrap_or_default();
    if reply.status == 200 && message.get("result").is_some() {
        return Ok(call);
    }
    let (rule, change) = match reply.status {
        401 => (
            "token_refused",
            "the token just issued is refused: compare ISSUER and RESOURCE of both services, and let the MCP server \
             reach the JWKS",
        ),
        403 => ("forbidden", "grant the scopes this needs, and accept requests without an Origin"),
        _ => (name, "answer this MCP request with a result"),
    };
    let challenge = reply.header("www-authenticate").unwrap_or_default();
    let error = message.get("error").map(Value::to_string).unwrap_or_default();
    Err(ACCESS
        .violation(rule, format!("`{name}` with the new token is not answered"))
        .expected("200 with a JSON-RPC result")
        .seen(format!("{} {challenge} {error}", reply.status).trim().to_owned())
        .change(change))
}

fn no_tools(call: &Call) -> Violation {
    ACCESS
        .violation("tools", "there is no tool to call")
        .expected("a result with at least one tool")
        .seen(call.line())
        .change("offer a tool to this user with these scopes")
}

fn judge_call(exchange: &Exchange, tool: &Tool, seen: &mut Seen) -> Result<(), Violation> {
    let call = judge_answer(exchange, CALL)?;
    let result = call.reply().and_then(|reply| reply.message()).unwrap_or_default()["result"].clone();
    if result["_meta"].get("mcp/www_authenticate").is_some() {
        return Err(ACCESS
            .violation("insufficient_scope", format!("`{}` asks to sign in again", tool.name))
            .expected("a result: the token has every scope the resource metadata lists")
            .seen(result["_meta"]["mcp/www_authenticate"].to_string())
            .change("list every scope a tool needs in scopes_supported, and grant them"));
    }
    if result["isError"] == Value::Bool(true) {
        let reason =
            if tool.needs_arguments { "it was called without the arguments it requires" } else { "" };
        seen.note(
            format!("`{}` answered with an error of its own. {reason}", tool.name).trim_end().to_owned(),
        );
    }
    Ok(())
}

/// The tools a `tools/list` answered with.
fn tools(call: &Call) -> Vec<Tool> {
    let message = call.reply().and_then(|reply| reply.message()).unwrap_or_default();
    let listed = message["result"]["tools"].as_array().cloned().unwrap_or_default();
    let read = |tool: &Value| {
        let required = tool["inputSchema"]["required"].as_array();
        let schemes = tool["securitySchemes"].as_array().or(tool["_meta"]["securitySchemes"].as_array());
        Some(Tool {
            name: tool["name"].as_str()?.to_owned(),
            is_open: schemes.is_some_and(|all| all.iter().any(|scheme| scheme["type"] == "noauth")),
            is_read_only: tool["annotations"]["readOnlyHint"] == Value::Bool(true),
            needs_arguments: required.is_some_and(|names| !names.is_empty()),
        })
    };
    listed.iter().filter_map(read).collect()
}

/// The tool to call: one that changes nothing, needs no arguments and needs a token, as far as there is one.
fn choose(tools: &[Tool]) -> Option<Tool> {
    let cost = |tool: &&Tool| (!tool.is_read_only, tool.needs_arguments, tool.is_open);
    tools.iter().min_by_key(cost).cloned()
}
