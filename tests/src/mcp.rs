//! MCP requests of both eras, as the persona that is played sends them.

use serde_json::{Value, json};

use crate::{
    agent::Agent,
    exchange::{Exchange, Reply},
    wire::Outgoing,
};

/// The stateless revision.
pub const MODERN: &str = "2026-07-28";
/// The newest revision with a handshake.
pub const LEGACY: &str = "2025-11-25";

/// How the server wants to be spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Era {
    /// Every request carries its own context.
    Modern,
    /// After `initialize`: the agreed version, and the session if there is one.
    Legacy {
        /// What both agreed on.
        version: String,
        /// `Mcp-Session-Id`, when the server gave one.
        session: Option<String>,
    },
}

impl Era {
    /// Reads the answer to `initialize`.
    pub fn after_initialize(reply: &Reply) -> Option<Era> {
        let result = reply.message()?.get("result")?.clone();
        let version = result.get("protocolVersion")?.as_str()?.to_owned();
        Some(Era::Legacy { version, session: reply.header("mcp-session-id").map(str::to_owned) })
    }

    /// A request for a method; `name` is what the step calls it.
    pub fn request(&self, target: &Target<'_>, method: &str, mut params: Value) -> Outgoing {
        let mcp_name = params.get("name").and_then(Value::as_str).map(str::to_owned);
        if *self == Era::Modern {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientInfo": client_info(target.client_name),
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let request = target.post(&body);
        match self {
            Era::Modern => {
                let request = request.header("mcp-protocol-version", MODERN).header("mcp-method", method);
                match mcp_name {
                    Some(name) => request.header("mcp-name", name),
                    None => request,
                }
            }
            Era::Legacy { version, session } => {
                // The handshake itself has no version to declare yet.
                let request = match method {
                    "initialize" => request,
                    _ => request.header("mcp-protocol-version", version),
                };
                match session {
                    Some(session) => request.header("mcp-session-id", session),
                    None => request,
                }
            }
        }
    }
}

/// Where MCP requests go, and with which token.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// The step's name for the request.
    pub name: &'static str,
    /// The MCP endpoint.
    pub url: &'a str,
    /// The access token, if it is to be sent.
    pub token: Option<&'a str>,
    /// The client's `User-Agent`.
    pub user_agent: &'static str,
    /// What the client calls itself.
    pub client_name: &'a str,
}

impl<'a> Target<'a> {
    /// The one of the client that is played.
    pub fn of(agent: &'a Agent, name: &'static str, url: &'a str, token: Option<&'a str>) -> Target<'a> {
        let persona = &agent.persona;
        Target { name, url, token, user_agent: persona.mcp_user_agent, client_name: &persona.client_name }
    }

    fn post(&self, body: &Value) -> Outgoing {
        let request = Outgoing::json(self.name, self.url, body)
            .header("accept", "application/json, text/event-stream")
            .header("user-agent", self.user_agent);
        match self.token {
            Some(token) => request.bearer(token),
            None => request,
        }
    }
}

/// What a client says of itself. Nothing may depend on it (RS-38), and which version runs is known of none.
pub fn client_info(name: &str) -> Value {
    json!({"name": name, "version": "1.0.0"})
}

/// Opens a conversation: `server/discover`, and `initialize` where that is not known. The calls are named
/// `discover`, `initialize` and `initialized`.
pub async fn open(agent: &Agent, url: &str, token: Option<&str>, exchange: &mut Exchange) -> Option<Era> {
    let target = |name| Target::of(agent, name, url, token);
    let discover = Era::Modern.request(&target("discover"), "server/discover", json!({}));
    let reply = agent.wire.send(discover, exchange).await.reply()?;
    match reply.status {
        200 if reply.message().is_some_and(|message| message.get("result").is_some()) => {
            return Some(Era::Modern);
        }
        // Not an answer about the era: the caller looks at it.
        401 | 403 | 500.. => return None,
        _ => {}
    }
    let legacy = Era::Legacy { version: LEGACY.to_owned(), session: None };
    let hello = json!({
        "protocolVersion": LEGACY,
        "capabilities": {},
        "clientInfo": client_info(&agent.persona.client_name),
    });
    let initialize = legacy.request(&target("initialize"), "initialize", hello);
    let reply = agent.wire.send(initialize, exchange).await.reply()?;
    let era = Era::after_initialize(reply)?;
    if let Era::Legacy { version, session } = &era {
        let note = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let mut request = target("initialized").post(&note).header("mcp-protocol-version", version);
        if let Some(session) = session {
            request = request.header("mcp-session-id", session);
        }
        agent.wire.send(request, exchange).await;
    }
    Some(era)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        human::{Credentials, Human},
        persona::{Draw, Persona},
    };

    #[tokio::test]
    async fn each_client_gives_its_own_name() {
        let url = "http://127.0.0.1:1/mcp";
        for name in ["chatgpt-stable", "claude", "vscode"] {
            let persona = Persona::named(name, &Draw::of(url)).unwrap();
            let human = Human::Played(Credentials { email: String::new(), password: String::new() });
            let (agent, mut exchange) = (Agent::new(persona, human).unwrap(), Exchange::default());
            open(&agent, url, None, &mut exchange).await;
            let sent = exchange.calls[0].body.json().unwrap();
            let called = &sent["params"]["_meta"]["io.modelcontextprotocol/clientInfo"]["name"];
            assert_eq!(called, agent.persona.client_name.as_str());
            assert_eq!(called == "ChatGPT", name.starts_with("chatgpt"), "{name}");
        }
    }
}
