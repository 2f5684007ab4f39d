//! What is checked: an MCP endpoint and its authorization server, as they describe themselves.
//!
//! What several checks need is fetched once. Nothing is known beforehand but the URL.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use url::Url;

use super::{
    pages::Opened,
    probe::{Probe, Sender},
    session::{Session, Tokens},
    trials::{CodeTrial, RefreshTrial, ReplayTrial},
    verdict::{Seen, skip},
};
use crate::{
    agent::Agent,
    challenge::Challenge,
    exchange::{Exchange, Reply},
    mcp::{self, Era, Target},
    steps::s2_server_metadata::places,
};

/// `User-Agent` of ChatGPT's MCP requests.
pub(super) const CHATGPT: &str = "openai-mcp/1.0.0";
/// `User-Agent` of Claude's.
pub(super) const CLAUDE: &str = "Claude-User";
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// A deployment and what was learned of it.
pub struct Deployment {
    pub(super) agent: Agent,
    pub(super) target: String,
    pub(super) url: Url,
    sender: Sender,
    /// The answer to the first request, which carries no token.
    pub(super) first: Option<Reply>,
    resource: Option<Value>,
    server: Option<Value>,
    pub(super) sessions: Sessions,
}

/// What is done once and looked at by several checks.
#[derive(Default)]
pub(super) struct Sessions {
    pub(super) main: OnceCell<Seen<Session>>,
    pub(super) replay: OnceCell<Seen<ReplayTrial>>,
    pub(super) refresh: OnceCell<Seen<RefreshTrial>>,
    pub(super) code: OnceCell<Seen<CodeTrial>>,
    pub(super) narrow: OnceCell<Seen<Tokens>>,
    pub(super) page: OnceCell<Seen<Opened>>,
    era: OnceCell<Option<Era>>,
    tools: OnceCell<Seen<Vec<Value>>>,
}

impl Deployment {
    /// Looks for the documents of an MCP endpoint.
    pub(super) async fn discover(target: &str, url: Url, agent: &Agent) -> reqwest::Result<Deployment> {
        let mut deployment = Deployment {
            agent: agent.clone(),
            target: target.to_owned(),
            url,
            sender: Sender::new(agent.wire.secrets())?,
            first: None,
            resource: None,
            server: None,
            sessions: Sessions::default(),
        };
        // In mixed mode only a tool is challenged.
        let tool = json!({"name": "any", "arguments": {}});
        for (method, params) in [("server/discover", json!({})), ("tools/call", tool)] {
            if deployment.first.as_ref().is_none_or(|reply| reply.status != 401) {
                deployment.first = deployment.call(CHATGPT, None, method, params).await.ok();
            }
        }
        for place in deployment.resource_places() {
            deployment.resource = deployment.document(&place).await;
            if deployment.resource.is_some() {
                break;
            }
        }
        for issuer in deployment.issuers() {
            for place in places(&issuer) {
                if deployment.server.is_none() {
                    deployment.server = deployment.document(&place).await;
                }
            }
        }
        Ok(deployment)
    }

    async fn document(&self, place: &str) -> Option<Value> {
        let reply = self.send(&Probe::get(place)).await.ok().filter(|reply| reply.status == 200)?;
        reply.json().filter(Value::is_object)
    }

    /// Sends a probe.
    pub(super) async fn send(&self, probe: &Probe) -> Seen<Reply> {
        self.sender.send(probe).await
    }

    /// Sends a probe of this method without a body.
    pub(super) async fn ask(&self, method: Method, url: &str) -> Seen<Reply> {
        self.send(&Probe::of(method, url)).await
    }

    /// Where the resource metadata may be: named by the challenge, beside the path, at the root.
    pub(super) fn resource_places(&self) -> Vec<String> {
        let mut places: Vec<String> = self.named_place().into_iter().collect();
        places.extend(self.well_known());
        places.dedup();
        places
    }

    /// Where RFC 9728 §3.1 puts the resource metadata, and where older clients look.
    pub(super) fn well_known(&self) -> [String; 2] {
        let origin = self.url.origin().ascii_serialization();
        let path = self.url.path().trim_end_matches('/');
        [format!("{origin}{WELL_KNOWN}{path}"), format!("{origin}{WELL_KNOWN}")]
    }

    /// Where the challenge says the resource metadata is.
    pub(super) fn named_place(&self) -> Option<String> {
        let fields = self.first.as_ref()?.headers_named("www-authenticate");
        let challenge = Challenge::bearer(fields).ok()??;
        challenge.parameter("resource_metadata").map(str::to_owned)
    }

    /// The resource metadata.
    pub(super) fn resource(&self) -> Seen<&Value> {
        self.resource.as_ref().map_or_else(|| skip("no resource metadata was found: see B1.1"), Ok)
    }

    /// The issuers the resource names.
    pub(super) fn issuers(&self) -> Vec<String> {
        let document = self.resource.as_ref().unwrap_or(&Value::Null);
        strings(&document["authorization_servers"])
    }

    /// The scopes the resource names.
    pub(super) fn resource_scopes(&self) -> Vec<String> {
        strings(&self.resource.as_ref().unwrap_or(&Value::Null)["scopes_supported"])
    }

    /// The authorization server's metadata.
    pub(super) fn server(&self) -> Seen<&Value> {
        let none = || skip("no metadata of an authorization server was found: see C1.1");
        self.server.as_ref().map_or_else(none, Ok)
    }

    /// The issuer as it names itself.
    pub(super) fn issuer(&self) -> Seen<&str> {
        self.endpoint("issuer")
    }

    /// A URL of the server's metadata; a check that needs one that is not there is skipped.
    pub(super) fn endpoint(&self, name: &str) -> Seen<&str> {
        let endpoint = self.server()?[name].as_str();
        endpoint.map_or_else(|| skip(format!("the server's metadata names no {name}")), Ok)
    }

    /// A list of the server's metadata; empty when it is not there.
    pub(super) fn listed(&self, name: &str) -> Vec<String> {
        strings(&self.server.as_ref().unwrap_or(&Value::Null)[name])
    }

    /// Sends an MCP request in the way this server speaks.
    pub(super) async fn call(
        &self,
        user_agent: &'static str,
        token: Option<&str>,
        method: &str,
        params: Value,
    ) -> Seen<Reply> {
        let era = self.sessions.era.get().cloned().flatten().unwrap_or(Era::Modern);
        self.call_as(&era, (user_agent, token), method, params).await
    }

    /// Sends an MCP request of this era.
    pub(super) async fn call_as(
        &self,
        era: &Era,
        (user_agent, token): (&'static str, Option<&str>),
        method: &str,
        params: Value,
    ) -> Seen<Reply> {
        if let Some(token) = token {
            self.agent.wire.secrets().learn(token);
        }
        let target = Target { user_agent, ..Target::of(&self.agent, "mcp", &self.target, token) };
        let mut exchange = Exchange::default();
        let call = self.agent.wire.send(era.request(&target, method, params), &mut exchange).await;
        match &call.outcome {
            Ok(reply) if reply.status == 429 => skip("the MCP endpoint limits the rate of requests (429)"),
            Ok(reply) => Ok(reply.clone()),
            Err(fault) => Err(super::verdict::wrong("the MCP endpoint does not answer")
                .expected(format!("an HTTP response to {method}"))
                .seen(fault.clone())
                .change("make the endpoint reachable, without a bot check in front of it")
                .into()),
        }
    }

    /// Agrees with the server on how to speak; the first session does.
    pub(super) async fn greet(&self, token: &str) {
        let agree = async || {
            let mut exchange = Exchange::default();
            mcp::open(&self.agent, &self.target, Some(token), &mut exchange).await
        };
        self.sessions.era.get_or_init(agree).await;
    }

    /// The tools as they are listed to a user who is signed in.
    pub(super) async fn tools(&self) -> Seen<&Vec<Value>> {
        let list = async || {
            let session = self.main().await?;
            let reply = self.call(CHATGPT, Some(&session.tokens.access), "tools/list", json!({})).await?;
            let tools = reply.message().unwrap_or_default()["result"]["tools"].as_array().cloned();
            tools.map_or_else(|| skip("the tools cannot be listed: see H1.1"), Ok)
        };
        let tools = self.sessions.tools.get_or_init(list).await;
        tools.as_ref().map_err(|stop| stop.follows("H1.1"))
    }
}

/// The strings of a list.
pub(super) fn strings(value: &Value) -> Vec<String> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
