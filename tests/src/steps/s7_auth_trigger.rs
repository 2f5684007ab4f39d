//! Step 7: a tool called without a token makes the client ask the user to sign in.
//!
//! Two ways count: HTTP 401 with `WWW-Authenticate` (the specification), and a result with
//! `_meta["mcp/www_authenticate"]` (what ChatGPT documents for tools).

#[cfg(test)]
mod tests;

use serde_json::{Value, json};
use url::Url;

use crate::{
    agent::{Agent, Part},
    challenge::Challenge,
    document::{Subject, is_safe},
    exchange::{Exchange, Reply},
    mcp::{Era, Target},
    steps::{Client, Conformant, Resource, Seen, Server, Step, reached, s6_verification::Tool},
    violation::Violation,
};

const CALL: &str = "tools_call";
const META: &str = "mcp/www_authenticate";
const TRIGGER: Subject = Subject {
    step: "S7",
    name: "the tool called without a token",
    section: "RFC 9110 §11.6.1; RFC 9728 §5.1; OpenAI Plugins, Triggering authentication",
};

/// Step 7, to be taken.
#[derive(Clone)]
pub struct AuthTrigger {
    resource: Resource,
    server: Server,
    client: Client,
    era: Era,
    tool: Tool,
    seen: Seen,
}
reached!(AuthTrigger);

impl AuthTrigger {
    pub(super) fn new(
        resource: Resource,
        server: Server,
        client: Client,
        (era, tool): (Era, Tool),
    ) -> AuthTrigger {
        AuthTrigger { resource, server, client, era, tool, seen: Seen::default() }
    }

    pub(super) fn reached(self, seen: Seen) -> AuthTrigger {
        AuthTrigger { seen, ..self }
    }
}

impl Step for AuthTrigger {
    const NUMBER: u8 = 7;
    const NAME: &'static str = "auth trigger";
    type Next = Conformant;

    async fn send(&self, agent: &Agent) -> Exchange {
        let mut exchange = Exchange::default();
        let target = Target::of(agent, CALL, &self.resource.url, None);
        let params = json!({"name": self.tool.name, "arguments": {}});
        agent
            .dressed(Part::Mcp)
            .wire
            .send(self.era.request(&target, "tools/call", params), &mut exchange)
            .await;
        exchange
    }

    fn judge(self, exchange: &Exchange) -> Result<Conformant, Violation> {
        TRIGGER.call(exchange, CALL)?;
        let reply = exchange.reply(CALL).cloned().unwrap_or_default();
        let mut seen = Seen::default();
        let by_header = judge_header(&reply)?;
        let by_meta = judge_meta(&reply)?;
        seen.summary = match (by_header, by_meta) {
            (true, true) => "401 with WWW-Authenticate, and _meta in the result".to_owned(),
            (true, false) => {
                seen.note("no _meta[\"mcp/www_authenticate\"] in the body: ChatGPT documents it for tools");
                "401 with WWW-Authenticate".to_owned()
            }
            (false, true) => {
                seen.note("no 401: clients other than ChatGPT do not start to sign in");
                "_meta[\"mcp/www_authenticate\"] in the result".to_owned()
            }
            (false, false) if self.tool.is_open && reply.status == 200 => {
                seen.note("skipped: every tool that could be called is marked `noauth`");
                format!("`{}` is open to everybody", self.tool.name)
            }
            (false, false) => return Err(untriggered(&reply, &self.tool)),
        };
        let AuthTrigger { resource, server, client, .. } = self;
        Ok(Conformant { resource, server, client, seen })
    }
}

fn untriggered(reply: &Reply, tool: &Tool) -> Violation {
    let answered = reply.message().is_some_and(|message| message["result"]["isError"] != json!(true));
    let sentence = if reply.status == 200 && answered {
        format!("`{}` answers everybody, without a token", tool.name)
    } else {
        "nothing tells the client to sign in".to_owned()
    };
    TRIGGER
        .violation("trigger", sentence)
        .expected("401 with WWW-Authenticate, or a result with isError and _meta[\"mcp/www_authenticate\"]")
        .seen(reply.line())
        .change("check the token before a tool runs; mark tools that need none with securitySchemes noauth")
}

/// Whether a 401 with a good challenge came.
fn judge_header(reply: &Reply) -> Result<bool, Violation> {
    if reply.status != 401 {
        return Ok(false);
    }
    let challenge = Challenge::bearer(reply.headers_named("www-authenticate"))
        .map_err(|fault| malformed("www_authenticate", &fault.to_string()))?
        .ok_or_else(|| malformed("www_authenticate", "no WWW-Authenticate with Bearer"))?;
    judge_challenge(&challenge, "www_authenticate")?;
    Ok(true)
}

/// Whether the result carries challenges, all of them good.
fn judge_meta(reply: &Reply) -> Result<bool, Violation> {
    let result = reply.message().unwrap_or_default()["result"].clone();
    let Some(meta) = result["_meta"].get(META) else { return Ok(false) };
    let fields: Option<Vec<&str>> = meta.as_array().map(|all| all.iter().filter_map(Value::as_str).collect());
    let fields = fields
        .filter(|fields| !fields.is_empty() && Some(fields.len()) == meta.as_array().map(Vec::len))
        .ok_or_else(|| malformed("meta", &meta.to_string()))?;
    for field in fields {
        let challenge = Challenge::bearer([field])
            .map_err(|fault| malformed("meta", &format!("{fault} in {field}")))?
            .ok_or_else(|| malformed("meta", field))?;
        judge_challenge(&challenge, "meta")?;
        for name in ["error", "error_description"] {
            if challenge.parameter(name).is_none() {
                return Err(TRIGGER
                    .violation("meta", format!("the challenge in _meta has no `{name}`"))
                    .expected("error and error_description, which ChatGPT requires there")
                    .seen(field)
                    .change(format!("add {name} to the challenge")));
            }
        }
    }
    if result["isError"] == json!(true) {
        return Ok(true);
    }
    Err(TRIGGER
        .violation("is_error", "a result that asks to sign in is not marked as an error")
        .expected("\"isError\": true")
        .seen(result["isError"].to_string())
        .change("set isError to true beside _meta"))
}

fn judge_challenge(challenge: &Challenge, rule: &str) -> Result<(), Violation> {
    let place = challenge.parameter("resource_metadata");
    if place.is_some_and(|place| Url::parse(place).is_ok_and(|url| is_safe(&url))) {
        return Ok(());
    }
    Err(TRIGGER
        .violation(rule, "the challenge does not say where the resource metadata is")
        .expected("resource_metadata=\"https://…/.well-known/oauth-protected-resource/…\"")
        .seen(place.unwrap_or("no resource_metadata"))
        .change("add resource_metadata with an absolute URL to every challenge"))
}

fn malformed(rule: &str, seen: &str) -> Violation {
    TRIGGER
        .violation(rule, "the challenge cannot be read")
        .expected(
            "Bearer resource_metadata=\"https://…\", error=\"…\", error_description=\"…\" (RFC 9110 §11.6.1)",
        )
        .seen(seen)
        .change("write whole challenges with quoted parameters, in _meta as an array of strings")
}
