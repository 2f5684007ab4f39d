//! What a persona's file may say. `tests/personas/README.md` tells what each key means.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// A client in one file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// What `--persona` calls it.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Where this is known from.
    pub source: String,
    /// `User-Agent` of both halves.
    pub user_agents: UserAgents,
    /// The page it runs in, when it is one: then the browser's rules hold.
    pub origin: Option<String>,
    /// Whether it asks for the MCP endpoint with HEAD first.
    #[serde(default)]
    pub head_probe: bool,
    /// Header fields it sets, or leaves out where the value is empty.
    #[serde(default)]
    pub headers: Headers,
    /// What it asks for.
    pub scopes: Scopes,
    /// `state`; `{random}` stands for what is unpredictable in it.
    #[serde(default = "unadorned")]
    pub state: String,
    /// The authorization request.
    #[serde(default)]
    pub authorize: Authorize,
    /// `resource` of RFC 8707.
    #[serde(default)]
    pub resource: ResourceParameter,
    /// The refresh.
    #[serde(default)]
    pub refresh: Refresh,
    /// What it does differently each time it is connected once more.
    #[serde(default)]
    pub reconnect: Vec<Reconnect>,
    /// What it publishes about itself.
    pub document: Option<Document>,
    /// How it registers where no document is taken.
    pub dynamic: Option<Dynamic>,
}

/// `User-Agent`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserAgents {
    /// Of discovery, registration and token requests.
    pub oauth: String,
    /// Of MCP requests.
    pub mcp: String,
}

/// Header fields by kind of request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Headers {
    /// Of the metadata documents.
    pub discovery: BTreeMap<String, String>,
    /// Of the registration.
    pub registration: BTreeMap<String, String>,
    /// Of the token endpoint.
    pub token: BTreeMap<String, String>,
    /// Of MCP requests.
    pub mcp: BTreeMap<String, String>,
}

/// How it comes by its scopes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scopes {
    /// Looked at in this order; the first that names any counts.
    pub from: Vec<Source>,
    /// Added when the authorization server lists them.
    pub if_offered: Vec<String>,
    /// What is asked for when nothing names any.
    pub otherwise: Option<String>,
    /// Whether a space stands in front.
    pub leading_space: bool,
}

/// Who may name scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// `scope` of the challenge.
    Challenge,
    /// `scopes_supported` of the resource metadata.
    Resource,
    /// `scope` of the registration's answer.
    Registration,
    /// `scopes_supported` of the authorization server's metadata.
    Server,
}

/// The authorization request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Authorize {
    /// Parameters it adds.
    pub parameters: BTreeMap<String, String>,
    /// Whether it adds `prompt=consent` when it asks for `offline_access`.
    pub consent_for_offline_access: bool,
}

/// How `resource` is sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResourceParameter {
    /// How it is written.
    pub spelling: Spelling,
    /// Where it is sent.
    pub sent: Vec<Request>,
}

impl Default for ResourceParameter {
    fn default() -> ResourceParameter {
        ResourceParameter {
            spelling: Spelling::Document,
            sent: vec![Request::Authorize, Request::Token, Request::Refresh],
        }
    }
}

/// How a resource identifier is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spelling {
    /// As the resource metadata names it.
    #[default]
    Document,
    /// The typed URL as a URL parser prints it: an origin ends in a slash.
    Parsed,
    /// The typed URL without a slash at its end.
    Canonical,
}

/// A request that may carry `resource`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// In the browser.
    Authorize,
    /// The code.
    Token,
    /// The refresh token.
    Refresh,
}

/// The refresh.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Refresh {
    /// Whether it names the granted scopes again.
    pub scope: bool,
    /// How many requests it sends at once with the same refresh token.
    pub at_once: usize,
}

impl Default for Refresh {
    fn default() -> Refresh {
        Refresh { scope: false, at_once: 1 }
    }
}

/// Another connection of the same client.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reconnect {
    /// What it asks for then.
    pub scopes: Scopes,
    /// Whether it sends the first connection's `id_token` as `id_token_hint`.
    pub id_token_hint: bool,
}

/// A client ID metadata document.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Where it stands; with the origin before it, that is `client_id`.
    pub path: String,
    /// Where its keys stand; makes `jwks_uri`.
    pub key_path: Option<String>,
    /// The redirect URI that is used; the first of the members when it is not said.
    pub redirect_uri: Option<String>,
    /// The rest of the document.
    pub members: Map<String, Value>,
}

/// A dynamic registration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dynamic {
    /// The redirect URI that is used; the first of the members when it is not said.
    pub redirect_uri: Option<String>,
    /// `token_endpoint_auth_method` is the first of these that the server lists.
    #[serde(default)]
    pub auth_methods: Vec<String>,
    /// The rest of the body.
    pub members: Map<String, Value>,
}

fn unadorned() -> String {
    "{random}".to_owned()
}
